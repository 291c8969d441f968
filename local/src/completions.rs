//! `flatline completions`: what a shell needs to complete commands and options.

use std::io::{self, Write as _};

use clap::{Args as ClapArgs, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Args;

/// For which shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  flatline completions bash > ~/.local/share/bash-completion/completions/flatline
  flatline completions zsh > \"${fpath[1]}/_flatline\"
  flatline completions fish > ~/.config/fish/completions/flatline.fish";

/// Runs `flatline completions`.
pub fn run(args: &CompletionsArgs) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "flatline", &mut script);
    io::stdout().write_all(&script)
}

//! `flatline check`: judges the configuration and starts nothing.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use flatline_shared::config::{Config, Env, Problem};

use crate::args::CheckArgs;
use crate::failure::Failure;

#[cfg(test)]
mod tests;

/// Runs `flatline check`: every problem and a line that sums up. 0 if `serve` would start, else 2.
pub fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let verdict = judge(args, &Env::from_process());
    io::stdout().write_all(verdict.text.as_bytes())?;
    Ok(if verdict.is_fine { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// What is printed, and whether it is good.
struct Verdict {
    text: String,
    is_fine: bool,
}

fn judge(args: &CheckArgs, env: &Env) -> Verdict {
    let dir = args.config.display();
    match Config::load(&args.config, env) {
        Err(errors) => {
            let mut text = listed("error", &errors.0);
            text += &listed("warning", &errors.1);
            let counts = [counted(errors.0.len(), "error"), counted(errors.1.len(), "warning")];
            line(&mut text, &format!("{dir} cannot be used: {}", told(&counts)));
            Verdict { text, is_fine: false }
        }
        Ok(config) if args.strict && !config.warnings.is_empty() => {
            let mut text = listed("error", &config.warnings);
            let count = counted(config.warnings.len(), "warning");
            line(&mut text, &format!("{dir} is not fine by --strict: {}", told(&[count])));
            Verdict { text, is_fine: false }
        }
        Ok(config) => {
            let mut text = listed("warning", &config.warnings);
            line(&mut text, &format!("{dir} is fine: {}", summary(&config)));
            Verdict { text, is_fine: true }
        }
    }
}

fn summary(config: &Config) -> String {
    let disabled = config.channels.iter().filter(|channel| !channel.enabled).count();
    let channels = counted(config.channels.len(), "channel").map(|channels| match disabled {
        0 => channels,
        disabled => format!("{channels} ({disabled} disabled)"),
    });
    told(&[
        counted(config.services.len(), "service").or_else(|| Some("no services".to_owned())),
        counted(config.groups.len(), "group"),
        channels,
        counted(config.warnings.len(), "warning"),
    ])
}

/// How many of something, if any.
fn counted(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
}

fn told(counts: &[Option<String>]) -> String {
    counts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn listed(kind: &str, problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        line(&mut text, &format!("{kind}: {problem}"));
        text
    })
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}

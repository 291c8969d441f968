use anyhow::Result;

use crate::flatline;

#[tokio::test]
async fn each_command_says_what_it_does_and_how() -> Result<()> {
    for command in [
        "",
        "serve",
        "check",
        "keygen",
        "test-notification",
        "deliveries",
        "demo",
        "import",
        "backup",
        "completions",
    ] {
        let arguments = [command, "--help"].into_iter().filter(|argument| !argument.is_empty());
        let done = flatline(arguments).await?;
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{command}");
        insta::assert_snapshot!(format!("help_{command}"), done.stdout);
    }
    Ok(())
}

#[tokio::test]
async fn shells_are_told_every_command() -> Result<()> {
    for shell in ["bash", "zsh", "fish"] {
        let done = flatline(["completions", shell]).await?;
        assert_eq!(done.code, 0, "{shell}: {}", done.stderr);
        for word in ["check", "keygen", "wildcard", "test-notification", "replay", "completions"] {
            assert!(done.stdout.contains(word), "{shell} is not told of {word}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn wrong_usage_is_exit_code_2_and_says_what_would_be_right() -> Result<()> {
    let rows: [(&[&str], &str); 6] = [
        (&["frobnicate"], "unrecognized subcommand"),
        (&["keygen", "--group", "--wildcard"], "cannot be used with"),
        (&["keygen", "--client", "perl"], "possible values: sh, python, node, curl, cron"),
        (&["backup"], "<FILE>"),
        (&["test-notification", "x", "--event", "boom"], "possible values: down, up, degraded"),
        (&["deliveries", "--replay", "1-2", "--service", "x"], "cannot be used with"),
    ];
    for (arguments, said) in rows {
        let done = flatline(arguments.iter().copied()).await?;
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(done.stderr.contains(said), "{arguments:?}: {}", done.stderr);
    }
    Ok(())
}

//! `flatline test-notification`: a message that tries a channel out.

use std::io::{self, Write as _};

use clap::{Args as ClapArgs, ValueEnum};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::failure::Failure;
use crate::remote::{RemoteArgs, RemoteError, text};

/// Which channel, and what to send.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct TrialArgs {
    /// Name of the channel, or a type: then the first enabled channel of that type
    name: String,

    /// What the message is to look like
    #[arg(long, default_value = "down", value_name = "EVENT")]
    event: TrialEvent,

    #[command(flatten)]
    remote: RemoteArgs,
}

const EXAMPLES: &str = "\
The server sends the message as it sends all others, once, and this command prints what the channel
answered. It has to be allowed in settings.json: \"api\": {\"enableTestNotificationEndpoint\": true}.

Ends with 0 if the channel accepted the message, with 1 if it did not or if that is not known after
20 seconds, and with 2 if there is no such channel, or the key or a setting is wrong.

Examples:
  flatline test-notification \"Ops webhook\"
  flatline test-notification slack --event up --url https://status.example.com";

/// What can be tried out.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TrialEvent {
    /// A service went down
    Down,
    /// It is up again
    Up,
    /// It reports trouble
    Degraded,
    /// It is still down
    Reminder,
    /// An alert of another tool
    Alert,
    /// Nothing at all
    Test,
}

/// Runs `flatline test-notification`.
pub fn run(args: &TrialArgs) -> Result<(), Failure> {
    let remote = args.remote.open(&["ALERT_API_KEY"])?;
    let event = args.event.to_possible_value().map(|value| value.get_name().to_owned());
    let body = json!({"channelType": args.name, "eventType": event});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = remote.ask(Method::POST, "/api/test-notification", &[], Some(&body));
    let (status, answer) = runtime.block_on(asked)?;
    let said = text(&answer, "message");
    if status == StatusCode::ACCEPTED {
        return Err(RemoteError::Refused { status, sentence: said }.into());
    }
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        eprintln!("flatline: {}", warning.as_str().unwrap_or_default());
    }
    let line = format!("{said}: {}\n", text(&answer, "answer"));
    Ok(io::stdout().write_all(line.as_bytes())?)
}

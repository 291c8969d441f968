//! `flatline deliveries`: what waits for channels, how the rest ended, and dead ones once more.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::{Args as ClapArgs, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::remote::{Remote, RemoteArgs, RemoteError, text};

/// Which deliveries.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct DeliveriesArgs {
    /// Only those about this service
    #[arg(long, value_name = "ID")]
    service: Option<String>,

    /// Only those for this channel, in any case
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,

    /// Only those that are so
    #[arg(long)]
    state: Option<State>,

    /// Only what is newer: RFC 3339 with an offset, or milliseconds since 1970
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// How many at most; 1000 are the most
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,

    /// Print the answer of the server as it is
    #[arg(long)]
    json: bool,

    /// Put this dead delivery back into the outbox, once
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["service", "channel", "state", "since", "limit", "json"]
    )]
    replay: Option<String>,

    #[command(flatten)]
    remote: RemoteArgs,
}

const EXAMPLES: &str = "\
The newest come first; the last column is the id of what ended. To list, READ_API_KEY does as well.

What is replayed goes back to its place and is tried as if it were new. That is refused if it did
not die, was a test or a copy, or if something newer happened since.

Examples:
  flatline deliveries --state dead
  flatline deliveries --service db-backup --since 2026-11-22T00:00:00Z
  flatline deliveries --replay 1795345200000-1f3a9c02";

/// How a delivery is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// It is to be sent, now or later
    Waiting,
    /// The channel accepted it
    Delivered,
    /// It was given up
    Dead,
    /// Another message said it
    Folded,
    /// It had nothing left to say
    Cancelled,
}

/// Runs `flatline deliveries`.
pub fn run(args: &DeliveriesArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = if let Some(id) = &args.replay {
        let remote = args.remote.open(&["ALERT_API_KEY"])?;
        runtime.block_on(replay(&remote, id))?
    } else {
        let remote = args.remote.open(&["ALERT_API_KEY", "READ_API_KEY"])?;
        let answer = runtime.block_on(args.list(&remote))?;
        if args.json { format!("{answer:#}\n") } else { table(&answer) }
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

async fn replay(remote: &Remote, id: &str) -> Result<String, RemoteError> {
    let body = json!({"id": id});
    let asked = remote.ask(Method::POST, "/api/deliveries/replay", &[], Some(&body)).await?;
    Ok(format!("{}\n", text(&asked.1, "message")))
}

impl DeliveriesArgs {
    async fn list(&self, remote: &Remote) -> Result<Value, RemoteError> {
        let state = self.state.and_then(|state| state.to_possible_value());
        let limit = self.limit.map(|limit| limit.to_string());
        let query: Vec<(&str, &str)> = [
            ("serviceId", self.service.as_deref()),
            ("channel", self.channel.as_deref()),
            ("state", state.as_ref().map(clap::builder::PossibleValue::get_name)),
            ("since", self.since.as_deref()),
            ("limit", limit.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        Ok(remote.ask(Method::GET, "/api/deliveries", &query, None).await?.1)
    }
}

const COLUMNS: usize = 6;

/// When, how, where, what, what was said, which.
fn row(line: &Value) -> [String; COLUMNS] {
    let about = ["serviceId", "title", "alertKey"].map(|key| text(line, key));
    let about = about.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let mut what = text(line, "event");
    if let Some(reminder) = line["reminder"].as_u64() {
        what = format!("{what} {reminder}");
    }
    if !about.is_empty() {
        what = format!("{what} {about}");
    }
    let mut said = text(line, "answer");
    for (key, label) in [("nextAttempt", "next try"), ("copyOf", "instead of")] {
        let value = text(line, key);
        if !value.is_empty() {
            let comma = if said.is_empty() { "" } else { ", " };
            said = format!("{said}{comma}{label} {value}");
        }
    }
    let of = |key| text(line, key);
    [of("timestamp"), of("state"), of("channel"), what, said, of("id")]
}

fn table(answer: &Value) -> String {
    let lines = answer["deliveries"].as_array().into_iter().flatten();
    let rows: Vec<_> = lines.map(row).collect();
    if rows.is_empty() {
        return "no deliveries\n".to_owned();
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut table = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            write!(line, "{cell:width$}  ").expect("writing to a String cannot fail");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    if answer["truncated"] == true {
        table.push_str("there may be more: see --limit and --since\n");
    }
    table
}

#[cfg(test)]
mod tests;

//! The log: stderr, one event per line.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::time::SystemTime;

use crate::telemetry::line::Line;

mod line;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: the keys timestamp, level, target and message in this order, then the event's
    /// fields with units in their names, then those of the spans around it.
    Json,
}

/// Starts the log. `filter` is a tracing filter such as `info,flatline=debug`; one that cannot be read
/// is named in the first line and `info` taken in its place.
pub fn start(format: LogFormat, filter: &str) {
    // Colour codes in a file or a pipe would stand between a field and its value.
    let colours = std::io::stderr().is_terminal();
    let (filter, mistake) = match EnvFilter::try_new(filter) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    // The SDK calls it an error that the embedded engine has no connection to close.
    let quiet = "aws_smithy_runtime::client::http::connection_poisoning=off";
    let filter = match quiet.parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => {
            builder.fmt_fields(JsonFields::new()).event_format(Line { timer: SystemTime }).init();
        }
    }
    if let Some(error) = mistake {
        tracing::warn!(%error, "FLATLINE_LOG is no filter such as info,flatline=debug: info is used");
    }
}

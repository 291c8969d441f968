//! How each client is told its key: in a variable, never on a command line that others see in `ps`.

use clap::ValueEnum;
use flatline_shared::config::{Secret, Service};

use crate::ready::shell_word;

/// What sends the heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// heartbeat-client.sh
    Sh,
    /// heartbeat-client.py
    Python,
    /// heartbeat-client.js
    Node,
    /// curl alone
    Curl,
    /// Lines for a crontab
    Cron,
}

const URL: &str = "FLATLINE_URL";
const SERVICE: &str = "FLATLINE_SERVICE_ID";
const KEY: &str = "FLATLINE_API_KEY";

/// cron has a short PATH and the home of its user: the file is named in full.
const CRON_COMMAND: &str = "sh /usr/local/bin/heartbeat-client.sh --quiet";

/// Who may be silent for less cannot be kept up by something that runs each minute.
const CRON_LEAST_MS: i64 = 90_000;

impl Client {
    /// The lines that send a heartbeat of `service`; the key stands in the line of its variable only.
    pub fn block(self, url: &str, service: &Service, key: &Secret) -> String {
        let (id, url) = (service.spec.id.as_str(), url.trim_end_matches('/'));
        let variables = [(URL, url), (SERVICE, id), (KEY, key.expose())];
        let lines = match self {
            Self::Cron => crontab(&variables, service.spec.window_ms),
            Self::Curl => format!("{}{}\n", exports(&[variables[0], variables[2]]), curl(id)),
            Self::Sh => format!("{}sh heartbeat-client.sh\n", exports(&variables)),
            Self::Python => format!("{}python3 heartbeat-client.py\n", exports(&variables)),
            Self::Node => format!("{}node heartbeat-client.js\n", exports(&variables)),
        };
        format!("# {id}\n{}{lines}", caution(self, id))
    }
}

/// What is said of an id that our clients cannot name.
const CAUTION: &str = "\
# Our clients take a comma for the end of an id, and white space at its ends away:
# rename this service, or send with --client curl
";

fn caution(client: Client, id: &str) -> &'static str {
    let is_split = id.contains(',') || id.trim() != id;
    if is_split && client != Client::Curl { CAUTION } else { "" }
}

fn exports(variables: &[(&str, &str)]) -> String {
    let export = |(name, value): &(&str, &str)| format!("export {name}={}\n", shell_word(value));
    variables.iter().map(export).collect()
}

/// curl reads the header from its standard input.
fn curl(id: &str) -> String {
    let body = serde_json::json!({ "serviceId": id }).to_string();
    format!(
        "printf 'header = \"Authorization: Bearer %s\"\\n' \"${KEY}\" | curl -fsS -K - -d {} \"${URL}/api/heartbeat\"",
        shell_word(&body)
    )
}

/// The lines of a crontab. cron takes a value as it stands between two quotes, `%` and `\` included,
/// and knows no way to write a quote of the same kind: what has both kinds goes into the command.
fn crontab(variables: &[(&str, &str)], window_ms: i64) -> String {
    let assignment = |(name, value): &(&str, &str)| {
        quote_for(value).map(|quote| format!("{name}={quote}{value}{quote}\n"))
    };
    let lines: String = variables.iter().filter_map(assignment).collect();
    let in_command = |(name, value): &(&str, &str)| {
        quote_for(value).is_none().then(|| format!("{name}=\"$(printf '{}')\" ", octal(value)))
    };
    let prefix: String = variables.iter().filter_map(in_command).collect();
    let hint = if window_ms < CRON_LEAST_MS {
        let (silence_s, every_s) = (window_ms / 1_000, (window_ms / 3_000).max(1));
        format!(
            "# {silence_s} s of silence are too few for cron: rather run the client with --every {every_s}\n"
        )
    } else {
        String::new()
    };
    format!("{lines}{hint}{} {prefix}{CRON_COMMAND}\n", schedule(window_ms))
}

/// A quote that the value does not have.
fn quote_for(value: &str) -> Option<char> {
    ['"', '\''].into_iter().find(|quote| !value.contains(*quote))
}

/// A text for `printf`, without anything that cron or a shell takes for more than itself.
fn octal(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
        other => format!("\\{other:03o}"),
    };
    text.bytes().map(escaped).collect()
}

/// How often cron should run for a service that may be silent for this long: well within it.
const fn schedule(window_ms: i64) -> &'static str {
    match window_ms / 60_000 {
        ..12 => "* * * * *",
        12..150 => "*/5 * * * *",
        150..1_500 => "0 * * * *",
        _ => "0 3 * * *",
    }
}

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

/// curl reads the header from its standard input.
const CURL: &str = concat!(
    r#"printf 'header = "Authorization: Bearer %s"\n' "$FLATLINE_API_KEY" | "#,
    r#"curl -fsS -K - -d '{"serviceId":"'"$FLATLINE_SERVICE_ID"'"}' "$FLATLINE_URL/api/heartbeat""#,
);

impl Client {
    /// The lines that send a heartbeat of `service`; the key stands in the line of its variable only.
    pub fn block(self, url: &str, service: &Service, key: &Secret) -> String {
        let id = service.spec.id.as_str();
        let variables = [
            ("FLATLINE_URL", url.trim_end_matches('/')),
            ("FLATLINE_SERVICE_ID", id),
            ("FLATLINE_API_KEY", key.expose()),
        ];
        let assignment = |(name, value): (&str, &str)| match self {
            // A crontab takes quotes, but no escaped ones.
            Self::Cron => format!("{name}=\"{value}\"\n"),
            _ => format!("export {name}={}\n", shell_word(value)),
        };
        let lines = variables.map(assignment).concat();
        format!("# {id}\n{lines}{}\n", self.command(service))
    }

    fn command(self, service: &Service) -> String {
        match self {
            Self::Sh => "sh heartbeat-client.sh".to_owned(),
            Self::Python => "python3 heartbeat-client.py".to_owned(),
            Self::Node => "node heartbeat-client.js".to_owned(),
            Self::Curl => CURL.to_owned(),
            Self::Cron => {
                format!("{} sh heartbeat-client.sh --quiet", schedule(service.spec.window_ms))
            }
        }
    }
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

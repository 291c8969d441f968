//! How to send a heartbeat: commands to copy, with the right address and id, never with a key.

use flatline_shared::config::Service;
use flatline_shared::render::duration::words;
use serde::Serialize;

use crate::hint::quoted;

const MINUTE_MS: i64 = 60_000;

/// From a threshold of a day and half an hour on one heartbeat a day is what is expected.
const DAILY_FROM_MS: i64 = 1_470 * MINUTE_MS;

/// How often cron can come evenly, in ms, and how that is written.
const SCHEDULES: [(i64, &str); 9] = [
    (MINUTE_MS, "* * * * *"),
    (2 * MINUTE_MS, "*/2 * * * *"),
    (5 * MINUTE_MS, "*/5 * * * *"),
    (10 * MINUTE_MS, "*/10 * * * *"),
    (15 * MINUTE_MS, "*/15 * * * *"),
    (30 * MINUTE_MS, "*/30 * * * *"),
    (60 * MINUTE_MS, "0 * * * *"),
    (180 * MINUTE_MS, "0 */3 * * *"),
    (360 * MINUTE_MS, "0 */6 * * *"),
];

/// One way.
#[derive(Debug, Serialize)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// To copy.
    pub text: String,
}

/// The ways for this service.
pub fn of(service: &Service, base_url: &str) -> Vec<Recipe> {
    let id = &service.spec.id;
    let url = format!("{base_url}/api/heartbeat");
    let body = serde_json::json!({ "serviceId": id }).to_string();
    let header = "-H \"Authorization: Bearer $FLATLINE_API_KEY\" ";
    let key = if service.auth_required { header } else { "" };
    let curl = format!("curl -fsS {key}-d {} {}", quoted(&body), quoted(&url));
    let shell = format!(
        "FLATLINE_URL={} FLATLINE_SERVICE_ID={} sh heartbeat-client.sh",
        quoted(base_url),
        quoted(id)
    );
    // In a crontab a percent sign ends the command.
    let cron = format!("{} {}", schedule(service.spec.window_ms), curl.replace('%', "\\%"));
    [
        ("curl", curl),
        ("Shell client", shell),
        ("Python", python(&url, &body, service)),
        ("cron", cron),
    ]
    .into_iter()
    .map(|(name, text)| Recipe { name, text })
    .collect()
}

/// When cron is to send so that one that is late or lost is no alarm, with a comment where it cannot.
fn schedule(window_ms: i64) -> String {
    if window_ms < 3 * MINUTE_MS {
        let allowed = words(window_ms);
        return format!(
            "# cron comes once a minute at most: within {allowed} none may be late. Better is the shell client.\n* * * * *"
        );
    }
    if window_ms > DAILY_FROM_MS {
        return "0 3 * * *".to_owned();
    }
    let fits = |(every_ms, _): &&(i64, &str)| 3 * every_ms <= window_ms;
    SCHEDULES.iter().rev().find(fits).map_or("* * * * *", |(_, when)| when).to_owned()
}

fn python(url: &str, body: &str, service: &Service) -> String {
    // JSON strings are Python strings.
    let literal = |text: &str| serde_json::Value::from(text).to_string();
    let (import, headers) = if service.auth_required {
        (
            "import os, urllib.request",
            ", headers={\n    \"Authorization\": \"Bearer \" + os.environ[\"FLATLINE_API_KEY\"]}",
        )
    } else {
        ("import urllib.request", "")
    };
    format!(
        "{import}\n\nurllib.request.urlopen(urllib.request.Request(\n    {}, {}.encode(){headers}), timeout=10)",
        literal(url),
        literal(body)
    )
}

#[cfg(test)]
mod tests {
    use super::{MINUTE_MS, schedule};

    #[test]
    fn cron_comes_evenly_and_three_times_within_the_threshold() {
        let rows = [
            (3, "* * * * *"),
            (5, "* * * * *"),
            (6, "*/2 * * * *"),
            (30, "*/10 * * * *"),
            (59, "*/15 * * * *"),
            (180, "0 * * * *"),
            (24 * 60, "0 */6 * * *"),
            (25 * 60, "0 3 * * *"),
            (26 * 60, "0 3 * * *"),
        ];
        for (minutes, expected) in rows {
            assert_eq!(schedule(minutes * MINUTE_MS), expected, "{minutes} min");
        }
        let too_often = schedule(MINUTE_MS);
        assert!(too_often.starts_with("# cron comes once a minute at most: within 1 min none"));
        assert!(too_often.ends_with("\n* * * * *"), "{too_often}");
    }
}

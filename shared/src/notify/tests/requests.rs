//! The exact requests, channel by channel and event by event.

use serde_json::{Map, Value, json};

use super::fixture::{ahead, body, config, events, names, rows, sent};
use crate::notify::{Outgoing, Submission};

fn request(outgoing: &Outgoing) -> Value {
    match outgoing {
        Outgoing::Http(request) => {
            let header = |value: &http::HeaderValue| Value::from(value.to_str().unwrap());
            let headers: Map<String, Value> = request
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), header(value)))
                .collect();
            json!({
                "method": request.method.as_str(),
                "url": request.url.as_str(),
                "headers": headers,
                "body": body(outgoing),
            })
        }
        Outgoing::Smtp(Submission { host, port, encryption, login, from, to, .. }) => json!({
            "server": format!("{host}:{port} {encryption:?}"),
            "user": login.as_ref().map(|(user, _)| user),
            "from": from,
            "to": to,
            "message": body(outgoing),
        }),
    }
}

#[test]
fn every_event_is_told_to_every_channel() {
    let config = config();
    for name in names(&config) {
        let all: Map<String, Value> = events(&config, name)
            .into_iter()
            .map(|event| {
                let (row, also) = rows(event);
                let mut told = request(&sent(&config, name, &row, &also));
                let before: Vec<_> =
                    ahead(&config, name, &row, &also).iter().map(request).collect();
                if !before.is_empty() {
                    told["ahead"] = before.into();
                }
                (event.to_owned(), told)
            })
            .collect();
        insta::assert_json_snapshot!(name, all);
    }
}

#[test]
fn no_request_shows_its_secrets() {
    let config = config();
    for name in names(&config) {
        let row = rows("up").0;
        let (ahead, sent) = (ahead(&config, name, &row, &[]), sent(&config, name, &row, &[]));
        let shown = format!("{ahead:?} {sent:?}");
        for secret in
            ["tok", "/T/B/X", "ABC", "ses-secret", "mg-key", "smtp-secret", "po-", "pd-key"]
        {
            assert!(!shown.contains(secret), "{name}: {shown}");
        }
    }
}

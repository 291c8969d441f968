//! The exact requests, channel by channel and event by event.

use flatline_domain::{AlertPhase, Status};
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
fn pagerduty_resolves_what_is_resolved_and_nothing_else() {
    let config = config();
    for (sentence, event, status, phase, severity, expected) in [
        ("a notice", "alert", Status::Up, AlertPhase::Firing, "info", ("trigger", "info")),
        ("that all is well", "alert", Status::Up, AlertPhase::Firing, "ok", ("trigger", "info")),
        (
            "a warning",
            "alert",
            Status::Degraded,
            AlertPhase::Firing,
            "page",
            ("trigger", "warning"),
        ),
        ("the end of a notice", "alert", Status::Up, AlertPhase::Resolved, "info", ("resolve", "")),
        ("of trouble", "resolved", Status::Up, AlertPhase::Resolved, "critical", ("resolve", "")),
    ] {
        let mut row = rows(event).0;
        let notice = &mut row.delivery.notice;
        (notice.status, notice.phase) = (status, Some(phase));
        notice.severity = Some(severity.to_owned());
        let body = body(&sent(&config, "pagerduty", &row, &[]));
        let told = body["payload"]["severity"].as_str().unwrap_or_default();
        assert_eq!((body["event_action"].as_str().unwrap(), told), expected, "{sentence}");
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

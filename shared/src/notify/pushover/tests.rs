//! How loud a message is, and what ends an emergency.

use serde_json::Value;

use crate::notify::tests::fixture::{ahead, body, config, rows, sent};
use crate::store::{Lane, OutboxRow};

fn one(event: &str) -> OutboxRow {
    rows(event).0
}

#[test]
fn a_message_is_as_urgent_as_the_most_urgent_of_what_it_tells() {
    let config = config();
    let down = one("down");
    let calm = {
        let mut alert = one("alert");
        alert.delivery.notice.severity = Some("info".to_owned());
        alert
    };
    let rows: [(&str, Vec<OutboxRow>, i8); 11] = [
        ("a down rings", vec![one("down")], 2),
        ("a reminder opens no further emergency", vec![one("reminder")], 1),
        ("a recovery", vec![one("up")], 0),
        ("an alert that informs", vec![calm.clone()], -1),
        ("a recovery before downs", [vec![one("up")], vec![down.clone(); 3]].concat(), 2),
        ("296 downs after 4 degraded", [vec![one("degraded"); 4], vec![down; 296]].concat(), 2),
        ("reminders after a recovery", vec![one("up"), one("reminder")], 1),
        ("alerts that inform", vec![calm.clone(), calm.clone()], -1),
        ("a down that is over", vec![one("down"), one("up")], 1),
        ("an alert that is critical among others", vec![calm.clone(), one("alert")], 2),
        ("an alert that is over among others", vec![calm, one("resolved")], 0),
    ];
    for (what, rows, expected) in rows {
        let body = body(&sent(&config, "pushover", &rows[0], &rows[1..]));
        assert_eq!(body["priority"], expected, "{what}");
        let rings = body["retry"] != Value::Null && body["expire"] != Value::Null;
        assert_eq!(rings, expected == 2, "{what}: {body}");
    }
}

/// The event of this service.
fn of(event: &str, id: &str) -> OutboxRow {
    let mut row = one(event);
    row.delivery.lane = Lane::Service(id.to_owned());
    row
}

/// The tag that a message opens an emergency with, and those of the emergencies that it ends.
fn tags(rows: &[OutboxRow]) -> (Option<String>, Vec<String>) {
    let config = config();
    let opened = body(&sent(&config, "pushover", &rows[0], &rows[1..]));
    let ended = ahead(&config, "pushover", &rows[0], &rows[1..]);
    let tag = |path: &str| {
        let tag = path.strip_prefix("/1/receipts/cancel_by_tag/")?.strip_suffix(".json")?;
        Some(tag.to_owned())
    };
    let ended = ended.iter().map(|request| tag(request.http().unwrap().url.path()).unwrap());
    (opened["tags"].as_str().map(str::to_owned), ended.collect())
}

/// Why, what is told, the tag that it opens an emergency with, how many it ends, and which among them.
type Row<'t> = (&'static str, Vec<OutboxRow>, Option<&'t str>, usize, &'t [&'t str]);

#[test]
fn what_is_over_ends_the_emergencies_of_its_lane() {
    let api = tags(&[of("down", "api")]).0.unwrap();
    let web = tags(&[of("down", "web")]).0.unwrap();
    let alert = tags(&[one("alert")]).0.unwrap();
    assert!(api != web && api != alert && web != alert, "{api} {web} {alert}");
    let closing = {
        let mut row = of("up", "api");
        row.delivery.notice.status = flatline_domain::Status::Paused;
        row.delivery.queued.closing = true;
        row
    };
    let copy = {
        let (mut row, of) = (one("up"), Box::new(Lane::Service("api".to_owned())));
        row.delivery.lane = Lane::Copy { channel: "Ops".to_owned(), of };
        row
    };
    let mild = {
        let mut row = one("alert");
        row.delivery.notice.status = flatline_domain::Status::Up;
        row.delivery.notice.severity = Some("info".to_owned());
        row.delivery.notice.phase = Some(flatline_domain::AlertPhase::Firing);
        row
    };
    let downs = ["api", "web"].map(|id| of("down", id)).to_vec();
    let ups: Vec<_> = (0..9).map(|number| of("up", &format!("service-{number}"))).collect();
    let rows: [Row<'_>; 13] = [
        ("a down", vec![of("down", "api")], Some(&api), 0, &[]),
        ("a recovery", vec![of("up", "api")], None, 1, &[&api]),
        ("another one's", vec![of("up", "web")], None, 1, &[&web]),
        ("no longer watched", vec![closing], None, 1, &[&api]),
        ("a recovery in place of another channel", vec![copy], None, 1, &[&api]),
        ("an alert that is over", vec![one("resolved")], None, 1, &[&alert]),
        ("an alert that informs and fires", vec![mild], None, 0, &[]),
        ("what is still bad", vec![of("degraded", "api")], None, 0, &[]),
        ("a reminder", vec![of("reminder", "api")], None, 0, &[]),
        ("two downs as one, which the end of either must not silence", downs, None, 0, &[]),
        ("a recovery and a down", vec![of("up", "api"), of("down", "web")], Some(&web), 1, &[&api]),
        ("down again", vec![of("up", "api"), of("down", "api")], Some(&api), 1, &[&api]),
        ("more recoveries than an attempt has time for", ups, None, 5, &[]),
    ];
    for (what, rows, opened, count, ended) in rows {
        let found = tags(&rows);
        assert_eq!(found.0.as_deref(), opened, "{what}");
        assert_eq!(found.1.len(), count, "{what}");
        assert!(ended.iter().all(|tag| found.1.iter().any(|it| it == tag)), "{what}: {found:?}");
    }
}

#[test]
fn a_channel_without_emergencies_ends_none() {
    let mut config = config();
    for channel in &mut config.channels {
        channel.options.remove("emergency");
    }
    assert!(ahead(&config, "pushover", &one("up"), &[]).is_empty());
    assert_eq!(body(&sent(&config, "pushover", &one("down"), &[]))["tags"], Value::Null);
}

#[test]
fn no_channel_and_no_installation_ends_what_another_one_rings_for() {
    let tag = |page: Option<&str>, name: &str| {
        let mut config = config();
        config.public_url = page.map(str::to_owned);
        let mut channel =
            config.channels.iter().find(|it| it.route.name == "pushover").unwrap().clone();
        channel.route.name = name.to_owned();
        let row = one("down");
        super::tag(&crate::notify::Message::new(&row, &config, row.delivery.notice.at), &channel)
    };
    let tags = [(None, "a"), (None, "b"), (Some("https://x.example"), "a")].map(|(p, n)| tag(p, n));
    assert!(tags[0] != tags[1] && tags[0] != tags[2], "{tags:?}");
    assert_eq!(tags[0], tag(None, "a"));
}

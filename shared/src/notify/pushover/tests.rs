//! How loud a message is.

use serde_json::Value;

use crate::notify::tests::fixture::{body, config, rows, sent};
use crate::store::OutboxRow;

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
    let rows: [(&str, Vec<OutboxRow>, i8); 10] = [
        ("a down rings", vec![one("down")], 2),
        ("a reminder opens no further emergency", vec![one("reminder")], 1),
        ("a recovery", vec![one("up")], 0),
        ("an alert that informs", vec![calm.clone()], -1),
        ("a recovery before downs", [vec![one("up")], vec![down.clone(); 3]].concat(), 2),
        ("296 downs after 4 degraded", [vec![one("degraded"); 4], vec![down; 296]].concat(), 2),
        ("reminders after a recovery", vec![one("up"), one("reminder")], 1),
        ("alerts that inform", vec![calm.clone(), calm.clone()], -1),
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

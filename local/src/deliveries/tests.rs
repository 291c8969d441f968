use serde_json::json;

use super::table;

#[test]
fn columns_stand_below_each_other_and_nothing_of_others_moves_the_cursor() {
    let answer = json!({"truncated": true, "deliveries": [
        {
            "state": "waiting", "channel": "Ops webhook", "serviceId": "db", "event": "down",
            "version": 7, "timestamp": "2026-11-22T11:40:00.000Z", "attempts": 1,
            "answer": "HTTP 503", "nextAttempt": "2026-11-22T12:01:00.000Z",
        },
        {
            "id": "1795345200000-1f3a9c02", "state": "delivered", "channel": "Mail",
            "serviceId": "db", "event": "reminder", "reminder": 2, "version": 7,
            "timestamp": "2026-11-22T11:00:00.000Z", "attempts": 1, "copyOf": "Ops webhook",
        },
        {
            "id": "1795345200000-00000000", "state": "dead", "channel": "Mail", "alertKey": "00ff",
            "title": "Disk\u{1b}[2J full", "event": "alert", "version": 1,
            "timestamp": "2026-11-22T11:00:00.000Z", "attempts": 1, "answer": "HTTP 410",
        },
    ]});
    insta::assert_snapshot!("table", table(&answer));
    assert_eq!(table(&json!({"deliveries": []})), "no deliveries\n");
}

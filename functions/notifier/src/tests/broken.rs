//! One broken lane or row keeps no other from being sent.

use flatline_harness::bridge::Gate;
use serde_json::json;

use super::bench::{Bench, Reply, folding, pause, webhook};
use crate::drain;

#[tokio::test(start_paused = true)]
async fn a_lane_that_panics_is_left_alone() {
    for channel in [webhook("Hook"), folding("Hook")] {
        let bench = Bench::with(json!([channel]), 0).await;
        let mut panics = 2;
        bench.receiver.script(move |sent| {
            let hit = panics > 0 && sent.parts().iter().any(|part| part == "down db 1");
            panics -= i32::from(hit);
            assert!(!hit, "the test's own panic");
            Reply::Status(200)
        });
        for id in ["api", "db", "web"] {
            bench.down(id).await;
        }
        drain(&bench.app).await;
        let before: Vec<_> = bench.receiver.told("hook.example");
        assert_eq!(before[..2], ["down api 1", "down web 1"], "the others were told at once");
        for _ in 0..2 {
            drain(&bench.app).await;
        }
        let mut told = bench.receiver.told("hook.example");
        told.sort();
        assert_eq!(told, ["down api 1", "down db 1", "down web 1"], "later it was told too");
    }
}

/// Writes a row for `Hook` that nobody can read, or takes it away.
async fn spoil(gate: &Gate, is_there: bool) {
    let key = json!({"PK": {"S": "Q#Hook"}, "SK": {"S": "s#api#00000000000000000001#0000"}});
    let (operation, what) = if is_there { ("PutItem", "Item") } else { ("DeleteItem", "Key") };
    let body = json!({"TableName": "flatline", what: key});
    let answer = gate.pass(operation, body.to_string().as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_told_of_once_and_keeps_no_other() {
    let bench = Bench::new().await;
    spoil(&bench.gate, true).await;
    bench.down("db").await;
    for _ in 0..3 {
        drain(&bench.app).await;
    }
    let about = |line: &String| line.starts_with("alert Flatline cannot read 1 of the messages");
    let lines = bench.receiver.lines();
    assert_eq!(lines.iter().filter(|line| about(line)).count(), 1, "{lines:?}");
    assert_eq!((lines.len(), lines.iter().any(|line| line == "down db 1")), (2, true));
    let running = tokio::spawn({
        let app = bench.app.clone();
        async move { crate::run(app, std::future::pending()).await }
    });
    pause(61_000).await;
    spoil(&bench.gate, false).await;
    pause(61_000).await;
    let last = bench.receiver.lines().pop().unwrap();
    assert!(last.starts_with("alert Flatline reads all messages for Hook again"), "{last}");
    assert_eq!(bench.receiver.lines().len(), 3);
    running.abort();
}

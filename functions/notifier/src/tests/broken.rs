//! One broken lane or row keeps no other from being sent.

use serde_json::json;

use super::bench::{Bench, Reply, folding, webhook};
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

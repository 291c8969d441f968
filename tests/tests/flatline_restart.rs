//! `flatline` dies and comes back: what it acknowledged is still there.

use std::sync::Arc;

use flatline_embedded::Engine;
use flatline_harness::bridge::{Action, Bridge, Passing, Rule, Strike};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch, send_signal};
use serde_json::{Value, json};

async fn beat(flatline: &Flatline) -> anyhow::Result<u16> {
    let request = http_client().post(format!("{}/api/heartbeat", flatline.url()));
    let answer = request.bearer_auth(KEY).json(&json!({"serviceId": "api"})).send().await?;
    Ok(answer.status().as_u16())
}

/// `status` and `lastSeen` of the service.
async fn status(flatline: &Flatline) -> anyhow::Result<Value> {
    let answer = http_client().get(format!("{}/api/status", flatline.url())).send().await?;
    let status: Value = answer.json().await?;
    let service = &status["summary"]["results"][0];
    Ok(json!([service["status"], service["lastSeen"]]))
}

#[tokio::test]
async fn a_heartbeat_that_was_acknowledged_survives_kill_9() -> anyhow::Result<()> {
    let config = ConfigDir::new()?.service("api", 3600)?;
    let mut flatline = FlatlineLaunch::with(config).start().await?;
    assert_eq!(beat(&flatline).await?, 200);
    let before = status(&flatline).await?;
    assert_eq!(before[0], "up", "{before}");
    flatline.restart().await?;
    assert_eq!(status(&flatline).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_heartbeat_whose_server_dies_after_writing_is_there_though_nobody_was_told()
-> anyhow::Result<()> {
    let bridge = Bridge::start(Engine::memory()?).await?;
    let config = ConfigDir::new()?.service("api", 3600)?;
    let launch = FlatlineLaunch::with(config).endpoint_url(&bridge.url());
    let mut flatline = launch.start().await?;
    let gate = bridge.gate();
    // The checker's first look makes the record; not that write shall be hit.
    let made = gate.ledger().wait_for(|call| writes_record(&call.passing), 60_000).await;
    assert!(made.is_some());
    assert_eq!(beat(&flatline).await?, 200);
    let before = status(&flatline).await?;

    let id = flatline.id();
    let kill: Strike = Arc::new(move || drop(send_signal(id, "KILL")));
    gate.fault(Rule::matching(writes_record, Action::StrikeAfter(kill)).at(1));
    assert!(beat(&flatline).await.is_err());
    flatline.wait(60_000).await?;
    flatline.restart().await?;
    let after = status(&flatline).await?;
    assert_eq!(after[0], "up");
    assert!(after[1].as_str() > before[1].as_str(), "{before} {after}");
    Ok(())
}

fn writes_record(call: &Passing) -> bool {
    call.operation == "UpdateItem" && call.keys.iter().any(|key| key.ends_with("/api"))
}

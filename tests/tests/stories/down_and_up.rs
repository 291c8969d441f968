//! A heartbeat stops, somebody is told, once; it comes back, somebody is told, once.

use anyhow::{Result, ensure};
use flatline_harness::config::ConfigDir;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::books::Duplicates;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_goes_down_and_comes_back_and_each_is_told_once() -> Result<()> {
    let api = json!({"id": "api", "name": "The API", "stalenessThreshold": 4});
    let mut world = World::start(ConfigDir::new()?.service_json(api)?).await?;
    let client = world.client();
    client.beat("api").await?;
    let seen = world.site.until("api", "up").await?["lastSeen"].clone();

    let down = world.hears("down", "api").await?.json;
    let status = world.site.status("api").await?;
    assert_eq!((&status["status"], &status["lastSeen"]), (&json!("down"), &seen));
    assert!(world.site.get("/").await?.contains("The API"));
    is_complete(&down, "down", "up")?;
    assert_eq!((&down["reason"], &down["lastSeen"]), (&json!("silence"), &seen));
    // The first canary may be heard just after the heartbeat: silence is counted from where sight began.
    let silence_ms = ms_between(&down["lastSeen"], &down["since"])?;
    assert!((4_000..4_500).contains(&silence_ms), "{down}");
    assert!(ms_between(&down["since"], &down["timestamp"])? >= 500, "{down}");
    assert_eq!(down.get("downSeconds"), None);

    let beating = client.keep_beating("api");
    let up = world.hears("up", "api").await?.json;
    is_complete(&up, "up", "down")?;
    let down_ms = ms_between(&down["since"], &up["since"])?;
    assert_eq!(up["downSeconds"], down_ms / 1_000);
    assert_eq!((&down["version"], &up["version"]), (&json!(2), &json!(3)));
    world.site.until("api", "up").await?;

    let books = world.close().await?;
    beating.stop().await?;
    books.agree("api", &world.heard("api"), &["down", "up"], Duplicates::None).await?;
    assert_eq!(world.receiver.received().len(), 2);
    Ok(())
}

/// Every field that each message has.
fn is_complete(message: &Value, event: &str, before: &str) -> Result<()> {
    let service = json!({"id": "api", "name": "The API", "status": event});
    let expected = json!({
        "event": event, "service": service, "previousStatus": before, "windowSeconds": 4,
    });
    for (name, value) in expected.as_object().into_iter().flatten() {
        ensure!(message[name] == *value, "{name} is not {value}: {message}");
    }
    for name in ["id", "reason", "lastSeen", "since", "timestamp"] {
        ensure!(message[name].is_string(), "no {name}: {message}");
    }
    Ok(())
}

/// How many ms one RFC 3339 time is after another.
pub fn ms_between(from: &Value, to: &Value) -> Result<i64> {
    let at = |value: &Value| value.as_str().unwrap_or_default().parse::<Timestamp>();
    Ok(at(to)?.as_millisecond() - at(from)?.as_millisecond())
}

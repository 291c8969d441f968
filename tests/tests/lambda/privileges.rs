//! The functions do nothing that their roles do not allow: the table in `docs/security.md`, which the
//! suite `aws` compares with the template.

use std::collections::BTreeSet;

use flatline_harness::config::ALERT_KEY;
use serde_json::json;

use crate::stage::{Schedule, Stage, sample};

/// What a function may do to the table.
fn allowed(function: &str) -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");
    let text = std::fs::read_to_string(path).expect("the document");
    let row = format!("| {function} |");
    let rows = text.lines().filter(|line| line.starts_with(&row) && line.ends_with("| Table |"));
    let actions = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    actions.map(str::to_owned).collect()
}

/// Panics if a function did what it may not do.
pub fn assert_kept(stage: &Stage) {
    let deeds = stage.deployment.bridge().deeds();
    assert!(!deeds.is_empty());
    for (who, action) in deeds {
        assert!(allowed(&who).contains(&action), "{who} may not do {action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_every_function_may_do_is_what_it_does() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600), ("broken", 600), ("brief", 2)]).await?;
    let checker = Schedule::start(stage.checker().await?, sample("checker-schedule"), 60);
    stage.beat("api").await?;
    stage.beat("brief").await?;
    let bad = json!({"serviceId": "broken", "status": "down", "message": "on fire"});
    stage.post_heartbeat(&bad).await?;
    stage.post_heartbeat(&json!({"serviceId": "broken", "status": "up"})).await?;
    for minute in ["00", "01"] {
        let changed_at = format!("2026-01-01T00:{minute}:00Z");
        let alert = json!({"title": "Disk", "message": "full", "dedup_key": "disk", "changed_at": changed_at});
        stage.post_alert(&alert).await?;
    }
    stage.post("/api/test-notification", ALERT_KEY, &json!({})).await?;
    // Looked for, though never found.
    let nobody = json!({"id": "1767225600000-1f3a9c02"});
    stage.post("/api/deliveries/replay", ALERT_KEY, &nobody).await?;
    stage.until("brief", "down").await?;
    checker.stop().await?;
    stage.notifier().await?.invoke(&sample("notifier-schedule")).await?;
    for path in ["/", "/api/status", "/api/logs?serviceId=broken", "/services/broken", "/alerts"] {
        stage.get(path).await?;
    }
    assert_kept(&stage);
    let used = stage.deployment.bridge().deeds();
    for function in ["ingest", "alert", "dashboard", "checker", "notifier"] {
        let own = used.iter().filter(|(who, _)| who == function).map(|(_, action)| action.clone());
        assert_eq!(allowed(function), own.collect(), "{function} needs what it may do");
    }
    Ok(())
}

//! An alert of another tool on its way through.

use anyhow::{Result, ensure};
use flatline_domain::{Event, UnixMs};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::http_client;
use serde_json::json;

use crate::site::{PATIENCE_MS, clock};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_another_tool_arrives_and_is_in_the_feed() -> Result<()> {
    let mut world = World::start(ConfigDir::new()?.service("api", 60)?).await?;
    let alert = json!({
        "title": "Disk nearly full", "message": "92 % of /var", "severity": "critical",
        "source": "disk-watch", "labels": {"host": "db-1"},
    });
    let url = format!("{}/api/alert", world.flatline.url());
    let post = |key: &str| http_client().post(&url).bearer_auth(key).json(&alert).send();
    ensure!(post("wrong").await?.status() == 401);
    ensure!(post(ALERT_KEY).await?.status() == 200);

    let heard = world.receiver.wait_for(|_| true, PATIENCE_MS).await?.json;
    ensure!(heard["event"] == Event::Alert.as_str(), "{heard}");
    for name in ["title", "message", "severity", "source", "labels"] {
        ensure!(heard[name] == alert[name], "{name}: {heard}");
    }
    ensure!(heard["status"] == "firing", "{heard}");

    let books = world.close().await?;
    let feed = books.store.feed(UnixMs(0), clock().now(), 10).await?;
    ensure!(feed.len() == 1 && feed[0].title == "Disk nearly full", "{feed:#?}");
    ensure!(feed[0].source == "disk-watch", "{feed:#?}");
    ensure!(books.store.queued("hook").await?.is_empty());
    ensure!(world.receiver.received().len() == 1);
    Ok(())
}

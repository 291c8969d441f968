//! The log as programs read it.

use anyhow::{Context, Result, ensure};
use flatline_harness::config::ConfigDir;
use serde_json::Value;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_the_log_is_an_object_that_begins_with_the_same_keys() -> Result<()> {
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let mut world = World::launch(config, |it| it.arg("--log-format").arg("json")).await?;
    world.client().beat("api").await?;
    world.site.until("api", "up").await?;
    world.end().await?;
    let log = world.flatline.stderr();
    for line in log.lines() {
        serde_json::from_str::<Value>(line).with_context(|| line.to_owned())?;
        let mut rest = line;
        for key in ["{\"timestamp\":\"", "\",\"level\":\"", "\",\"target\":\"", "\",\"message\":\""]
        {
            let (before, after) = rest.split_once(key).with_context(|| line.to_owned())?;
            ensure!(!before.contains('"'), "something stands before {key}: {line}");
            rest = after;
        }
    }
    let told = "\"message\":\"transition\",\"service\":\"api\",\"from\":\"unknown\",\"to\":\"up\"";
    ensure!(log.contains(told), "{log}");
    Ok(())
}

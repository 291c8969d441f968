//! Changes of the configuration over a restart.

use anyhow::{Context, Result, ensure};
use flatline_domain::Status;
use flatline_harness::config::ConfigDir;
use flatline_harness::receiver::Reply;
use flatline_shared::store::{Ending, Lane};
use serde_json::{Value, json};

use crate::books::Duplicates;
use crate::site::eventually;
use crate::world::World;

/// The service with this id in services.json.
fn service<'a>(config: &'a mut ConfigDir, id: &str) -> &'a mut Value {
    let services = config.services_mut()["services"].as_array_mut();
    let found = services.and_then(|all| all.iter_mut().find(|service| service["id"] == id));
    found.expect("the story configured it")
}

async fn down_and_told(world: &World, id: &str) -> Result<()> {
    world.client().beat(id).await?;
    world.hears("down", id).await?;
    world.site.until(id, "down").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_removed_while_down_is_told_as_over() -> Result<()> {
    let config = ConfigDir::new()?.service("gone", 3)?.service("stays", 60)?;
    let mut world = World::start(config).await?;
    down_and_told(&world, "gone").await?;
    let gone = service(world.flatline.config_mut(), "gone").clone();
    let remove = |config: &mut ConfigDir| {
        if let Some(services) = config.services_mut()["services"].as_array_mut() {
            services.retain(|service| service["id"] != "gone");
        }
    };
    world.reconfigure(remove).await?;
    let closing = world.hears("up", "gone").await?.json;
    ensure!(closing["reason"] == "removed", "{closing}");
    ensure!(world.site.status("gone").await.is_err(), "it is still shown");

    let add = |config: &mut ConfigDir| {
        if let Some(services) = config.services_mut()["services"].as_array_mut() {
            services.push(gone);
        }
    };
    world.reconfigure(add).await?;
    let beating = world.client().keep_beating("gone");
    world.site.until("gone", "up").await?;
    let books = world.close().await?;
    beating.stop().await?;
    books.told_once("gone", "hook", &["down", "up"]).await?;
    let statuses: Vec<_> = books.history("gone").await?.iter().map(|it| it.to).collect();
    let (up, down) = (Status::Up, Status::Down);
    assert_eq!(statuses, [up, down, Status::Closed, Status::Unknown, up]);
    ensure!(world.receiver.received().len() == 2, "{:#?}", world.receiver.received());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_added_and_hurried_services_are_followed_and_a_new_name_tells_nobody() -> Result<()>
{
    let config = ConfigDir::new()?.service("renamed", 60)?.service("hurried", 60)?;
    let mut world = World::start(config).await?;
    world.client().beat("renamed,hurried").await?;
    world.site.until("hurried", "up").await?;
    let change = |config: &mut ConfigDir| {
        service(config, "renamed")["name"] = json!("A new name");
        service(config, "hurried")["stalenessThreshold"] = json!(3);
        let added = json!({"id": "added", "name": "Added", "stalenessThreshold": 60});
        if let Some(services) = config.services_mut()["services"].as_array_mut() {
            services.push(added);
        }
    };
    world.reconfigure(change).await?;
    let renamed = world.site.status("renamed").await?;
    ensure!(renamed["serviceName"] == "A new name" && renamed["status"] == "up", "{renamed}");
    world.site.until("added", "unknown").await?;
    world.client().beat("added").await?;
    world.site.until("added", "up").await?;
    let down = world.hears("down", "hurried").await?.json;
    ensure!(down["windowSeconds"] == 3, "{down}");

    let books = world.close().await?;
    books.agree("renamed", &[], &[], Duplicates::None).await?;
    books.agree("added", &[], &[], Duplicates::None).await?;
    books.agree("hurried", &world.heard("hurried"), &["down"], Duplicates::None).await?;
    ensure!(world.receiver.received().len() == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_service_is_told_as_over_and_watched_again_once_enabled() -> Result<()> {
    let mut world = World::start(ConfigDir::new()?.service("api", 3)?).await?;
    down_and_told(&world, "api").await?;
    world.reconfigure(|config| service(config, "api")["enabled"] = json!(false)).await?;
    let closing = world.hears("up", "api").await?.json;
    ensure!(closing["reason"] == "paused", "{closing}");
    ensure!(world.site.status("api").await.is_err(), "it is still counted");
    ensure!(world.site.get("/").await?.contains("Disabled"));
    world.client().send("api", &["--status", "down"]).await?;

    world.reconfigure(|config| service(config, "api")["enabled"] = json!(true)).await?;
    world.receiver.clear();
    let beating = world.client().keep_beating("api");
    world.site.until("api", "up").await?;
    beating.stop().await?;
    let down = world.hears("down", "api").await?.json;
    ensure!(down["previousStatus"] == "up", "{down}");
    let books = world.close().await?;
    books.told_once("api", "hook", &["down", "up", "down"]).await?;
    ensure!(world.receiver.received().len() == 1, "{:#?}", world.receiver.received());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_channel_that_is_removed_end_with_that_reason() -> Result<()> {
    let mut world = World::on_bridge(ConfigDir::new()?.service("api", 3)?).await?;
    world.receiver.answer(Reply::status(503));
    down_and_told(&world, "api").await?;
    let remove = |config: &mut ConfigDir| config.notifications_mut()["channels"] = json!([]);
    world.reconfigure(remove).await?;
    let books = world.books().await?;
    let empty = async || Ok(books.store.queued("hook").await?.is_empty().then_some(()));
    eventually("nothing waits for the removed channel", empty).await?;
    let log = books.store.deliveries(&Lane::Service("api".to_owned()), 10).await?;
    let [entry] = &log[..] else { anyhow::bail!("{log:#?}") };
    ensure!(entry.ending == Ending::Dead && entry.answer.contains("removed"), "{entry:#?}");
    world.close().await.context("after the removal").map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reports_is_told_after_as_long_as_the_configuration_gives_it() -> Result<()> {
    let config = ConfigDir::new()?
        .service_json(json!({"id": "own", "firstHeartbeatWithinSeconds": 2}))?
        .service_json(json!({"id": "inherited"}))?
        .service_json(json!({"id": "patient", "firstHeartbeatWithinSeconds": null}))?
        .group_json(json!({
            "id": "hasty", "services": ["inherited", "patient"], "firstHeartbeatWithinSeconds": 2,
        }))?;
    let mut world = World::start(config).await?;
    for id in ["own", "inherited"] {
        let down = world.hears("down", id).await?.json;
        ensure!(down["reason"] == "never-reported" && down["lastSeen"].is_null(), "{down}");
        world.site.until(id, "down").await?;
    }
    world.site.until("patient", "unknown").await?;
    world.client().beat("own").await?;
    world.hears("up", "own").await?;
    let books = world.close().await?;
    books.told_once("own", "hook", &["down", "up"]).await?;
    books.told_once("inherited", "hook", &["down"]).await?;
    ensure!(world.heard("patient").is_empty());
    Ok(())
}

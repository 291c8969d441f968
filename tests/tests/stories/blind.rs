//! Time in which nobody could have been heard: no alarm about those who went on, and the dead are told.

use anyhow::{Result, ensure};
use flatline_embedded::Execution;
use flatline_harness::bridge::{Action, Rule};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::runtime_api::Gateway;
use futures_util::future::join_all;

use crate::books::{Books, Duplicates};
use crate::client::{Beating, Client};
use crate::down_and_up::ms_between;
use crate::site::clock;
use crate::world::World;

/// Longer than every window of these stories.
const BLIND_MS: i64 = 10_000;

/// How long the database refuses, in ms.
const REFUSED_MS: i64 = 60_000;

fn config() -> Result<ConfigDir> {
    Ok(ConfigDir::new()?.service("alive", 8)?.service("dead", 8)?)
}

/// Both are heard; from here on only one of them goes on.
async fn one_dies(world: &mut World) -> Result<Beating> {
    world.watching().await?;
    let client = world.client();
    client.beat("alive,dead").await?;
    Ok(client.keep_beating("alive"))
}

/// The dead one is told, once; by then the other one had the same time to be told of.
async fn only_the_dead_is_told(world: &mut World, beating: Beating) -> Result<()> {
    world.hears("down", "dead").await?;
    world.site.until("alive", "up").await?;
    let books = world.close().await?;
    beating.stop().await?;
    books.agree("dead", &world.heard("dead"), &["down"], Duplicates::None).await?;
    books.agree("alive", &world.heard("alive"), &[], Duplicates::None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_takes_its_own_pause_for_nobodys_silence() -> Result<()> {
    let mut world = World::start(config()?).await?;
    let beating = one_dies(&mut world).await?;
    world.flatline.signal("STOP")?;
    clock().sleep(BLIND_MS).await;
    world.flatline.signal("CONT")?;
    only_the_dead_is_told(&mut world, beating).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_process_takes_its_own_absence_for_nobodys_silence() -> Result<()> {
    let mut world = World::start(config()?).await?;
    let beating = one_dies(&mut world).await?;
    world.flatline.kill()?;
    clock().sleep(BLIND_MS).await;
    world.flatline.restart().await?;
    only_the_dead_is_told(&mut world, beating).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_hides_heartbeats_and_is_no_silence() {
    let outages = [
        ("fails", Action::FailBefore),
        ("throttles", Action::Throttle),
        ("never answers", Action::Hang),
        ("writes and does not say so", Action::ApplyThenFail),
    ];
    let stories = outages.map(async |(what, outage)| {
        refused(outage).await.map_err(|error| error.context(format!("a store that {what}")))
    });
    let failed: Vec<_> = join_all(stories).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn refused(outage: Action) -> Result<()> {
    let mut world = World::on_bridge(config()?).await?;
    let beating = one_dies(&mut world).await?;
    if let Some(bridge) = &world.bridge {
        bridge.gate().fault(Rule::any(outage));
        clock().sleep(REFUSED_MS).await;
        bridge.gate().clear_faults();
    }
    only_the_dead_is_told(&mut world, beating).await
}

/// Heartbeats are taken by a Lambda function that goes on while the checker is away.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_inside_a_pause_of_the_checker_is_told_afterwards() -> Result<()> {
    let steady = ["steady-1", "steady-2", "steady-3"];
    let services = || -> Result<ConfigDir> {
        Ok(steady.iter().try_fold(config()?, |config, id| config.service(id, 60))?)
    };
    let deployment = Deployment::of(services()?).await?;
    let ingest = deployment.function("ingest", &[]).await?;
    let gateway = Gateway::start([("/", ingest)]).await?;
    let url = deployment.bridge().url();
    let mut world = World::launch(services()?, |launch| launch.endpoint_url(&url)).await?;
    let client = Client::of(&gateway.url(), KEY);
    let books = Books::open(deployment.bridge().gate().engine().client(Execution::Inline)).await?;
    world.watching_in(Some(&books)).await?;
    client.beat("dead,steady-1,steady-2,steady-3").await?;
    world.site.until("steady-3", "up").await?;

    world.flatline.kill()?;
    client.beat("dead").await?;
    // Enough heartbeats of others to prove that one would have been heard, and long enough.
    for id in steady.iter().cycle().take(12) {
        client.beat(id).await?;
        clock().sleep(800).await;
    }
    let beating = client.keep_beating("dead,steady-1,steady-2,steady-3");
    clock().sleep(1_000).await;
    world.flatline.restart().await?;
    let down = world.hears("down", "dead").await?;
    let up = world.hears("up", "dead").await?;
    let down_ms = ms_between(&down.json["since"], &up.json["since"])?;
    ensure!(down_ms >= 1_000 && up.json["downSeconds"] == down_ms / 1_000, "{:#}", up.json);
    ensure!(down.json["service"]["status"] == "down");
    world.end().await?;
    beating.stop().await?;
    books.agree("dead", &world.heard("dead"), &["down", "up"], Duplicates::None).await?;
    for id in steady {
        books.agree(id, &world.heard(id), &[], Duplicates::None).await?;
    }
    Ok(())
}

//! kill -9 in each phase of a story: whatever was under way, after a restart the same is told.

use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use flatline_harness::bridge::{Action, Bridge, Gate, Passing, Rule, Strike};
use flatline_harness::config::ConfigDir;
use flatline_harness::process::{Flatline, send_signal};
use flatline_harness::receiver::{Receiver, Reply};
use flatline_shared::store::Store;
use futures_util::future::join_all;

use crate::books::Duplicates;
use crate::site::{PATIENCE_MS, eventually};
use crate::world::{World, says};

/// When the process dies.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After the first heartbeat, with nothing to do.
    Idle,
    /// When the n-th message has arrived, before it is answered.
    Arrival(usize),
    /// At a call, which is lost.
    Before(Call),
    /// At a call, which is applied and not answered.
    After(Call),
}

/// A call to the database.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// The returning heartbeat's write, the second of the service.
    Beat,
    /// The transaction of this version of the service; 2 is down, 3 is up.
    Commit(u64),
    /// The channel is claimed for the down.
    Lease,
    /// The n-th delivery is marked as such.
    Mark(u64),
}

const PHASES: [(&str, Moment, Duplicates); 13] = [
    ("nothing under way", Moment::Idle, Duplicates::None),
    ("the down has arrived and is not answered", Moment::Arrival(1), Duplicates::One),
    ("the up has arrived and is not answered", Moment::Arrival(2), Duplicates::One),
    ("the returning heartbeat is not written", Moment::Before(Call::Beat), Duplicates::None),
    ("a heartbeat is written, nothing more", Moment::After(Call::Beat), Duplicates::None),
    ("the down is not committed", Moment::Before(Call::Commit(2)), Duplicates::None),
    ("the down is just committed", Moment::After(Call::Commit(2)), Duplicates::None),
    (
        "the down is committed, its channel not claimed",
        Moment::Before(Call::Lease),
        Duplicates::None,
    ),
    ("the down is committed, its channel claimed", Moment::After(Call::Lease), Duplicates::None),
    ("the down is accepted, and not marked", Moment::Before(Call::Mark(1)), Duplicates::One),
    ("the down is accepted and just marked", Moment::After(Call::Mark(1)), Duplicates::None),
    ("the recovery is not committed", Moment::Before(Call::Commit(3)), Duplicates::None),
    ("the recovery is just committed", Moment::After(Call::Commit(3)), Duplicates::None),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_nothing_and_repeats_at_most_the_message_under_way() {
    let phases = PHASES.map(async |(what, moment, duplicates)| {
        let told = told_all_the_same(moment, duplicates).await;
        told.with_context(|| format!("killed when {what} ({moment:?})"))
    });
    let failed: Vec<_> = join_all(phases).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{} of {}: {failed:#?}", failed.len(), PHASES.len());
}

/// Down and up with one kill -9 in it.
async fn told_all_the_same(moment: Moment, duplicates: Duplicates) -> Result<()> {
    let config = ConfigDir::new()?.service("api", 8)?;
    let mut world = match moment {
        Moment::Idle | Moment::Arrival(_) => World::start(config).await?,
        Moment::Before(_) | Moment::After(_) => World::on_bridge(config).await?,
    };
    let (client, site) = (world.client(), world.site.clone());
    let kills = Arc::new(AtomicU32::new(0));
    world.watching().await?;
    let store = match &world.bridge {
        Some(_) => Some(world.books().await?.store),
        None => None,
    };
    let World { flatline, receiver, bridge, .. } = &mut world;
    if matches!(moment, Moment::Idle) {
        client.beat("api").await?;
    }
    arm(moment, flatline, receiver, bridge.as_ref().map(Bridge::gate));

    let seen = kills.clone();
    let down_and_up = async {
        if !matches!(moment, Moment::Idle) {
            client.beat("api").await?;
        }
        receiver.wait_for(|it| says(it, "down", "api"), PATIENCE_MS).await?;
        let beating = client.keep_beating("api");
        receiver.wait_for(|it| says(it, "up", "api"), PATIENCE_MS).await?;
        let what = "killed once, and everything settled";
        eventually(what, async || {
            let settled = seen.load(Ordering::SeqCst) == 1 && is_settled(store.as_ref()).await?;
            Ok(settled.then_some(()))
        })
        .await?;
        site.until("api", "up").await?;
        Ok(beating)
    };
    let beating = supervised(flatline, &kills, down_and_up).await?;
    let books = world.close().await?;
    beating.stop().await?;
    books.agree("api", &world.heard("api"), &["down", "up"], duplicates).await?;
    ensure!(kills.load(Ordering::SeqCst) == 1);
    Ok(())
}

/// Runs a story while somebody restarts the process whenever it was killed.
async fn supervised<T>(
    flatline: &mut Flatline,
    kills: &AtomicU32,
    story: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::pin!(story);
    loop {
        tokio::select! {
            told = &mut story => return told.with_context(|| flatline.output()),
            ended = flatline.wait(10 * PATIENCE_MS) => {
                let ended = ended?;
                ensure!(ended.signal() == Some(9), "{ended}\n{}", flatline.output());
                flatline.restart().await?;
                kills.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// Sets the trap.
fn arm(moment: Moment, flatline: &Flatline, receiver: &Receiver, gate: Option<&Gate>) {
    let id = flatline.id();
    // A process that is already gone has been killed by the same trap.
    let kill: Strike = Arc::new(move || drop(send_signal(id, "KILL")));
    let (call, action) = match moment {
        Moment::Idle => return kill(),
        Moment::Arrival(n) => {
            let mut arrived = 0;
            receiver.answer_with(move |_| {
                arrived += 1;
                if arrived == n {
                    kill();
                    return Reply::hang_up();
                }
                Reply::status(200)
            });
            return;
        }
        Moment::Before(call) => (call, Action::StrikeBefore(kill)),
        Moment::After(call) => (call, Action::StrikeAfter(kill)),
    };
    if let Some(gate) = gate {
        gate.fault(rule(call, action));
    }
}

fn rule(call: Call, action: Action) -> Rule {
    let (operation, key, nth) = match call {
        Call::Beat => ("UpdateItem", None, 2),
        Call::Commit(version) => ("TransactWriteItems", Some(format!("H#api/{version:020}")), 1),
        Call::Lease => ("UpdateItem", Some("Q#hook/!".to_owned()), 1),
        Call::Mark(n) => ("TransactWriteItems", Some("DL#api/".to_owned()), n),
    };
    let is_meant = move |it: &Passing| match &key {
        Some(key) => it.keys.iter().any(|it| it.starts_with(key.as_str())),
        None => it.keys.iter().any(|it| it.starts_with("S#") && it.ends_with("/api")),
    };
    Rule::matching(move |it| it.operation == operation && is_meant(it), action).at(nth)
}

/// Whether nothing waits for the hook. A file can only be looked into when the process has ended.
async fn is_settled(store: Option<&Store>) -> Result<bool> {
    match store {
        Some(store) => Ok(store.queued("hook").await?.is_empty()),
        None => Ok(true),
    }
}

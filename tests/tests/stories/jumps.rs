//! The wall clock jumps: no alarm about those who went on, and the dead are told.
//!
//! Debian's libfaketime shows the process a clock of ours; the monotonic one stays.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use flatline_harness::config::ConfigDir;
use futures_util::future::join_all;
use serde_json::json;

use crate::books::Duplicates;
use crate::world::World;

/// How far the clock jumps while the process runs; it jumps back while the process is away.
const JUMPS_S: [i64; 4] = [3_600, -3_600, 10, -10];

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_alarms_nobody_and_hides_nobody() {
    let stories = JUMPS_S.map(async |jump_s| {
        jumped(jump_s).await.with_context(|| format!("the clock jumps by {jump_s} s"))
    });
    let failed: Vec<_> = join_all(stories).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn jumped(jump_s: i64) -> Result<()> {
    let offset = tempfile::NamedTempFile::new()?;
    let show = |seconds: i64| fs::write(offset.path(), format!("{seconds:+}\n"));
    show(0)?;
    let library = library()?;
    let config = ConfigDir::new()?
        .notify_setting("repeatAlertMinutes", json!(0))?
        .service("alive", 8)?
        .service("dead", 8)?
        .service("dies later", 8)?;
    let mut world = World::launch(config, |launch| {
        launch
            .env("LD_PRELOAD", &library.to_string_lossy())
            .env("FAKETIME_TIMESTAMP_FILE", &offset.path().to_string_lossy())
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("FAKETIME_NO_CACHE", "1")
    })
    .await?;
    let client = world.client();
    world.watching().await?;
    client.beat("alive,dead,dies later").await?;
    let both = client.keep_beating("alive,dies later");
    show(jump_s)?;
    world.hears("down", "dead").await?;

    let one = client.keep_beating("alive");
    both.stop().await?;
    world.flatline.kill()?;
    show(0)?;
    world.flatline.restart().await?;
    world.hears("down", "dies later").await?;
    world.site.until("alive", "up").await?;
    let books = world.close().await?;
    one.stop().await?;
    for (id, events) in [("alive", &[][..]), ("dead", &["down"]), ("dies later", &["down"])] {
        books.agree(id, &world.heard(id), events, Duplicates::None).await?;
    }
    Ok(())
}

/// Where Debian puts the library: a folder for each architecture.
fn library() -> Result<PathBuf> {
    let mut folders = fs::read_dir("/usr/lib")?.filter_map(Result::ok);
    let found = folders.find_map(|folder| {
        let library = folder.path().join("faketime/libfaketimeMT.so.1");
        library.exists().then_some(library)
    });
    found.context("this story needs Debian's package faketime: apt-get install faketime")
}

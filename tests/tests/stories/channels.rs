//! Two channels: what is wrong with one is nothing to the other, and what it missed comes in order.

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::http_client;
use flatline_harness::receiver::{Receiver, Reply};
use flatline_shared::store::Ending;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::PATIENCE_MS;
use crate::world::{World, says};

/// `hook` and, beside it, the channel `other`.
async fn two_channels() -> Result<(World, Receiver)> {
    let other = Receiver::start().await?;
    let config = ConfigDir::new()?
        .service("api", 4)?
        .channel_json(json!({
            "type": "webhook", "name": "other", "enabled": true, "events": ["down", "up"],
        }))?
        .variable("NOTIFICATION_OTHER_URL", &other.url())
        .variable("REQUEST_TIMEOUT", "2000");
    Ok((World::start(config).await?, other))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_channel_delays_nobody_and_is_told_everything_in_order() {
    let failures = [
        ("is busy and says for how long", Reply::status(503).header("retry-after", "7"), 7_000),
        ("never answers", Reply::hang(), 0),
        ("hangs up", Reply::hang_up(), 0),
    ];
    let stories = failures.map(async |(what, reply, wait_ms)| {
        told_later(reply, wait_ms).await.with_context(|| format!("a channel that {what}"))
    });
    let failed: Vec<_> = join_all(stories).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// `hook` fails so until `other` knows everything.
async fn told_later(reply: Reply, wait_ms: i64) -> Result<()> {
    let (mut world, other) = two_channels().await?;
    world.receiver.answer(reply);
    let client = world.client();
    client.beat("api").await?;
    other.wait_for(|it| says(it, "down", "api"), PATIENCE_MS).await?;
    let beating = client.keep_beating("api");
    other.wait_for(|it| says(it, "up", "api"), PATIENCE_MS).await?;
    let tried = world.receiver.received();
    ensure!(tried.iter().all(|it| says(it, "down", "api")), "up before down: {tried:#?}");

    world.receiver.answer(Reply::status(200));
    world.hears("up", "api").await?;
    let books = world.close().await?;
    beating.stop().await?;
    let heard = world.heard("api");
    let (up, downs) = heard.split_last().context("an up")?;
    ensure!(says(up, "up", "api") && downs.iter().all(|it| says(it, "down", "api")), "{heard:#?}");
    ensure!(downs.len() >= 2, "nothing was repeated: {heard:#?}");
    let ids: Vec<_> = downs.iter().map(|it| &it.json["id"]).collect();
    ensure!(ids.iter().all(|id| *id == ids[0]), "a repetition has another id: {ids:?}");
    let waited_ms = downs[1].at.since_ms(downs[0].at);
    ensure!(waited_ms >= wait_ms, "tried again after {waited_ms} ms");
    for channel in ["hook", "other"] {
        books.told_once("api", channel, &["down", "up"]).await?;
    }
    ensure!(other.received().len() == 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_ends_what_waits_for_it_with_a_reason() -> Result<()> {
    let (mut world, other) = two_channels().await?;
    world.receiver.answer(Reply::status(410));
    let client = world.client();
    client.beat("api").await?;
    other.wait_for(|it| says(it, "down", "api"), PATIENCE_MS).await?;
    let beating = client.keep_beating("api");
    other.wait_for(|it| says(it, "up", "api"), PATIENCE_MS).await?;
    world.hears("up", "api").await?;
    let books = world.close().await?;
    beating.stop().await?;

    books.told_once("api", "other", &["down", "up"]).await?;
    books.told_once("api", "hook", &[]).await?;
    let log = books.deliveries("api", "hook").await?;
    ensure!(log.len() == 2, "{log:#?}");
    for entry in &log {
        ensure!(entry.ending == Ending::Dead && entry.answer.contains("410"), "{log:#?}");
    }
    ensure!(world.heard("api").len() == 2, "a receiver that is gone was asked again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_has_as_long_as_request_timeout_says() -> Result<()> {
    for (limit_ms, is_told) in [("10000", true), ("500", false)] {
        let config = ConfigDir::new()?.variable("REQUEST_TIMEOUT", limit_ms);
        let mut world = World::start(config).await?;
        world.receiver.answer(Reply::status(200).after(3_000));
        let url = format!("{}/api/test-notification", world.flatline.url());
        let asked = http_client().post(url).bearer_auth(ALERT_KEY);
        let answer = asked.json(&json!({"channelType": "hook"})).send().await?;
        let answer: Value = answer.json().await?;
        ensure!(answer["success"] == is_told, "{limit_ms}: {answer}");
        let late = answer.to_string().contains("took too long");
        ensure!(late != is_told, "{limit_ms}: {answer}");
        world.end().await?;
    }
    Ok(())
}

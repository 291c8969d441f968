//! An alert of another tool on its way through.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use flatline_domain::{Event, UnixMs};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::http_client;
use flatline_harness::receiver::Receiver;
use serde_json::{Value, json};

use crate::site::{PATIENCE_MS, clock, eventually};
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

/// Posts these alerts all at once; every one is answered with 200.
async fn at_once(world: &World, alerts: Vec<Value>) -> Result<()> {
    let client = http_client();
    let url = format!("{}/api/alert", world.flatline.url());
    let posts = alerts.into_iter().map(|alert| {
        let request = client.post(&url).bearer_auth(ALERT_KEY).json(&alert);
        tokio::spawn(async move { anyhow::Ok(request.send().await?.error_for_status()?) })
    });
    for post in posts.collect::<Vec<_>>() {
        post.await??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_alerts_at_once_are_all_kept_and_told() -> Result<()> {
    let mut world = World::start(ConfigDir::new()?.service("api", 60)?).await?;
    let alert =
        |n: usize| json!({"title": format!("Alert {n}"), "message": "m", "source": "flood"});
    at_once(&world, (0..200).map(alert).collect()).await?;
    world.receiver.wait_for_count(200, PATIENCE_MS).await?;
    let messages = world.receiver.received();
    let titles: BTreeSet<_> = messages.iter().map(|it| it.json["title"].to_string()).collect();
    let books = world.close().await?;
    let feed = books.store.feed(UnixMs(0), clock().now(), 1_000).await?;
    ensure!((feed.len(), titles.len(), messages.len()) == (200, 200, 200), "{}", feed.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_alert_fifty_times_at_once_is_one_incident_told_once_per_channel() -> Result<()> {
    let second = Receiver::start().await?;
    let config = ConfigDir::new()?
        .service("api", 60)?
        .channel_json(json!({"type": "webhook", "name": "second", "config": {}}))?
        .variable("NOTIFICATION_SECOND_URL", &second.url());
    let mut world = World::start(config).await?;
    for (firing, status) in [(1, "firing"), (2, "resolved")] {
        let alert = json!({"title": "Disk full", "message": "m", "severity": "critical",
            "dedup_key": "disk", "status": status});
        at_once(&world, vec![alert; 50]).await?;
        for receiver in [&world.receiver, &second] {
            receiver.wait_for_count(firing, PATIENCE_MS).await?;
        }
    }
    let books = world.close().await?;
    let feed = books.store.feed(UnixMs(0), clock().now(), 1_000).await?;
    let statuses: Vec<_> = feed.iter().filter_map(|entry| entry.status.as_deref()).collect();
    ensure!(statuses == ["resolved", "firing"], "{feed:#?}");
    for receiver in [&world.receiver, &second] {
        let told: Vec<_> =
            receiver.received().into_iter().map(|it| it.json["status"].clone()).collect();
        ensure!(told == ["firing", "resolved"], "{told:?}");
    }
    Ok(())
}

/// What a message tells of: many as one, of which it shows as many as fit, or one.
fn told_by(message: &Value) -> usize {
    message["count"].as_u64().map_or(1, |count| count as usize)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_alerts_in_one_body_are_a_few_messages_where_people_read_them() -> Result<()> {
    let people = Receiver::start().await?;
    let channel = json!({"type": "webhook", "name": "people", "config": {"foldAbove": 3}});
    let config = ConfigDir::new()?
        .service("api", 60)?
        .channel_json(channel)?
        .variable("NOTIFICATION_PEOPLE_URL", &people.url());
    let mut world = World::start(config).await?;
    let alert = |n: usize| {
        json!({"status": "firing", "fingerprint": format!("{n:016x}"),
            "labels": {"alertname": "X", "instance": format!("host-{n}")},
            "annotations": {"description": "what rules write ".repeat(60)}})
    };
    let group = json!({"version": "4", "alerts": (0..500).map(alert).collect::<Vec<_>>()});
    let url = format!("{}/api/alert", world.flatline.url());
    let post = http_client().post(&url).bearer_auth(ALERT_KEY).json(&group).send().await?;
    let answer: Value = post.error_for_status()?.json().await?;
    ensure!(answer["alerts"] == 500, "{answer}");

    world.receiver.wait_for_count(500, PATIENCE_MS).await?;
    let all = async || {
        let messages = people.received();
        let told: usize = messages.iter().map(|message| told_by(&message.json)).sum();
        Ok((told >= 500).then_some((told, messages.len())))
    };
    let (told, messages) = eventually("people are told of all", all).await?;
    ensure!(told == 500 && messages <= 10, "{told} in {messages} messages");
    let books = world.close().await?;
    ensure!(books.store.queued("people").await?.is_empty());
    ensure!(books.store.feed(UnixMs(0), clock().now(), 1_000).await?.len() == 500);
    Ok(())
}

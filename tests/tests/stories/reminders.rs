//! A service stays down: whoever was told is told again, until it is back.

use anyhow::{Result, ensure};
use flatline_harness::config::ConfigDir;
use flatline_harness::receiver::{Received, Receiver};
use serde_json::json;

use crate::site::eventually;
use crate::world::World;

/// Version and running number of each reminder of `api`, in the order in which they came.
fn reminders(hook: &Receiver) -> Vec<(u64, u64)> {
    let number = |message: &Received, name: &str| message.json[name].as_u64().unwrap_or_default();
    let all = hook.received();
    let reminders = all.iter().filter(|it| it.json["event"] == "reminder");
    reminders.map(|it| (number(it, "version"), number(it, "reminder"))).collect()
}

/// What the service said before it fell silent is told.
fn says_the_last_words(message: &Received) -> Result<()> {
    let said = (&message.json["message"], &message.json["metadata"]);
    ensure!(said == (&json!("disk at 91 %"), &json!({"host": "db-1"})), "{}", message.json);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_goes_on_is_told_again_to_those_who_were_told() -> Result<()> {
    let recoveries = Receiver::start().await?;
    let config = ConfigDir::new()?
        .service("api", 2)?
        .notify_setting("repeatAlertMinutes", json!(0.05))?
        .channel_json(json!({
            "type": "webhook", "name": "recoveries", "enabled": true, "events": ["up"],
        }))?
        .variable("NOTIFICATION_RECOVERIES_URL", &recoveries.url());
    let mut world = World::start(config).await?;
    let client = world.client();
    let words = ["--message", "disk at 91 %", "--metadata", r#"{"host":"db-1"}"#];
    client.send("api", &words).await?;
    let down = world.hears("down", "api").await?;
    says_the_last_words(&down)?;
    let two = async || Ok((reminders(&world.receiver).len() >= 2).then_some(()));
    eventually("two reminders", two).await?;

    says_the_last_words(&world.hears("reminder", "api").await?)?;
    let beating = client.keep_beating("api");
    world.hears("up", "api").await?;
    let books = world.close().await?;
    beating.stop().await?;
    let told = reminders(&world.receiver);
    let expected: Vec<_> = (1..=told.len() as u64).map(|n| (2, n)).collect();
    ensure!(told == expected, "reminders {told:?}");
    let last = world.heard("api").pop().map(|it| it.json["event"].clone());
    ensure!(last == Some(json!("up")), "the last word was {last:?}");
    ensure!(reminders(&recoveries).is_empty(), "a channel that takes no down was reminded");
    let record = books.store.service("api").await?.unwrap_or_else(|| unreachable!("it was heard"));
    ensure!(record.reminders == 0, "the next outage counts anew: {record:?}");
    Ok(())
}

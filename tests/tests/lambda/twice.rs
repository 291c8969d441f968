//! Two of a kind at once, as AWS may start them.

use flatline_harness::receiver::Reply;
use serde_json::{Value, json};

use crate::stage::{LONG_MS, Schedule, Stage, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_checkers_at_once_tell_one_down() -> anyhow::Result<()> {
    let ids = ["a", "b", "c", "d", "e", "f"];
    let stage = Stage::with(&ids.map(|id| (id, 3))).await?;
    let (one, other) = (stage.checker().await?, stage.checker().await?);
    drop((one.ready(LONG_MS).await?, other.ready(LONG_MS).await?));
    for id in ids {
        stage.beat(id).await?;
    }
    let event = sample("checker-schedule");
    let ticks = [one, other].map(|it| Schedule::start(it, event.clone(), 60));
    for id in ids {
        stage.until(id, "down").await?;
    }
    for tick in ticks {
        tick.stop().await?;
    }
    let event = sample("notifier-schedule");
    stage.notifier().await?.invoke(&event).await?;
    let mut told = stage.told();
    told.sort();
    assert_eq!(told, ids.map(|id| format!("down {id}")));
    for id in ids {
        assert_eq!(stage.deployment.store().history(id).await?.len(), 2, "{id}: up, down");
    }
    let marks = |call: &flatline_harness::bridge::Call| {
        call.passing.operation == "UpdateItem" && call.passing.keys == ["SYS/tick"]
    };
    assert_eq!(stage.deployment.bridge().gate().ledger().select(marks).len(), 2, "both ticked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_notifiers_at_once_send_each_message_once() -> anyhow::Result<()> {
    let ids = ["a", "b", "c", "d", "e"];
    let stage = Stage::with(&ids.map(|id| (id, 600))).await?;
    let (one, other) = (stage.notifier().await?, stage.notifier().await?);
    drop((one.ready(LONG_MS).await?, other.ready(LONG_MS).await?));
    stage.receiver.answer(Reply::status(200).after(300));
    for id in ids {
        for status in ["down", "up"] {
            let body = json!({"serviceId": id, "status": status});
            assert_eq!(stage.post_heartbeat(&body).await?.0, 200);
        }
    }
    let (stream, schedule) = (sample("notifier-stream"), sample("notifier-schedule"));
    let (a, b) = tokio::join!(one.invoke(&stream), other.invoke(&schedule));
    assert_eq!((a?, b?), (Value::Null, Value::Null));
    assert_eq!(stage.waiting().await?, 0);
    for id in ids {
        let own: Vec<_> = stage.told().into_iter().filter(|line| line.ends_with(id)).collect();
        assert_eq!(own, [format!("down {id}"), format!("up {id}")]);
    }
    assert_eq!(stage.told().len(), 2 * ids.len());
    Ok(())
}

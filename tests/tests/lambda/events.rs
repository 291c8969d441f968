//! The sample events in `events/`: each is what AWS sends, and does what it should.

use std::fs;

use serde_json::{Value, json};

use crate::stage::{Stage, sample};

/// Every sample, and the function that gets it.
const SAMPLES: [(&str, &str); 10] = [
    ("alert-eventbridge-alarm", "alert"),
    ("alert-eventbridge-health", "alert"),
    ("alert-post", "alert"),
    ("alert-sns", "alert"),
    ("checker-schedule", "checker"),
    ("dashboard-function-url", "dashboard"),
    ("dashboard-page", "dashboard"),
    ("ingest-heartbeat", "ingest"),
    ("notifier-schedule", "notifier"),
    ("notifier-stream", "notifier"),
];

#[test]
fn each_file_is_a_sample_for_a_function() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, SAMPLES.map(|(name, _)| format!("{name}.json")));
    assert!(SAMPLES.iter().all(|(name, function)| name.starts_with(function)));
}

#[test]
fn requests_have_the_form_of_payload_version_2() {
    for (name, method, path) in [
        ("ingest-heartbeat", "POST", "/api/heartbeat"),
        ("alert-post", "POST", "/api/alert"),
        ("dashboard-page", "GET", "/"),
        ("dashboard-function-url", "GET", "/api/status"),
    ] {
        let event = sample(name);
        assert_eq!(event["version"], "2.0", "{name}");
        assert_eq!(event["rawPath"], path, "{name}");
        let http = &event["requestContext"]["http"];
        assert_eq!((&http["method"], &http["path"]), (&json!(method), &json!(path)), "{name}");
        let headers = event["headers"].as_object().expect("headers");
        assert!(headers.keys().all(|header| header.to_lowercase() == *header), "{name}");
        assert_eq!(event["isBase64Encoded"], false, "{name}");
        if let Some(body) = event["body"].as_str() {
            assert!(serde_json::from_str::<Value>(body).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_schedule_is_told_by_the_scheduler() {
    for name in ["checker-schedule", "notifier-schedule"] {
        let event = sample(name);
        assert_eq!(
            (&event["source"], &event["detail-type"]),
            (&json!("aws.scheduler"), &json!("Scheduled Event"))
        );
        let schedule = event["resources"][0].as_str().expect("the schedule");
        assert!(schedule.ends_with(name.trim_end_matches("-schedule")), "{schedule}");
        assert_eq!(event["detail"], "{}", "a string, as the scheduler sends it");
    }
}

#[test]
fn the_stream_brings_new_rows_of_the_outbox_only() {
    let event = sample("notifier-stream");
    let records = event["Records"].as_array().expect("records");
    assert!(!records.is_empty());
    for record in records {
        assert_eq!(
            (&record["eventName"], &record["eventSource"]),
            (&json!("INSERT"), &json!("aws:dynamodb"))
        );
        let keys = &record["dynamodb"]["Keys"];
        let (pk, sk) = (keys["PK"]["S"].as_str().unwrap(), keys["SK"]["S"].as_str().unwrap());
        assert!(pk.starts_with("Q#") && sk.starts_with("s#"), "{pk} {sk}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_eventbridge_brings_events_to_the_function_itself() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600)]).await?;
    let (alarm, health) = (sample("alert-eventbridge-alarm"), sample("alert-eventbridge-health"));
    for (event, title) in [(&alarm, "ServerCpuTooHigh"), (&health, "EC2: api issue in us-west-2")] {
        let answer = stage.alert.invoke(event).await?;
        assert_eq!((&answer["success"], &answer["alertTitle"]), (&json!(true), &json!(title)));
    }
    assert_eq!(stage.waiting().await?, 2);

    let mut broken = alarm.clone();
    broken["detail"] = json!({});
    let failed = stage.alert.invoke(&broken).await;
    assert!(failed.is_err(), "so that Lambda keeps what cannot be read: {failed:?}");
    assert_eq!(stage.waiting().await?, 2);

    // What stands for an event inside is no address outside.
    let mut request = sample("alert-post");
    request["rawPath"] = json!("/events");
    request["requestContext"]["http"]["path"] = json!("/events");
    request["body"] = json!(alarm.to_string());
    let answer = stage.alert.invoke(&request).await?;
    assert_eq!(answer["statusCode"], 404, "{answer}");
    assert_eq!(stage.waiting().await?, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_of_sns_brings_messages_and_no_retry_undoes_what_came_before_it()
-> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600)]).await?;
    let (alarm, ok) = (sample("alert-eventbridge-alarm"), sample("alert-sns"));
    for (sentence, event, message, waiting) in [
        ("it rings", &alarm, "Alert stored and queued for 1 channel", 1),
        ("the topic says that it is over", &ok, "Alert stored and queued for 1 channel", 2),
        ("the rule tries again", &alarm, "Alert ignored: older than what is known", 2),
        ("the topic, too", &ok, "Alert known already, no channel is told again", 2),
    ] {
        let answer = stage.alert.invoke(event).await?;
        assert_eq!(answer["message"], message, "{sentence}: {answer}");
        assert_eq!(stage.waiting().await?, waiting, "{sentence}");
    }
    let mut broken = ok.clone();
    broken["Records"][0]["Sns"] = json!("x");
    assert!(stage.alert.invoke(&broken).await.is_err(), "Lambda keeps what cannot be read");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binaries_take_the_samples() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600), ("other", 600)]).await?;
    let deployment = &stage.deployment;
    let answer = stage.ingest.invoke(&sample("ingest-heartbeat")).await?;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(deployment.store().service("api").await?.is_some());

    let answer = stage.alert.invoke(&sample("alert-post")).await?;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(stage.waiting().await?, 1);
    let notifier = stage.notifier().await?;
    assert_eq!(notifier.invoke(&sample("notifier-stream")).await?, Value::Null);
    assert_eq!(stage.told(), ["alert Disk full"]);
    assert_eq!(notifier.invoke(&sample("notifier-schedule")).await?, Value::Null);
    assert_eq!(stage.told().len(), 1);

    let checker = stage.checker().await?;
    assert_eq!(checker.invoke(&sample("checker-schedule")).await?, Value::Null);
    assert!(deployment.store().tick_mark().await?.is_some());

    let answer = stage.dashboard.invoke(&sample("dashboard-page")).await?;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(answer["body"].as_str().is_some_and(|body| body.starts_with("<!doctype html>")));
    Ok(())
}

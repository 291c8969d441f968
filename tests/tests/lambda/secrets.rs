//! Secrets in the Parameter Store, for which moto stands in: read at the start, put together, read again
//! when a key is refused, and told of when they are missing.

use std::sync::Arc;

use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::deployment::Deployment;
use flatline_harness::moto::Moto;
use flatline_harness::process::Process;
use flatline_harness::runtime_api::{InvokeError, LambdaProcess};
use serde_json::{Value, json};
use tokio::time::{Duration, interval};

use crate::stage::{LONG_MS, sample};

/// The region of all functions.
const REGION: &str = "us-east-1";

/// Puts a secret of a function there.
async fn put(moto: &Moto, name: &str, value: &str) -> anyhow::Result<()> {
    let name = format!("/flatline/test/{name}");
    let body = json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
    moto.post(("ssm", REGION), "/", "AmazonSSM.PutParameter", &body).await?;
    Ok(())
}

/// A function whose secrets are there, and nowhere else.
async fn function(
    deployment: &Deployment,
    moto: &Moto,
    name: &str,
) -> anyhow::Result<Arc<LambdaProcess>> {
    let path = format!("/flatline/test/{name}");
    let more = [
        ("FLATLINE_SECRETS_PATH", path.as_str()),
        ("FLATLINE_SSM_URL", moto.url()),
        ("API_KEYS", ""),
        ("ALERT_API_KEY", ""),
        ("FLATLINE_CANARY_KEY", ""),
        ("FLATLINE_CANARY_URL", "http://127.0.0.1:9"),
    ];
    Ok(deployment.function(name, &more).await?)
}

/// A heartbeat of `api` with this key; the status of the answer.
async fn beat(ingest: &LambdaProcess, key: &str) -> anyhow::Result<u64> {
    let mut event = sample("ingest-heartbeat");
    event["headers"]["authorization"] = format!("Bearer {key}").into();
    Ok(ingest.invoke(&event).await?["statusCode"].as_u64().unwrap_or_default())
}

async fn output(function: &LambdaProcess) -> anyhow::Result<String> {
    let process = function.ready(LONG_MS).await?;
    Ok(process.as_ref().map(Process::output).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_in_pieces_open_and_a_new_one_opens_at_once() -> anyhow::Result<()> {
    let Some(moto) = Moto::start().await? else { return Ok(()) };
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 600)?).await?;
    // More than one page: the Parameter Store answers ten at a time.
    for number in 1..=11 {
        let piece = json!({format!("other{number}"): format!("key-of-the-other-{number}")});
        put(&moto, &format!("ingest/API_KEYS/{number}"), &piece.to_string()).await?;
    }
    put(&moto, "ingest/API_KEYS/12", r#"{"api":"fl_first_key"}"#).await?;
    put(&moto, "ingest/FLATLINE_CANARY_KEY", "fl_key_of_canaries").await?;
    put(&moto, "dashboard/API_KEYS", r#"{"api":"fl_not_for_ingest"}"#).await?;
    let ingest = function(&deployment, &moto, "ingest").await?;
    assert_eq!(beat(&ingest, "fl_first_key").await?, 200);
    assert_eq!(beat(&ingest, "fl_not_for_ingest").await?, 401);

    put(&moto, "ingest/API_KEYS/12", r#"{"api":["fl_first_key","fl_second_key"]}"#).await?;
    let mut status = 0;
    let mut looks = interval(Duration::from_millis(500));
    for _ in 0..LONG_MS / 500 {
        status = beat(&ingest, "fl_second_key").await?;
        if status == 200 {
            break;
        }
        looks.tick().await;
    }
    assert_eq!(status, 200, "ten seconds after the last look a refusal makes it look again");
    assert_eq!(beat(&ingest, "fl_first_key").await?, 200);
    let log = output(&ingest).await?;
    assert!(log.contains("the secrets have changed"), "{log}");
    assert!(!log.contains("fl_first_key") && !log.contains("fl_second_key"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_told_once_and_comes_later() -> anyhow::Result<()> {
    let Some(moto) = Moto::start().await? else { return Ok(()) };
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 600)?).await?;
    // moto takes its time for the first request to a service.
    put(&moto, "nobody/NOTHING", "nothing").await?;
    let checker = function(&deployment, &moto, "checker").await?;
    let failed = checker.invoke(&sample("checker-schedule")).await;
    assert!(matches!(failed, Err(InvokeError::Function { .. })), "{failed:?}");
    let log = output(&checker).await?;
    let lines: Vec<_> = log.lines().filter(|line| line.contains("FLATLINE_CANARY_KEY")).collect();
    let [line] = lines.as_slice() else { panic!("{log}") };
    assert!(line.contains("is not set") && line.contains("/flatline/test/checker"), "{line}");

    let alert = function(&deployment, &moto, "alert").await?;
    let mut event = sample("alert-post");
    event["headers"]["authorization"] = format!("Bearer {ALERT_KEY}").into();
    let answer = alert.invoke(&event).await?;
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let log = output(&alert).await?;
    assert_eq!(log.matches("ALERT_API_KEY").count(), 1, "{log}");
    let there = log.lines().find(|line| line.contains("the secrets that are there"));
    assert!(there.is_some_and(|line| line.contains("/flatline/test/alert")), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_parameter_store_requests_get_503() -> anyhow::Result<()> {
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 600)?).await?;
    let more = [
        ("FLATLINE_SECRETS_PATH", "/flatline/test/ingest"),
        ("FLATLINE_SSM_URL", "http://127.0.0.1:9"),
    ];
    let ingest = deployment.function("ingest", &more).await?;
    let answer = ingest.invoke(&sample("ingest-heartbeat")).await?;
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    assert_eq!(body["code"], "not-ready");
    let log = output(&ingest).await?;
    assert_eq!(log.matches("the secrets under /flatline/test/ingest cannot").count(), 1, "{log}");
    Ok(())
}

//! Events that mean nothing, variables that are missing, keys that open nothing.

use flatline_harness::config::ConfigDir;
use flatline_harness::deployment::Deployment;
use flatline_harness::http_client;
use flatline_harness::runtime_api::{Gateway, InvokeError, LambdaProcess};
use serde_json::{Value, json};

use crate::stage::{LONG_MS, Stage, sample};

async fn id(function: &LambdaProcess) -> anyhow::Result<u32> {
    let process = function.ready(LONG_MS).await?;
    Ok(process.as_ref().expect("it is ready").id())
}

async fn output(function: &LambdaProcess) -> anyhow::Result<String> {
    let process = function.ready(LONG_MS).await?;
    Ok(process.as_ref().expect("it is ready").output())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_means_nothing_ends_no_function() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600)]).await?;
    let senseless =
        [json!({}), json!(null), json!("text"), json!([1, 2]), sample("notifier-stream")];
    for function in [&stage.ingest, &stage.alert, &stage.dashboard] {
        let before = id(function).await?;
        for event in &senseless {
            match function.invoke(event).await {
                // Built together with a function that takes events, the others pass them on to nobody.
                Err(InvokeError::Function { .. }) | Ok(Value::Null) => {}
                Ok(answer) => {
                    assert!(answer["statusCode"].as_u64() >= Some(400), "{event}: {answer}");
                }
                Err(worse) => panic!("{event}: {worse}"),
            }
        }
        assert_eq!(id(function).await?, before, "the same process goes on");
    }
    stage.beat("api").await?;
    stage.get("/").await?;

    // A doorbell is a doorbell, whatever is written on it.
    for function in [stage.checker().await?, stage.notifier().await?] {
        let before = id(&function).await?;
        for event in &senseless {
            assert_eq!(function.invoke(event).await?, Value::Null, "{event}");
        }
        assert_eq!(id(&function).await?, before);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_without_a_variable_names_it_and_does_nothing() -> anyhow::Result<()> {
    let config = ConfigDir::new()?.service("api", 600)?.hook("http://127.0.0.1:9/")?;
    let deployment = Deployment::of(config).await?;
    let canary = ("FLATLINE_CANARY_URL", "http://127.0.0.1:9");
    for (function, missing) in [
        ("ingest", "FLATLINE_TABLE"),
        ("alert", "FLATLINE_TABLE"),
        ("dashboard", "FLATLINE_TABLE"),
        ("checker", "FLATLINE_TABLE"),
        ("checker", "FLATLINE_CANARY_URL"),
        ("checker", "FLATLINE_CANARY_KEY"),
        ("checker", "FLATLINE_REVISION"),
        ("notifier", "FLATLINE_TABLE"),
        ("notifier", "FLATLINE_REVISION"),
        ("notifier", "NOTIFICATION_HOOK_URL"),
    ] {
        let instance = deployment.function(function, &[canary, (missing, "")]).await?;
        let log = output(&instance).await?;
        let told: Vec<_> = log.lines().filter(|line| line.contains(missing)).collect();
        let Some(line) = told.first() else { panic!("{function} without {missing}: {log}") };
        let line: Value = serde_json::from_str(line)?;
        assert_eq!(line["level"], "ERROR", "{function} without {missing}: {line}");
        let answer = instance.invoke(&sample("dashboard-page")).await;
        match function {
            "checker" | "notifier" => {
                assert!(matches!(answer, Err(InvokeError::Function { .. })), "{answer:?}");
            }
            _ => assert_eq!(answer?["statusCode"], 503, "{function} without {missing}"),
        }
        // It looks again later, not with each request.
        let log = output(&instance).await?;
        let again: Vec<_> = log.lines().filter(|line| line.contains(missing)).collect();
        assert_eq!(again, told, "{function} without {missing}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_of_canaries_nobody_is_a_canary() -> anyhow::Result<()> {
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 600)?).await?;
    let ingest = deployment.function("ingest", &[("FLATLINE_CANARY_KEY", "")]).await?;
    let gateway = Gateway::start([("/", ingest)]).await?;
    let url = format!("{}/api/heartbeat", gateway.url());
    let headers =
        [None, Some(""), Some("Bearer"), Some("Bearer "), Some("bearer  "), Some("Bearer x")];
    let bodies = [
        json!({"serviceId": "#canary"}),
        json!({"services": [{"serviceId": "#canary", "token": ""}]}),
        json!({"services": [{"serviceId": "#canary", "token": " "}, "#canary"]}),
    ];
    for header in headers {
        for body in &bodies {
            let mut request = http_client().post(&url).json(body);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let answer = request.send().await?;
            assert_eq!(answer.status(), 401, "{header:?} {body}");
        }
    }
    assert_eq!(deployment.store().sight_log().await?.last_proof, None);
    Ok(())
}

//! A heartbeat on its way through the real ingest binary.

use flatline_harness::bridge::{Action, Rule};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::http_client;
use flatline_harness::runtime_api::Gateway;
use serde_json::{Value, json};

async fn beat(gateway: &Gateway, key: &str) -> anyhow::Result<(u16, Value)> {
    let request = http_client().post(format!("{}/api/heartbeat", gateway.url()));
    let answer = request.bearer_auth(key).json(&json!({"serviceId": "api"})).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

#[tokio::test]
async fn a_plain_heartbeat_is_one_write_and_a_refused_one_is_none() -> anyhow::Result<()> {
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 60)?).await?;
    let ingest = deployment.function("ingest", &[]).await?;
    let gateway = Gateway::start([("/api/heartbeat", ingest)]).await?;
    let ledger = deployment.bridge().gate().ledger();
    // The first one finds no record and may write more than the plain one that is measured.
    assert_eq!(beat(&gateway, KEY).await?.0, 200);

    ledger.label("plain");
    let (status, answer) = beat(&gateway, KEY).await?;
    assert_eq!((status, &answer["success"]), (200, &json!(true)));
    let plain = ledger.labelled("plain");
    assert_eq!((plain.of("UpdateItem"), plain.all()), (1, 1));
    assert!((plain.units.wru - 1.0).abs() < f64::EPSILON, "{plain:?}");

    ledger.label("refused");
    assert_eq!(beat(&gateway, "wrong").await?.0, 401);
    assert_eq!(ledger.labelled("refused").all(), 0);
    Ok(())
}

#[tokio::test]
async fn a_heartbeat_that_cannot_be_stored_is_not_acknowledged() -> anyhow::Result<()> {
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 60)?).await?;
    let ingest = deployment.function("ingest", &[]).await?;
    // Not the cold start, which reads the table's schema, shall fail.
    drop(ingest.ready(60_000).await?);
    let gateway = Gateway::start([("/", ingest)]).await?;
    let gate = deployment.bridge().gate();
    gate.fault(Rule::any(Action::Throttle));
    let (status, answer) = beat(&gateway, KEY).await?;
    assert_eq!((status, &answer["success"]), (503, &json!(false)));
    gate.clear_faults();
    assert_eq!(beat(&gateway, KEY).await?.0, 200);
    Ok(())
}

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http_client;
use crate::runtime_api::{Gateway, InvokeError, LambdaProcess};

/// A function in a few lines of shell: does what its event says.
const FUNCTION: &str = r#"#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
if [ "$MOOD" = broken ]; then
  curl -s -d '{"errorType":"Init","errorMessage":"no config"}' "$api/init/error"; exit 1
fi
while :; do
  event=$(curl -s -D headers "$api/invocation/next") || exit 1
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *\([^[:space:]]*\).*/\1/p' headers)
  case "$event" in
    *crash*) exit 9 ;;
    *hang*) sleep 60 ;;
    *fail*) curl -s -d '{"errorType":"Bad","errorMessage":"no"}' "$api/invocation/$id/error" ;;
    *rawPath*) body=$(printf %s "$event" | base64 -w 0)
      printf '{"statusCode":201,"headers":{"x-from":"%s"},"cookies":["a=1","b=2"],"isBase64Encoded":true,"body":"%s"}' "$AWS_LAMBDA_FUNCTION_NAME" "$body" |
        curl -s --data-binary @- "$api/invocation/$id/response" ;;
    *) curl -s --data-binary "{\"echo\":$event,\"mood\":\"$MOOD\",\"home\":\"$HOME\"}" "$api/invocation/$id/response" ;;
  esac
done
"#;

struct Script {
    home: TempDir,
}

impl Script {
    fn write() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("bootstrap");
        fs::write(&path, FUNCTION).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { home }
    }

    async fn function(&self, name: &str, mood: &str) -> LambdaProcess {
        let variables = [("MOOD", mood), ("PATH", "/usr/bin:/bin")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        LambdaProcess::start(name, self.home.path().join("bootstrap"), &variables).await.unwrap()
    }
}

#[tokio::test]
async fn an_event_goes_in_and_its_answer_comes_out() {
    let script = Script::write();
    let function = script.function("echo", "fine").await;
    for n in 0..3 {
        let answer = function.invoke(&json!({"n": n})).await.unwrap();
        assert_eq!(answer, json!({"echo": {"n": n}, "mood": "fine", "home": ""}));
    }
}

#[tokio::test]
async fn functions_live_side_by_side() {
    let script = Script::write();
    let (one, two) = tokio::join!(script.function("one", "1"), script.function("two", "2"));
    let event = json!({});
    let (a, b) = tokio::join!(one.invoke(&event), two.invoke(&event));
    assert_eq!((a.unwrap()["mood"].clone(), b.unwrap()["mood"].clone()), (json!("1"), json!("2")));
}

#[tokio::test]
async fn a_failure_is_told_and_the_process_goes_on() {
    let script = Script::write();
    let function = script.function("f", "fine").await;
    let process = function.ready(30_000).await.unwrap().as_ref().unwrap().id();
    let failed = function.invoke(&json!("fail")).await.unwrap_err();
    let InvokeError::Function { kind, message } = failed else { panic!("{failed}") };
    assert_eq!((kind.as_str(), message.as_str()), ("Bad", "no"));
    assert!(function.invoke(&json!(1)).await.is_ok());
    assert_eq!(function.ready(30_000).await.unwrap().as_ref().unwrap().id(), process);
}

#[tokio::test]
async fn after_a_crash_or_a_time_out_the_next_event_meets_a_cold_start() {
    let script = Script::write();
    let function = script.function("f", "fine").await.timeout_ms(3000);
    let crashed = function.invoke(&json!("crash")).await.unwrap_err();
    assert!(matches!(crashed, InvokeError::Ended(_)), "{crashed}");
    assert!(function.invoke(&json!(1)).await.is_ok());
    let hung = function.invoke(&json!("hang")).await.unwrap_err();
    assert!(matches!(hung, InvokeError::TimedOut { timeout_ms: 3000, .. }), "{hung}");
    assert!(function.invoke(&json!(2)).await.is_ok());
}

#[tokio::test]
async fn an_init_error_is_told() {
    let script = Script::write();
    let function = script.function("f", "broken").await;
    let failed = function.invoke(&json!(1)).await.unwrap_err();
    let InvokeError::Init(told) = failed else { panic!("{failed}") };
    assert_eq!(told["errorMessage"], "no config");
}

#[tokio::test]
async fn http_requests_become_events_and_answers_responses() {
    let script = Script::write();
    let beat = Arc::new(script.function("beat", "fine").await);
    let rest = Arc::new(script.function("rest", "fine").await);
    let gateway = Gateway::start([("/", rest), ("/api/heartbeat", beat)]).await.unwrap();
    let request = http_client().post(format!("{}/api/heartbeat?a=1&a=2&b=x%20y", gateway.url()));
    let request = request.header("x-two", "1").header("x-two", "2").header("cookie", "c=3; d=4");
    let answer = request.json(&json!({"serviceId": "api"})).send().await.unwrap();

    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-from"], "beat");
    assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
    let event: Value = answer.json().await.unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/api/heartbeat");
    assert_eq!(event["rawQueryString"], "a=1&a=2&b=x%20y");
    assert_eq!(event["queryStringParameters"], json!({"a": "1,2", "b": "x y"}));
    assert_eq!(event["headers"]["x-two"], "1,2");
    assert_eq!(event["cookies"], json!(["c=3", "d=4"]));
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!(r#"{"serviceId":"api"}"#), &json!(false))
    );

    let page = http_client().get(gateway.url()).send().await.unwrap();
    assert_eq!(page.headers()["x-from"], "rest");
    let binary = http_client().put(gateway.url()).header("content-type", "image/png");
    let event: Value = binary.body(vec![0xff, 0x00]).send().await.unwrap().json().await.unwrap();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    let failed = http_client().post(gateway.url()).body("fail").send().await.unwrap();
    assert_eq!(failed.status(), 500);
    assert!(matches!(gateway.failures().as_slice(), [InvokeError::Function { .. }]));
}

//! A client whose requests can be changed on their way to the engine, so that a test can
//! take a condition away, let somebody else be quicker, or lose an answer, and see what breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use flatline_embedded::{Execution, client_with};
use serde_json::{Value, json};

use super::bench::open;
use super::database::Database;
use crate::store::Store;

/// What becomes of the answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It arrives.
    Arrives,
    /// The request is carried out, but its answer is lost.
    Lost,
    /// The request is not carried out; the answer is this error.
    Fails(&'static str),
    /// The request is not carried out; the answer is this.
    Instead(Value),
}

type Tamper = Arc<dyn Fn(&str, &mut Value) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Tampered<T> {
    inner: T,
    tamper: Tamper,
}

impl<T> std::fmt::Debug for Tampered<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tampered")
    }
}

impl HttpConnector for Tampered<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap().to_owned();
        let operation = target.rsplit('.').next().unwrap();
        let mut body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let reply = (self.tamper)(operation, &mut body);
        *request.body_mut() = SdkBody::from(body.to_string());
        match &reply {
            Reply::Fails(code) => {
                let body = json!({"__type": format!("com.amazonaws.dynamodb#{code}")});
                return HttpConnectorFuture::ready(Ok(answer(400, &body)));
            }
            Reply::Instead(body) => return HttpConnectorFuture::ready(Ok(answer(200, body))),
            Reply::Arrives | Reply::Lost => {}
        }
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            match reply {
                Reply::Lost => Err(ConnectorError::io("the answer was lost".into())),
                _ => Ok(answer),
            }
        })
    }
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()))
}

impl HttpClient for Tampered<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Tampered { inner, tamper: self.tamper.clone() })
    }
}

/// A fresh database with a store on it.
pub async fn table() -> (Database, Store) {
    let engine = Database::fresh();
    let store = open(engine.client(Execution::Inline)).await;
    (engine, store)
}

/// A second process on the same table, whose requests pass through `tamper`: it sees the operation
/// (`UpdateItem`) and the body.
pub async fn tampered(
    engine: &Database,
    tamper: impl Fn(&str, &mut Value) -> Reply + Send + Sync + 'static,
) -> Store {
    let inner = engine.http_client(Execution::Inline);
    open(client_with(SharedHttpClient::new(Tampered { inner, tamper: Arc::new(tamper) }))).await
}

/// A second process on the same table, in whose conditions `clause` always holds.
pub async fn without_clause(engine: &Database, clause: &'static str) -> Store {
    tampered(engine, move |_, body| {
        relax(body, clause);
        Reply::Arrives
    })
    .await
}

/// A second process on the same table, whose first `operation` is carried out but not answered.
pub async fn losing_answer(engine: &Database, operation: &'static str) -> Store {
    let once = Once::default();
    let armed = Arc::new(AtomicBool::new(false));
    let arm = armed.clone();
    let store = tampered(engine, move |name, _| {
        let lost = armed.load(Ordering::Relaxed) && name == operation && once.first();
        if lost { Reply::Lost } else { Reply::Arrives }
    })
    .await;
    arm.store(true, Ordering::Relaxed);
    store
}

/// Makes `clause` hold in every condition of a request, however deep.
pub fn relax(body: &mut Value, clause: &str) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(condition) if name == "ConditionExpression" => {
                        let always = format!(
                            "({clause} OR attribute_exists(PK) OR attribute_not_exists(PK))"
                        );
                        *condition = condition.replace(clause, &always);
                    }
                    other => relax(other, clause),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| relax(value, clause)),
        _ => {}
    }
}

/// True once, the first time it is asked.
#[derive(Default)]
pub struct Once(AtomicBool);

impl Once {
    /// Whether this is the first time.
    pub fn first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// A second process on the same table, whose first BatchGetItem processes no key.
pub async fn leaving_keys(engine: &Database) -> Store {
    let once = Once::default();
    tampered(engine, move |name, body| {
        if name == "BatchGetItem" && once.first() {
            let left = &body["RequestItems"];
            return Reply::Instead(json!({"Responses": {}, "UnprocessedKeys": left}));
        }
        Reply::Arrives
    })
    .await
}

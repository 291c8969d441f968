//! The way from the product to the database: latency, weather, crashes, and who wrote what.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use flatline_embedded::{Answer, client_config};
use flatline_harness::bridge::Action;

use crate::cage::{Errand, Role};
use crate::plan::Moment;
use crate::scene::Scene;
use crate::weather::Trouble;
use crate::write::Write;

#[derive(Clone)]
struct Tap {
    scene: Arc<Scene>,
}

/// A client for one part of the product, with the time-outs that it has on AWS.
pub fn client(scene: &Arc<Scene>, role: Role) -> Client {
    let (attempt_ms, operation_ms) =
        if role == Role::Ingest { (300, 2_000) } else { (1_000, 5_000) };
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(attempt_ms))
        .operation_timeout(Duration::from_millis(operation_ms))
        .build();
    let tap = SharedHttpClient::new(Tap { scene: scene.clone() });
    Client::from_conf(client_config(tap).timeout_config(timeouts).build())
}

/// One call on its way.
struct Call {
    scene: Arc<Scene>,
    errand: Errand,
    operation: String,
    body: Vec<u8>,
}

impl Call {
    async fn cross(self) -> Option<Answer> {
        self.scene.latency().await;
        let now_ms = self.scene.now_ms();
        let trouble = self.scene.sky().judge(now_ms, self.errand.role, &self.operation);
        if self.operation == "TransactWriteItems" {
            self.perhaps_die(Moment::BeforeTransaction).await;
        }
        let scene = self.scene.clone();
        let answer = match trouble {
            Some(trouble) => self.troubled(trouble).await,
            None => Some(self.applied().await),
        };
        scene.latency().await;
        answer
    }

    async fn troubled(self, trouble: Trouble) -> Option<Answer> {
        self.scene.mention(format!("{} is hit: {trouble:?}", self.name()));
        match trouble {
            Trouble::Lost => None,
            Trouble::AnswerLost => {
                self.applied().await;
                None
            }
            Trouble::Failed => self.broken(Action::FailBefore).await,
            Trouble::FailedAfterwards => {
                let (scene, operation) = (self.scene.clone(), self.operation.clone());
                self.applied().await;
                scene.gate.pass_with(&operation, b"{}", Some(Action::FailBefore)).await
            }
            Trouble::Throttled => self.broken(Action::Throttle).await,
            Trouble::Conflict => match self.operation.as_str() {
                "TransactWriteItems" | "UpdateItem" | "PutItem" => {
                    self.broken(Action::Conflict).await
                }
                _ => Some(self.applied().await),
            },
            Trouble::Late(most_ms) => self.late(most_ms, 0).await,
            Trouble::AnswerLate(most_ms) => self.late(0, most_ms).await,
            Trouble::Hanging => std::future::pending().await,
        }
    }

    async fn broken(self, action: Action) -> Option<Answer> {
        self.scene.gate.pass_with(&self.operation, &self.body, Some(action)).await
    }

    /// A call under way is carried out whatever becomes of its caller.
    async fn late(self, before_ms: i64, after_ms: i64) -> Option<Answer> {
        let scene = self.scene.clone();
        let before_ms = if before_ms > 0 { scene.sky().up_to(before_ms) } else { 0 };
        let after_ms = if after_ms > 0 { scene.sky().up_to(after_ms) } else { 0 };
        let carried_out = tokio::spawn(async move {
            scene.pause(before_ms).await;
            let answer = self.apply().await;
            scene.pause(after_ms).await;
            answer
        });
        carried_out.await.ok()
    }

    async fn applied(self) -> Answer {
        let answer = self.apply().await;
        match self.operation.as_str() {
            "TransactWriteItems" => self.perhaps_die(Moment::AfterTransaction).await,
            "UpdateItem" => self.perhaps_die(Moment::AfterWrite).await,
            _ => {}
        }
        answer
    }

    /// Carries the call out and takes down what it changed.
    async fn apply(&self) -> Answer {
        if let Some(mutant) = self.scene.mutant
            && let Some(answer) = mutant.answers(self.errand.role, &self.operation, &self.body)
        {
            return Answer { status: 200, body: answer.into_bytes() };
        }
        let body = match self.scene.mutant {
            Some(mutant) => mutant.edits(self.errand.role, &self.operation, &self.body),
            None => None,
        };
        let body = body.as_deref().unwrap_or(&self.body);
        let write = Write::read(&self.operation, body);
        let answer = self.scene.gate.pass_with(&self.operation, body, None).await;
        let answer = answer.expect("a call that nothing happens to is answered");
        if answer.status == 200 {
            self.scene.took(&self.errand, &write);
        }
        let keys = write.keys();
        self.scene.mention(format!("{} {keys} {}", self.name(), answer.status));
        answer
    }

    fn name(&self) -> String {
        format!("#{} {:?} {}", self.errand.cage.number(), self.errand.role, self.operation)
    }

    async fn perhaps_die(&self, moment: Moment) {
        if self.scene.springs(moment, &self.errand.cage) {
            std::future::pending::<()>().await;
        }
    }
}

impl HttpConnector for Tap {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let scene = self.scene.clone();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let errand = Errand::current();
        HttpConnectorFuture::new(async move {
            let errand = errand.ok_or_else(|| ConnectorError::user("no errand".into()))?;
            let answer = Call { scene, errand, operation, body }.cross().await;
            let answer =
                answer.ok_or_else(|| ConnectorError::io("the connection was cut".into()))?;
            let status =
                answer.status.try_into().map_err(|error| ConnectorError::user(Box::from(error)))?;
            Ok(HttpResponse::new(status, SdkBody::from(answer.body)))
        })
    }
}

impl HttpClient for Tap {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tap")
    }
}

//! The Runtime API of one function.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use crate::listener::Listening;

/// Every path begins so.
const VERSION: &str = "/2018-06-01/runtime/";

/// How an invocation ended.
pub(super) enum Answered {
    Response(Value),
    Error(Value),
}

struct Invocation {
    id: String,
    deadline_ms: i64,
    event: Bytes,
}

#[derive(Default)]
struct Desk {
    count: u64,
    waiting: VecDeque<Invocation>,
    running: Option<(String, oneshot::Sender<Answered>)>,
    init_error: Option<Value>,
    polls: u64,
}

struct Counter {
    name: String,
    desk: Mutex<Desk>,
    arrival: Notify,
}

impl Counter {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint that one function's process polls.
pub(super) struct Api {
    counter: Arc<Counter>,
    listening: Listening,
}

impl Api {
    pub(super) async fn start(name: &str) -> io::Result<Self> {
        let counter = Arc::new(Counter {
            name: name.to_owned(),
            desk: Mutex::default(),
            arrival: Notify::new(),
        });
        let served = counter.clone();
        let listening =
            Listening::start(None, move |request| answer(served.clone(), request)).await?;
        Ok(Self { counter, listening })
    }

    /// What Lambda puts into a function's environment, with credentials that no AWS account has.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let address = self.listening.url().replace("http://", "");
        let name = self.counter.name.as_str();
        let variables = [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", name),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
            ("AWS_REGION", "us-east-1"),
            // So that the database can say who did what.
            ("AWS_ACCESS_KEY_ID", name),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("_HANDLER", "bootstrap"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Puts an event into the queue; the answer comes through the channel.
    pub(super) fn submit(&self, event: &Value, deadline_ms: i64) -> oneshot::Receiver<Answered> {
        let (sender, receiver) = oneshot::channel();
        let mut desk = self.counter.desk();
        desk.count += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", desk.count);
        let event = Bytes::from(event.to_string());
        desk.waiting.push_back(Invocation { id: id.clone(), deadline_ms, event });
        desk.running = Some((id, sender));
        drop(desk);
        self.counter.arrival.notify_one();
        receiver
    }

    /// Forgets the invocation and the polls of a process that is gone.
    pub(super) fn withdraw(&self) {
        let mut desk = self.counter.desk();
        desk.waiting.clear();
        desk.running = None;
        desk.polls = 0;
    }

    /// What the function said when it could not begin; told once.
    pub(super) fn init_error(&self) -> Option<Value> {
        self.counter.desk().init_error.take()
    }

    /// How often it has asked for an event.
    pub(super) fn polls(&self) -> u64 {
        self.counter.desk().polls
    }
}

async fn answer(counter: Arc<Counter>, request: Request<Bytes>) -> Option<Response<Bytes>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(VERSION).unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match (parts.method, segments.as_slice()) {
        (Method::GET, ["invocation", "next"]) => next(&counter).await,
        (Method::POST, ["invocation", id, "response"]) => {
            finish(&counter, id, Answered::Response(json(&body)))
        }
        (Method::POST, ["invocation", id, "error"]) => {
            finish(&counter, id, Answered::Error(json(&body)))
        }
        (Method::POST, ["init", "error"]) => {
            counter.desk().init_error = Some(json(&body));
            status(202)
        }
        _ => status(404),
    }
}

/// Waits for an event, as long as it takes.
async fn next(counter: &Counter) -> Option<Response<Bytes>> {
    counter.desk().polls += 1;
    loop {
        let invocation = counter.desk().waiting.pop_front();
        if let Some(invocation) = invocation {
            return handed_out(&counter.name, invocation);
        }
        counter.arrival.notified().await;
    }
}

fn handed_out(name: &str, invocation: Invocation) -> Option<Response<Bytes>> {
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &invocation.id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header(
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:us-east-1:000000000000:function:{name}"),
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
        );
    response.body(invocation.event).ok()
}

fn finish(counter: &Counter, id: &str, answered: Answered) -> Option<Response<Bytes>> {
    match counter.desk().running.take_if(|(running, _)| running == id) {
        Some((_, waiting)) => {
            // Whoever waited may have given up meanwhile, and then nobody wants to know.
            let _given_up = waiting.send(answered);
            status(202)
        }
        None => status(400),
    }
}

fn status(status: u16) -> Option<Response<Bytes>> {
    Response::builder().status(status).body(Bytes::new()).ok()
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

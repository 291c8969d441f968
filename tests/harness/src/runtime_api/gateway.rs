//! An HTTP API in front of functions, so that real clients can talk to Lambda binaries.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flatline_shared::clock::{SharedClock, SystemClock};
use http::{Request, Response};

use super::event;
use super::{InvokeError, LambdaProcess};
use crate::listener::Listening;

type Failures = Arc<Mutex<Vec<InvokeError>>>;
type Routes = Vec<(String, Arc<LambdaProcess>)>;

/// HTTP on 127.0.0.1 that ends in functions. Closes when dropped.
pub struct Gateway {
    listening: Listening,
    failures: Failures,
}

impl Gateway {
    /// Serves functions by the beginning of the path on a free port; the longest beginning wins, so `/`
    /// catches the rest.
    pub async fn start(
        routes: impl IntoIterator<Item = (&str, Arc<LambdaProcess>)>,
    ) -> io::Result<Self> {
        let mut routes: Routes =
            routes.into_iter().map(|(path, function)| (path.to_owned(), function)).collect();
        routes.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let routes = Arc::new(routes);
        let clock = SystemClock::shared();
        let failures = Failures::default();
        let log = failures.clone();
        let handler = move |request| answer(routes.clone(), clock.clone(), log.clone(), request);
        Ok(Self { listening: Listening::start(None, handler).await?, failures })
    }

    /// Takes out what functions failed with so far: what an answer of 500 does not say.
    pub fn failures(&self) -> Vec<InvokeError> {
        std::mem::take(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        self.listening.url()
    }
}

async fn answer(
    routes: Arc<Routes>,
    clock: SharedClock,
    failures: Failures,
    request: Request<Bytes>,
) -> Option<Response<Bytes>> {
    let path = request.uri().path();
    let Some((_, function)) = routes.iter().find(|(begin, _)| is_under(path, begin)) else {
        return failure(404, r#"{"message":"Not Found"}"#);
    };
    match function.invoke(&event::event(request, clock.now())).await {
        Ok(answer) => event::response(&answer),
        Err(failed) => {
            failures.lock().unwrap_or_else(PoisonError::into_inner).push(failed);
            failure(500, r#"{"message":"Internal Server Error"}"#)
        }
    }
}

/// Whether a path is that of a route, or below it; everything is below `/`.
fn is_under(path: &str, route: &str) -> bool {
    let rest = path.strip_prefix(route.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn failure(status: u16, body: &'static str) -> Option<Response<Bytes>> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Bytes::from(body)).ok()
}

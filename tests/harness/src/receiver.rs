//! A webhook receiver that remembers everything and answers what it is told to.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flatline_domain::UnixMs;
use flatline_shared::clock::{SharedClock, SystemClock};
use http::{HeaderMap, Request, Response};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::clock::pause;
use crate::listener::{Exchange, Listening, Pour};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Wall clock of the arrival of its last byte.
    pub at: UnixMs,
    /// `POST` ...
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Every header.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// The body as JSON; null if it is none.
    pub json: Value,
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    delay_ms: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Answer,
    Hang,
    Drop,
    Reset,
    Trickle,
    Flood,
}

impl Reply {
    /// An empty answer with this status.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), delay_ms: 0, end: End::Answer }
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self { end: End::Hang, ..Self::status(200) }
    }

    /// Takes the request and cuts the connection.
    pub fn hang_up() -> Self {
        Self { end: End::Drop, ..Self::status(200) }
    }

    /// Takes the request and resets the connection.
    pub fn reset() -> Self {
        Self { end: End::Reset, ..Self::status(200) }
    }

    /// Says 200 and then one byte now and then, for ever.
    pub fn trickle() -> Self {
        Self { end: End::Trickle, ..Self::status(200) }
    }

    /// Says 200 and then as much as is read, for ever.
    pub fn flood() -> Self {
        Self { end: End::Flood, ..Self::status(200) }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// After so many ms.
    #[must_use]
    pub fn after(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }
}

type Program = Box<dyn FnMut(&Received) -> Reply + Send>;

struct Shelf {
    clock: SharedClock,
    received: Mutex<Vec<Received>>,
    next: Mutex<VecDeque<Reply>>,
    program: Mutex<Program>,
    arrival: Notify,
}

/// Nothing that was waited for arrived.
#[derive(Debug, thiserror::Error)]
#[error("not received within {timeout_ms} ms; {} request(s) came: {came:#?}", came.len())]
pub struct NotReceived {
    /// How long was waited.
    pub timeout_ms: u64,
    /// What came instead.
    pub came: Vec<Received>,
}

/// A receiver on 127.0.0.1. Answers 200 until told otherwise. Closes when dropped.
pub struct Receiver {
    shelf: Arc<Shelf>,
    listening: Listening,
    certificate_pem: Option<String>,
}

impl Receiver {
    /// Plain HTTP on a free port.
    pub async fn start() -> io::Result<Self> {
        Self::serve(None, None).await
    }

    /// TLS as this acceptor has it.
    pub async fn start_behind(tls: TlsAcceptor) -> io::Result<Self> {
        Self::serve(Some(tls), None).await
    }

    /// TLS with a certificate made for it, for `127.0.0.1` and `localhost`.
    pub async fn start_tls() -> io::Result<Self> {
        let names = ["127.0.0.1", "localhost"].map(str::to_owned);
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| it.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key))
            .map_err(io::Error::other)?;
        Self::serve(Some(TlsAcceptor::from(Arc::new(config))), Some(cert.pem())).await
    }

    async fn serve(tls: Option<TlsAcceptor>, certificate_pem: Option<String>) -> io::Result<Self> {
        let shelf = Arc::new(Shelf {
            clock: SystemClock::shared(),
            received: Mutex::default(),
            next: Mutex::default(),
            program: Mutex::new(Box::new(|_| Reply::status(200))),
            arrival: Notify::new(),
        });
        let served = shelf.clone();
        let listening =
            Listening::start(tls, move |request| answer(served.clone(), request)).await?;
        Ok(Self { shelf, listening, certificate_pem })
    }

    /// `http(s)://127.0.0.1:<port>`; any path below it is received.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// The certificate that its TLS clients must trust.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// Answers every request so from now on.
    pub fn answer(&self, reply: Reply) {
        self.answer_with(move |_| reply.clone());
    }

    /// Answers every request by this closure from now on.
    pub fn answer_with(&self, program: impl FnMut(&Received) -> Reply + Send + 'static) {
        *lock(&self.shelf.program) = Box::new(program);
    }

    /// Answers the next requests so, one each, before the general answer holds again.
    pub fn answer_next(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.shelf.next).extend(replies);
    }

    /// Everything that came, in the order of arrival.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shelf.received).clone()
    }

    /// Forgets what came.
    pub fn clear(&self) {
        lock(&self.shelf.received).clear();
    }

    /// The first request, past or to come, for which the closure says yes.
    pub async fn wait_for(
        &self,
        mut wanted: impl FnMut(&Received) -> bool,
        timeout_ms: u64,
    ) -> Result<Received, NotReceived> {
        self.until(|came| came.iter().find(|it| wanted(it)).cloned(), timeout_ms).await
    }

    /// Everything that came, once it is at least `count`.
    pub async fn wait_for_count(
        &self,
        count: usize,
        timeout_ms: u64,
    ) -> Result<Vec<Received>, NotReceived> {
        self.until(|came| (came.len() >= count).then(|| came.to_vec()), timeout_ms).await
    }

    async fn until<T>(
        &self,
        mut look: impl FnMut(&[Received]) -> Option<T>,
        timeout_ms: u64,
    ) -> Result<T, NotReceived> {
        let deadline = pause(timeout_ms);
        tokio::pin!(deadline);
        loop {
            let arrival = self.shelf.arrival.notified();
            tokio::pin!(arrival);
            // Listens from here on, so that nothing can come between looking and waiting.
            arrival.as_mut().enable();
            if let Some(found) = look(&lock(&self.shelf.received)) {
                return Ok(found);
            }
            tokio::select! {
                () = &mut arrival => {}
                () = &mut deadline => return Err(NotReceived { timeout_ms, came: self.received() }),
            }
        }
    }
}

async fn answer(shelf: Arc<Shelf>, request: Request<Bytes>) -> Exchange {
    let (parts, body) = request.into_parts();
    let received = Received {
        at: shelf.clock.now(),
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        json: serde_json::from_slice(&body).unwrap_or_default(),
        body,
    };
    let scripted = lock(&shelf.next).pop_front();
    let reply = scripted.unwrap_or_else(|| (lock(&shelf.program))(&received));
    lock(&shelf.received).push(received);
    shelf.arrival.notify_waiters();
    pause(reply.delay_ms).await;
    let body = match reply.end {
        End::Hang => std::future::pending().await,
        End::Drop => return Exchange::HangUp,
        End::Reset => return Exchange::Reset,
        End::Trickle => Pour::drops(),
        End::Flood => Pour::Flood,
        End::Answer => Pour::whole(Bytes::from(reply.body)),
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(body).map_or(Exchange::HangUp, Exchange::Answer)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

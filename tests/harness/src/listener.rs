//! A small HTTP/1.1 server that can answer without end, hang up or break off without an answer.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

pub(crate) use crate::pour::Pour;

/// How one exchange ends.
pub(crate) enum Exchange {
    /// With an answer.
    Answer(Response<Pour>),
    /// The connection is closed.
    HangUp,
    /// The connection is reset.
    Reset,
}

impl From<Option<Response<Bytes>>> for Exchange {
    fn from(answer: Option<Response<Bytes>>) -> Self {
        answer.map_or(Self::HangUp, |answer| Self::Answer(answer.map(Pour::whole)))
    }
}

/// A server in the background. Listener and connections close when dropped.
pub(crate) struct Listening {
    address: SocketAddr,
    scheme: &'static str,
    task: AbortHandle,
}

impl Listening {
    /// Serves on a free port of 127.0.0.1. A handler that returns `None` hangs up.
    pub(crate) async fn start<H, F>(tls: Option<TlsAcceptor>, handler: H) -> io::Result<Self>
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Exchange>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let task = tokio::spawn(accept(listener, tls, Arc::new(handler))).abort_handle();
        Ok(Self { address, scheme, task })
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<H, F>(listener: TcpListener, tls: Option<TlsAcceptor>, handler: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output: Into<Exchange>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connect(stream, tls.clone(), handler.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn connect<H, F>(stream: TcpStream, tls: Option<TlsAcceptor>, handler: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output: Into<Exchange>> + Send + 'static,
{
    // Small answers must not wait for the peer's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (tcp, ended) = match tls {
        None => {
            let mut stream = stream;
            let ended = serve(&mut stream, handler).await;
            (stream, ended)
        }
        Some(tls) => {
            let Ok(mut stream) = tls.accept(stream).await else { return };
            let ended = serve(&mut stream, handler).await;
            (stream.into_inner().0, ended)
        }
    };
    if matches!(ended, Some(Cut::Reset)) {
        // Closing it then sends a reset; if even that fails the client sees an ordinary end.
        let _lingers = tcp.set_zero_linger();
    }
}

/// Serves a connection to its end; says how a handler cut it, if one did.
async fn serve<S, H, F>(stream: &mut S, handler: Arc<H>) -> Option<Cut>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output: Into<Exchange>> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Cut::HangUp)?.to_bytes();
            match handler(Request::from_parts(parts, body)).await.into() {
                Exchange::Answer(response) => Ok(response),
                Exchange::HangUp => Err(Cut::HangUp),
                Exchange::Reset => Err(Cut::Reset),
            }
        }
    });
    // The client sees how a connection ends; there is nobody else here to tell.
    let ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    ended.err()?.source()?.downcast_ref().copied()
}

/// Makes hyper close the connection without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Cut {
    #[error("hung up")]
    HangUp,
    #[error("reset")]
    Reset,
}

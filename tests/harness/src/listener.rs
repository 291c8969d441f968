//! A small HTTP/1.1 server that can hang up without an answer.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

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
        F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
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
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
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
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    // Small answers must not wait for the peer's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match tls {
        None => serve(stream, handler).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, handler).await;
            }
        }
    }
}

async fn serve<S, H, F>(stream: S, handler: Arc<H>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| HangUp)?.to_bytes();
            let response = handler(Request::from_parts(parts, body)).await.ok_or(HangUp)?;
            Ok::<_, HangUp>(response.map(whole))
        }
    });
    // The client sees how a connection ends; there is nobody here to tell.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn whole(body: Bytes) -> Full<Bytes> {
    Full::new(body)
}

/// Makes hyper close the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HangUp;

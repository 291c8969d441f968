//! The HTTP server with the limits that keep slow or many clients from holding it up.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use flatline_shared::http::Peer;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// A request's headers must be complete after this long; also how long a connection may idle.
const HEADERS: Duration = Duration::from_secs(10);
/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 1_024;
/// After an error of `accept` (out of file descriptors, say) this long passes before the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop, then lets requests under way finish.
pub async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await;
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => (stream, Peer(from.ip())),
                Err(error) => {
                    tracing::warn!(error = %error, "cannot accept a connection");
                    pause(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            _ = stopped.changed() => break,
        };
        let connection = graceful.watch(connection(stream, peer, router.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection ended early");
            }
            drop(permit);
        });
    }
    graceful.shutdown().await;
}

type Connection = hyper::server::conn::http1::Connection<TokioIo<TcpStream>, Front>;

/// The router of one connection, which learns who is at the other end.
struct Front {
    router: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Front {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

fn connection(stream: TcpStream, peer: Peer, router: Router) -> Connection {
    // Answers are small and complete: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "no TCP_NODELAY");
    }
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(
            TokioIo::new(stream),
            Front { router: TowerToHyperService::new(router), peer },
        )
}

#[expect(clippy::disallowed_methods, reason = "a socket's pause, not the monitor's time")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

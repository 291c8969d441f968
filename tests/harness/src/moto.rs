//! moto, which stands in for services of AWS: a server of our own, killed when dropped.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use serde_json::Value;

use crate::http_client;
use crate::process::{Launch, Process, ProcessError};

/// How long it may take to listen, in ms.
const PATIENCE_MS: u64 = 60_000;

/// Why there is none, or no answer.
#[derive(Debug, thiserror::Error)]
pub enum MotoError {
    /// No port.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// It refuses, or is gone.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// A running moto.
pub struct Moto {
    url: String,
    _process: Process,
}

impl Moto {
    /// Starts the one in the Python environment; `None`, and a line that says so, if that was not made.
    pub async fn start() -> Result<Option<Self>, MotoError> {
        let path =
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/venv/bin/moto_server"));
        if !path.exists() {
            eprintln!("skipped: no {}; `cargo xtask test` makes it", path.display());
            return Ok(None);
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut process = Launch::of(path)
            .arg("--host")
            .arg("127.0.0.1")
            .arg("--port")
            .arg(port.to_string())
            .env("PATH", "/usr/bin:/bin")
            .start()?;
        let listens = |_: &Process| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        process.wait_until("moto listens", PATIENCE_MS, listens).await?;
        Ok(Some(Self { url: format!("http://127.0.0.1:{port}"), _process: process }))
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A POST to a service, such as `ses`, in a region; moto looks at nothing but these two of a
    /// signature. `target`: the operation, of services that have one path for all; else empty.
    pub async fn post(
        &self,
        (service, region): (&str, &str),
        path: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value, MotoError> {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=test/20261122/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let mut request = http_client()
            .post(format!("{}{path}", self.url))
            .header("authorization", scope)
            .body(body.to_string());
        // Services with paths of their own are told apart by the path, the others by the target.
        if !target.is_empty() {
            request = request
                .header("x-amz-target", target)
                .header("content-type", "application/x-amz-json-1.1");
        }
        let answer = request.send().await?.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// Everything that it holds, by service and kind.
    pub async fn data(&self) -> Result<Value, MotoError> {
        let url = format!("{}/moto-api/data.json", self.url);
        Ok(http_client().get(url).send().await?.json().await?)
    }
}

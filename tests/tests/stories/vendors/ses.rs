//! Amazon SES, for which moto stands in: what the API got is read back from moto itself.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flatline_harness::http_client;
use flatline_harness::process::{Launch, Process};
use serde_json::{Value, json};

use super::hall::Hall;
use crate::site::{PATIENCE_MS, eventually};

/// A moto of our own; killed when dropped.
struct Moto {
    url: String,
    _process: Process,
}

impl Moto {
    /// Starts the one in the Python environment; `None` if that was not made.
    async fn start() -> Result<Option<Self>> {
        let path =
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/moto_server"));
        if !path.exists() {
            eprintln!("skipped: no {}; `cargo xtask test e2e` makes it", path.display());
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

    /// Makes this sender known, as SES wants it first.
    async fn verify(&self, sender: &str) -> Result<()> {
        // moto looks at nothing but the service and the region of a signature.
        let scope = "AWS4-HMAC-SHA256 Credential=test/20261122/eu-central-1/ses/aws4_request, \
                     SignedHeaders=host, Signature=0";
        let request = http_client()
            .post(format!("{}/v2/email/identities", self.url))
            .header("authorization", scope)
            .json(&json!({"EmailIdentity": sender}));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Every message that it took, in order.
    async fn messages(&self) -> Result<Vec<Value>> {
        let url = format!("{}/moto-api/data.json", self.url);
        let data: Value = http_client().get(url).send().await?.json().await?;
        Ok(data["ses"]["Message"].as_array().cloned().unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_has_what_was_sent() -> Result<()> {
    let Some(moto) = Moto::start().await? else { return Ok(()) };
    moto.verify("flatline@example.com").await?;
    let options = json!({
        "region": "eu-central-1", "baseUrl": moto.url,
        "from": "Flatline <flatline@example.com>",
        "to": ["ops@example.com", "night@example.com"],
    });
    let stranger = json!({
        "region": "eu-central-1", "baseUrl": moto.url, "from": "nobody@example.com",
        "to": ["ops@example.com"],
    });
    let mut show = Hall::open("Prod API 🦀", 3_600)
        .await?
        .with_options("email", "ses", &options)?
        .with_options("email", "stranger", &stranger)?
        .variable("AWS_ACCESS_KEY_ID", "test")
        .variable("AWS_SECRET_ACCESS_KEY", "secret-of-ses-nobody-may-read")
        .start()
        .await?;
    show.goes_down().await?;
    show.client().beat("api").await?;
    let books = show.books().await?;
    let both = async || Ok(Some(moto.messages().await?).filter(|all| all.len() >= 2));
    let messages = eventually("moto has both messages", both).await?;
    let refused = async || {
        let log = books.deliveries("api", "stranger").await?;
        Ok((log.len() == 2).then_some(log))
    };
    let refused = eventually("the unknown sender is refused", refused).await?;
    show.flatline.signal("TERM")?;
    show.flatline.wait(PATIENCE_MS).await?;

    ensure!(messages.len() == 2, "{messages:#?}");
    for (message, word) in messages.iter().zip(["DOWN", "UP"]) {
        let text = message.to_string();
        let subject = message["subject"].as_str().context("a subject")?;
        ensure!(subject == format!("[{word}] Prod API 🦀"), "{message:#}");
        ensure!(text.contains(&format!("Service {word}: Prod API")), "{message:#}");
        for address in ["flatline@example.com", "ops@example.com", "night@example.com"] {
            ensure!(text.contains(address), "no {address}: {message:#}");
        }
    }
    books.told_once("api", "ses", &["down", "up"]).await?;
    for entry in refused {
        ensure!(entry.answer.contains("not verified"), "{entry:#?}");
    }
    ensure!(!show.flatline.output().contains("nobody-may-read"), "{}", show.flatline.output());
    Ok(())
}

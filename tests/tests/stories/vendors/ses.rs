//! Amazon SES, for which moto stands in: what the API got is read back from moto itself.

use anyhow::{Context, Result, ensure};
use flatline_harness::moto::Moto;
use serde_json::{Value, json};

use super::hall::Hall;
use crate::site::{PATIENCE_MS, eventually};

/// Makes this sender known, as SES wants it first.
async fn verify(moto: &Moto, sender: &str) -> Result<()> {
    let body = json!({"EmailIdentity": sender});
    moto.post(("ses", "eu-central-1"), "/v2/email/identities", "", &body).await?;
    Ok(())
}

/// Every message that it took, in order.
async fn messages(moto: &Moto) -> Result<Vec<Value>> {
    Ok(moto.data().await?["ses"]["Message"].as_array().cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_has_what_was_sent() -> Result<()> {
    let Some(moto) = Moto::start().await? else { return Ok(()) };
    verify(&moto, "flatline@example.com").await?;
    let options = json!({
        "region": "eu-central-1", "baseUrl": moto.url(),
        "from": "Flatline <flatline@example.com>",
        "to": ["ops@example.com", "night@example.com"],
    });
    let stranger = json!({
        "region": "eu-central-1", "baseUrl": moto.url(), "from": "nobody@example.com",
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
    let both = async || Ok(Some(messages(&moto).await?).filter(|all| all.len() >= 2));
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

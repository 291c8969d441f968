//! One service, every type of channel: each vendor takes both messages, in order, once.

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flatline_harness::authority::Certificate;
use flatline_harness::mail::{Door, Mail, MailServer};
use flatline_harness::receiver::Received;
use flatline_harness::vendors::{Vendor, Visit};
use serde_json::json;

use super::hall::{Hall, Show};
use crate::site::{PATIENCE_MS, eventually};

/// Words that each vendor would take for something else, and that take four bytes a character.
pub const NAME: &str = "Prod <API> & @everyone *friends* `x` [y](http://z) 🦀";

/// A desk for each of them.
pub const DESKS: [(&str, Vendor); 8] = [
    ("discord", Vendor::Discord),
    ("slack", Vendor::Slack),
    ("telegram", Vendor::Telegram),
    ("mailgun", Vendor::Mailgun),
    ("ses", Vendor::Ses),
    ("pushover", Vendor::Pushover),
    ("pagerduty", Vendor::PagerDuty),
    ("webhook", Vendor::Webhook),
];

/// What happens, in order.
const EVENTS: [&str; 5] = ["down", "up", "degraded", "alert", "resolved"];

#[tokio::test(flavor = "multi_thread")]
async fn every_vendor_accepts_what_happens_to_a_service_and_alerts_of_others() -> Result<()> {
    // Longer than any vendor takes as a title.
    let name = NAME.repeat(6);
    let mut hall = Hall::open(&name, 4).await?.variable("FLATLINE_PUBLIC_URL", "https://s.example");
    hall.config = hall.config.notify_setting("foldAbove", json!(EVENTS.len()))?;
    for (desk, vendor) in DESKS {
        hall.server.seat(desk, vendor);
        hall = hall.with_channel(vendor, desk)?;
    }
    let open = async |door| MailServer::start(&hall.authority, Certificate::Good, door, None).await;
    let servers = [open(Door::Tls).await?, open(Door::StartTls).await?, open(Door::Plain).await?];
    let [implicit, starttls, plain] = &servers;
    let hall = hall
        .with_mail("mail-tls", implicit, "tls")?
        .with_mail("mail-starttls", starttls, "starttls")?
        .with_mail("mail-plain", plain, "none")?;
    let mut show = hall.start().await?;
    happen(&show, &servers).await?;
    show.flatline.signal("TERM")?;
    show.flatline.wait(PATIENCE_MS).await?;

    let books = show.books().await?;
    for (desk, vendor) in DESKS {
        let visits = show.server.visits(desk);
        let broken: Vec<_> = visits.iter().filter_map(|visit| visit.broken.as_ref()).collect();
        ensure!(broken.is_empty(), "{desk} refused: {broken:?}\n{visits:#?}");
        if vendor != Vendor::PagerDuty {
            let told = messages(&show, desk).map(|request| spoken(&text(&request)));
            let told: Vec<_> = told.collect();
            ensure!(told == EVENTS, "{desk} was told {told:?}: {visits:#?}");
        }
        books.told_once("api", desk, &EVENTS[..3]).await?;
    }
    incidents_open_and_close(&show.server.visits("pagerduty"))?;
    for (server, name) in servers.iter().zip(["mail-tls", "mail-starttls", "mail-plain"]) {
        let refused = server.refused();
        ensure!(refused.is_empty(), "{name} refused: {refused:?}");
        let letters = server.accepted();
        let told: Vec<_> = letters.iter().map(|mail| spoken(&body(mail))).collect();
        ensure!(told == EVENTS, "{name} was told {told:?}: {letters:#?}");
        for mail in &letters {
            ensure!(mail.from == "flatline@example.com", "{mail:#?}");
            ensure!(mail.to == ["ops@example.com", "night@example.com"], "{mail:#?}");
        }
        books.told_once("api", name, &EVENTS[..3]).await?;
    }
    ensure!(show.server.strays().is_empty(), "{:#?}", show.server.strays());
    Ok(())
}

/// What a desk was told, without the requests that end emergencies.
fn messages(show: &Show, desk: &str) -> impl Iterator<Item = Received> {
    let visits = show.server.visits(desk).into_iter().map(|visit| visit.request);
    visits.filter(|request| !request.path.contains("/cancel_by_tag/"))
}

/// Each thing happens once everybody knows of the one before.
async fn happen(show: &Show, servers: &[MailServer]) -> Result<()> {
    let know = async |count: usize| {
        let look = || {
            let desks = DESKS.iter().all(|(desk, _)| messages(show, desk).count() >= count);
            let letters = servers.iter().all(|server| server.accepted().len() >= count);
            Ok((desks && letters).then_some(()))
        };
        eventually(&format!("everybody knows {count}"), async || look()).await
    };
    let client = show.client();
    let message = "🦀<b>&amp;</b>".repeat(60);
    client.send("api", &["--message", &message, "--retry-for", "60"]).await?;
    know(1).await?;
    let beating = client.keep_beating("api");
    know(2).await?;
    beating.stop().await?;
    client.send("api", &["--status", "degraded", "--message", &message]).await?;
    know(3).await?;
    show.alerts(&message, "firing").await?;
    know(4).await?;
    show.alerts(&message, "resolved").await?;
    know(5).await
}

/// One incident of the service, opened, resolved and opened again; one of the alert, resolved.
fn incidents_open_and_close(visits: &[Visit]) -> Result<()> {
    let steps = visits.iter().map(|visit| &visit.request.json);
    let actions: Vec<_> = steps.clone().map(|step| step["event_action"].clone()).collect();
    ensure!(actions == ["trigger", "resolve", "trigger", "trigger", "resolve"], "{actions:?}");
    let keys: Vec<_> = steps.map(|step| step["dedup_key"].clone()).collect();
    let service = keys[..3].iter().all(|key| *key == keys[0]);
    ensure!(service && keys[3] == keys[4] && keys[0] != keys[3], "{keys:?}");
    Ok(())
}

/// The words of a request; of a webhook its event, as the others would say it.
fn text(request: &Received) -> String {
    let body = String::from_utf8_lossy(&request.body).replace('+', " ");
    match (request.json["event"].as_str(), request.json["status"].as_str()) {
        (Some("alert"), Some("resolved")) => "Resolved".to_owned(),
        (Some("alert"), _) => "Alert".to_owned(),
        (Some(event), _) => format!("Service {}", event.to_uppercase()),
        (None, _) => body,
    }
}

/// What our words say.
fn spoken(text: &str) -> &'static str {
    let words = ["Service DOWN", "Service UP", "Service DEGRADED", "Alert", "Resolved"];
    let mut said = words.into_iter().zip(EVENTS).filter(|(word, _)| text.contains(word));
    match (said.next(), said.next()) {
        (Some((_, event)), None) => event,
        _ => "something else",
    }
}

/// The text of a mail; quoted-printable leaves our words as they are.
fn body(mail: &Mail) -> String {
    let (head, body) = mail.text.split_once("\r\n\r\n").unwrap_or_default();
    if !head.to_lowercase().contains("content-transfer-encoding: base64") {
        return body.to_owned();
    }
    let joined: String = body.split_whitespace().collect();
    String::from_utf8_lossy(&STANDARD.decode(joined).unwrap_or_default()).into_owned()
}

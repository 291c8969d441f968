//! One service, every type of channel: each vendor takes both messages, in order, once.

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flatline_harness::authority::Certificate;
use flatline_harness::mail::{Door, Mail, MailServer};
use flatline_harness::receiver::Received;
use flatline_harness::vendors::Vendor;

use super::hall::Hall;
use crate::site::{PATIENCE_MS, eventually};

/// Words that each vendor would take for something else, and that take four bytes a character.
const NAME: &str = "Prod <API> & @everyone *friends* `x` [y](http://z) 🦀";

const DESKS: [(&str, Vendor); 8] = [
    ("discord", Vendor::Discord),
    ("slack", Vendor::Slack),
    ("telegram", Vendor::Telegram),
    ("mailgun", Vendor::Mailgun),
    ("ses", Vendor::Ses),
    ("pushover", Vendor::Pushover),
    ("pagerduty", Vendor::PagerDuty),
    ("webhook", Vendor::Webhook),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_vendor_accepts_that_a_service_went_down_and_came_back() -> Result<()> {
    // Longer than any vendor takes as a title.
    let name = NAME.repeat(6);
    let mut hall = Hall::open(&name, 4).await?.variable("FLATLINE_PUBLIC_URL", "https://s.example");
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

    let client = show.client();
    let message = "🦀<b>&amp;</b>".repeat(60);
    client.send("api", &["--message", &message, "--retry-for", "60"]).await?;
    let all_have = |count: usize| {
        let desks = DESKS.iter().all(|(desk, _)| show.server.visits(desk).len() >= count);
        let letters = servers.iter().all(|server| server.accepted().len() >= count);
        Ok((desks && letters).then_some(()))
    };
    eventually("everybody knows that it is down", async || all_have(1)).await?;
    let beating = client.keep_beating("api");
    eventually("everybody knows that it is up", async || all_have(2)).await?;
    beating.stop().await?;
    show.flatline.signal("TERM")?;
    show.flatline.wait(PATIENCE_MS).await?;

    let books = show.books().await?;
    for (desk, vendor) in DESKS {
        let visits = show.server.visits(desk);
        let broken: Vec<_> = visits.iter().filter_map(|visit| visit.broken.as_ref()).collect();
        ensure!(broken.is_empty(), "{desk} refused: {broken:?}\n{visits:#?}");
        let events: Vec<_> = visits.iter().map(|visit| event(vendor, &visit.request)).collect();
        ensure!(events == ["down", "up"], "{desk} was told {events:?}: {visits:#?}");
        books.told_once("api", desk, &["down", "up"]).await?;
    }
    let [down, up] = ["PagerDuty opens", "and resolves"]
        .into_iter()
        .zip(show.server.visits("pagerduty"))
        .map(|(_, visit)| visit.request.json["dedup_key"].clone())
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|keys| anyhow::anyhow!("{keys:?}"))?;
    ensure!(down == up, "PagerDuty resolves {up}, not {down}");
    for (server, name) in servers.iter().zip(["mail-tls", "mail-starttls", "mail-plain"]) {
        let refused = server.refused();
        ensure!(refused.is_empty(), "{name} refused: {refused:?}");
        let letters = server.accepted();
        let told: Vec<_> = letters.iter().map(|mail| spoken(&body(mail))).collect();
        ensure!(told == ["down", "up"], "{name} was told {told:?}: {letters:#?}");
        for mail in &letters {
            ensure!(mail.from == "flatline@example.com", "{mail:#?}");
            ensure!(mail.to == ["ops@example.com", "night@example.com"], "{mail:#?}");
        }
        books.told_once("api", name, &["down", "up"]).await?;
    }
    ensure!(show.server.strays().is_empty(), "{:#?}", show.server.strays());
    Ok(())
}

/// What a request tells.
fn event(vendor: Vendor, request: &Received) -> &'static str {
    let body = String::from_utf8_lossy(&request.body);
    match vendor {
        Vendor::PagerDuty if request.json["event_action"] == "trigger" => "down",
        Vendor::PagerDuty if request.json["event_action"] == "resolve" => "up",
        Vendor::Webhook if request.json["event"] == "down" => "down",
        Vendor::Webhook if request.json["event"] == "up" => "up",
        Vendor::PagerDuty | Vendor::Webhook => "something else",
        _ => spoken(&body.replace('+', " ")),
    }
}

/// What our words say.
fn spoken(text: &str) -> &'static str {
    match (text.contains("Service DOWN"), text.contains("Service UP")) {
        (true, false) => "down",
        (false, true) => "up",
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

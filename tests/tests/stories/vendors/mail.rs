//! What mail servers may say at each step, and what becomes of the letter.

use anyhow::{Result, ensure};
use flatline_harness::authority::Certificate;
use flatline_harness::mail::{Door, Failure, MailServer, Step};

use super::hall::Hall;
use super::verdicts::{Expected, SOON, judge};

/// How a server fails, and what that leads to.
type Row = (&'static str, Step, Failure, Expected);

fn rows() -> Vec<Row> {
    let waits = |why| Expected::Waits(SOON, why);
    vec![
        ("closed", Step::Greeting, Failure::Says("421 4.3.2 closed for now"), waits("421")),
        (
            "banned",
            Step::Greeting,
            Failure::Says("554 5.7.1 you are listed"),
            Expected::Dead("554"),
        ),
        ("password", Step::Login, Failure::Says("535 5.7.8 no"), Expected::Dead("535 5.7.8")),
        ("login-later", Step::Login, Failure::Says("454 4.7.0 later"), waits("454")),
        ("sender", Step::From, Failure::Says("553 5.7.1 not yours"), Expected::Dead("553")),
        ("greylisted", Step::To, Failure::Says("451 4.7.1 greylisted"), waits("451")),
        (
            "nobody",
            Step::To,
            Failure::Says("550 5.1.1 no such user"),
            Expected::Dead("no such user"),
        ),
        ("full", Step::To, Failure::Says("452 4.2.2 mailbox full"), waits("452")),
        ("spam", Step::Message, Failure::Says("554 5.7.1 looks like spam"), Expected::Dead("spam")),
        ("disk", Step::Message, Failure::Says("452 4.3.1 disk full"), waits("452")),
        ("silent", Step::Hello, Failure::Hangs, waits("took too long")),
        ("gone-away", Step::Message, Failure::HangsUp, waits("failed")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_may_say() -> Result<()> {
    let mut hall = Hall::open("API", 3_600).await?.variable("REQUEST_TIMEOUT", "5000");
    let mut servers = Vec::new();
    for (number, (name, step, failure, expected)) in rows().into_iter().enumerate() {
        // By turns, so that both roads see temporary and permanent replies.
        let (door, encryption) =
            if number % 2 == 0 { (Door::Tls, "tls") } else { (Door::StartTls, "starttls") };
        let failure = Some((step, failure));
        let server = MailServer::start(&hall.authority, Certificate::Good, door, failure).await?;
        hall = hall.with_mail(name, &server, encryption)?;
        servers.push((name, server, expected));
    }
    let show = hall.start().await?;
    show.goes_down().await?;
    let books = show.books().await?;
    let mut wrong = Vec::new();
    for (name, server, expected) in &servers {
        wrong.extend(judge(&books, name, || server.came_at(), expected).await.err());
        wrong.extend(server.refused().pop().map(|rule| anyhow::anyhow!("{name} refuses: {rule}")));
    }
    ensure!(wrong.is_empty(), "{wrong:#?}\n{}", show.flatline.output());
    let told = servers.iter().find(|(_, server, _)| !server.accepted().is_empty());
    ensure!(told.is_none(), "{} accepted a letter", told.map_or("nobody", |(name, ..)| name));
    Ok(())
}

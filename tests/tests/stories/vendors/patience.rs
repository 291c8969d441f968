//! Receivers that never come to an end: ten seconds and 64 KiB are all that they get.

use anyhow::{Result, bail, ensure};
use flatline_harness::authority::Certificate;
use flatline_harness::mail::{Door, Failure, MailServer, Step};
use flatline_harness::receiver::Reply;
use flatline_harness::vendors::Vendor;

use super::hall::Hall;
use super::verdicts::{Expected, judge};
use crate::site::eventually;

/// The longest that a request may take, in ms.
const LONGEST_MS: i64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn who_never_ends_is_given_up_after_ten_seconds() -> Result<()> {
    let hall = Hall::open("API", 3_600).await?;
    let endless: [(_, fn() -> Reply); 3] =
        [("hangs", Reply::hang), ("trickles", Reply::trickle), ("floods", Reply::flood)];
    let mut hall = endless.into_iter().try_fold(hall, |hall, (name, reply)| {
        hall.server.seat_with(name, move |_| Ok(reply()));
        hall.with_channel(Vendor::Webhook, name)
    })?;
    let failure = Some((Step::Data, Failure::Hangs));
    let mail = MailServer::start(&hall.authority, Certificate::Good, Door::Tls, failure).await?;
    hall = hall.with_mail("mail", &mail, "tls")?;
    let show = hall.start().await?;
    show.goes_down().await?;

    let books = show.books().await?;
    let long = Expected::Waits(14_500..120_000, "took too long");
    judge(&books, "hangs", || show.tried_at("hangs"), &long).await?;
    judge(&books, "mail", || mail.came_at(), &long).await?;
    // Its status came: the message is there, whatever else was to be said about it.
    judge(&books, "trickles", || show.tried_at("trickles"), &Expected::Delivered).await?;
    judge(&books, "floods", || show.tried_at("floods"), &Expected::Delivered).await?;
    let ended = async || Ok(books.deliveries("api", "trickles").await?.pop());
    let trickled = eventually("the trickle ends", ended).await?;
    let [came_at] = show.tried_at("trickles")[..] else { bail!("a trickle was asked for again") };
    let took_ms = trickled.at.since_ms(came_at);
    ensure!(took_ms >= LONGEST_MS - 500, "a trickle was given up after {took_ms} ms");
    ensure!(show.tried_at("floods").len() == 1, "a flood was asked for again");
    Ok(())
}

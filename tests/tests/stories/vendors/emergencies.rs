//! An emergency of Pushover rings until the recovery.

use anyhow::{Result, ensure};
use flatline_harness::receiver::Reply;
use flatline_harness::vendors::{Refusal, Vendor, Visit, ringing};

use super::hall::Hall;
use crate::site::eventually;

/// Ends emergencies; refuses to with `first` the first time, and with `later` from then on.
const DESKS: [(&str, Option<u16>, Option<u16>); 3] =
    [("well", None, None), ("busy", Some(503), None), ("stubborn", Some(400), Some(400))];

/// What it was asked for: `rings`, `end` (`no end`, if it refused to) or `tells`.
fn word(visit: &Visit) -> &'static str {
    let is_end = visit.request.path.contains("/cancel_by_tag/");
    match (is_end, &visit.broken) {
        (true, None) => "end",
        (true, Some(_)) => "no end",
        (false, _) if visit.request.json["priority"] == 2 => "rings",
        (false, _) => "tells",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_ends_the_emergency_before_it_is_told() -> Result<()> {
    let mut hall = Hall::open("API", 3_600).await?;
    for (desk, mut status, later) in DESKS {
        hall.server.seat_with(desk, move |request| {
            let reply = Vendor::Pushover.rule(request)?;
            if !request.path.contains("/cancel_by_tag/") {
                return Ok(reply);
            }
            let status = std::mem::replace(&mut status, later);
            let no =
                |status| Refusal { reply: Reply::status(status), rule: "in a mood".to_owned() };
            status.map_or(Ok(reply), |status| Err(no(status)))
        });
        hall = hall.with_channel(Vendor::Pushover, desk)?;
    }
    let show = hall.start().await?;
    show.goes_down().await?;
    let alarmed = async || {
        let rings = |desk: &str| ringing(&show.server.visits(desk)).len() == 1;
        Ok(DESKS.iter().all(|(desk, ..)| rings(desk)).then_some(()))
    };
    eventually("it rings everywhere", alarmed).await?;
    show.client().beat("api").await?;

    let books = show.books().await?;
    for (desk, ..) in DESKS {
        let told = async || {
            let visits = show.server.visits(desk);
            let is_told = visits.last().is_some_and(|visit| word(visit) == "tells");
            let is_empty = books.store.queued(desk).await?.is_empty();
            Ok((is_told && is_empty).then_some(visits))
        };
        let visits = eventually(&format!("{desk} knows of the recovery"), told).await?;
        let words: Vec<_> = visits.iter().map(word).collect();
        let expected: &[&str] = match desk {
            "busy" => &["rings", "no end", "end", "tells"],
            "stubborn" => &["rings", "no end", "tells"],
            _ => &["rings", "end", "tells"],
        };
        ensure!(words == expected, "{desk}: {words:?}, not {expected:?}");
        let rings = ringing(&visits).len();
        ensure!(rings == usize::from(desk == "stubborn"), "{desk}: {rings} ring: {visits:#?}");
        books.told_once("api", desk, &["down", "up"]).await?;
    }
    Ok(())
}

//! Many services at once: each vendor accepts the message that names them, as many as it has room for.

use anyhow::{Result, ensure};
use flatline_harness::vendors::Vendor;
use serde_json::json;

use super::accepted::{DESKS, NAME};
use super::hall::Hall;
use crate::site::eventually;

const SERVICES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn every_vendor_accepts_many_as_one() -> Result<()> {
    let mut hall =
        Hall::open("API", 3_600).await?.variable("FLATLINE_PUBLIC_URL", "https://s.example");
    for (desk, vendor) in DESKS {
        hall.server.seat(desk, vendor);
        hall = hall.with_channel(vendor, desk)?;
    }
    // Webhooks fold only if they are told to, and PagerDuty never: it holds an incident of each.
    for channel in hall.config.notifications_mut()["channels"].as_array_mut().into_iter().flatten()
    {
        if channel["type"] != "pagerduty" {
            channel["config"]["foldAbove"] = json!(1);
        }
    }
    let ids: Vec<String> = (0..SERVICES).map(|number| format!("service-{number}")).collect();
    for id in &ids {
        let service =
            json!({"id": id, "name": format!("{id} {NAME}"), "stalenessThreshold": 3_600});
        hall.config = hall.config.service_json(service)?;
    }
    let show = hall.start().await?;
    let all = ids.join(",");
    show.client().beat(&all).await?;
    show.client().send(&all, &["--status", "down", "--retry-for", "60"]).await?;

    let books = show.books().await?;
    for (desk, vendor) in DESKS {
        let told = async || {
            let is_empty = books.store.queued(desk).await?.is_empty();
            Ok(Some(show.server.visits(desk)).filter(|visits| is_empty && !visits.is_empty()))
        };
        let visits = eventually(&format!("{desk} knows of all"), told).await?;
        let broken: Vec<_> = visits.iter().filter_map(|visit| visit.broken.as_ref()).collect();
        ensure!(broken.is_empty(), "{desk} refused: {broken:?}\n{visits:#?}");
        let fits = match vendor {
            Vendor::PagerDuty => visits.len() == SERVICES,
            _ => visits.len() <= 5,
        };
        ensure!(fits, "{desk} was told {} times", visits.len());
        for id in &ids {
            books.told_once(id, desk, &["down"]).await?;
        }
    }
    Ok(())
}

use std::collections::BTreeMap;

use flatline_domain::{Hole, ServiceRecord, Status, UnixMs};
use flatline_shared::config::Config;
use flatline_shared::store::{DaysByService, Swept};

use super::{Filter, Page, Sources};
use crate::banner::Vigil;
use crate::board::Board;
use crate::fixture::{
    DAY_MS, HOUR_MS, MINUTE_MS, NOW, config, down_yesterday, every_standing, record, service, swept,
};
use crate::look::Look;
use crate::reading::Past;
use crate::sign_in::Session;
use crate::template::Templates;

const URL: &str = "http://127.0.0.1:8080";

/// The page 12 s after a tick.
fn page(config: &Config, swept: &Swept, days: &DaysByService) -> Page {
    page_with(config, swept, days, &[], Some(NOW.plus_ms(-12_000)))
}

fn page_with(
    config: &Config,
    swept: &Swept,
    days: &DaysByService,
    holes: &[Hole],
    ticked_at: Option<UnixMs>,
) -> Page {
    let board = &Board::of(config, swept, NOW);
    let past = Past { days: days.clone(), holes: holes.to_vec(), ..Past::default() };
    Page::of(&Sources {
        config,
        look: &look(config),
        board,
        read_at: board.now,
        past: Some(&past),
        vigil: Vigil { ticked_at, ..Vigil::default() },
        filter: &Filter::default(),
        base_url: URL,
    })
}

fn look(config: &Config) -> Look {
    Look::of(config, "/app.js".to_owned())
}

/// The HTML without the stylesheet.
fn html(config: &Config, page: &Page) -> String {
    let html = Templates::new().render("page.html", &look(config), Session::None, page).unwrap();
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    format!("{head}<style></style>{body}")
}

fn uptime_of(page: &Page) -> Option<&str> {
    page.groups[0].rows[0].uptime.as_ref().map(|share| share.text.as_str())
}

#[test]
fn a_page_with_every_standing() {
    let (config, swept, days) = every_standing();
    insta::assert_snapshot!(html(&config, &page(&config, &swept, &days)));
}

#[test]
fn a_page_before_the_first_heartbeat() {
    let services = vec![service("api", "API"), service("db", "DB")];
    let records = services.iter().map(|service| ServiceRecord::new(&service.spec, NOW)).collect();
    let config = config(services, &[]);
    let page = page(&config, &swept(records), &BTreeMap::new());
    insta::assert_snapshot!(html(&config, &page));
}

#[test]
fn a_page_without_a_checker() {
    let service = service("api", "API");
    let records = swept(vec![record(&service, Status::Up, DAY_MS, 20 * MINUTE_MS)]);
    let config = config(vec![service], &[]);
    let ticked_at = Some(NOW.plus_ms(-18 * MINUTE_MS));
    let page = page_with(&config, &records, &BTreeMap::new(), &[], ticked_at);
    insta::assert_snapshot!(html(&config, &page));
}

#[test]
fn uptime_is_exact_over_the_known_time() {
    let up = |since_ago_ms, beat_ago_ms| {
        let service = service("api", "API");
        let record = record(&service, Status::Up, since_ago_ms, beat_ago_ms);
        (config(vec![service], &[]), swept(vec![record]))
    };
    let none = BTreeMap::new();
    let ticked = Some(NOW);
    let (config, records) = up(30 * DAY_MS, 0);
    let page = page_with(&config, &records, &none, &[], ticked);
    assert_eq!(uptime_of(&page), Some("100 %"), "up since it was configured");

    let days = down_yesterday("api", 1);
    let page = page_with(&config, &records, &days, &[], ticked);
    assert_eq!(uptime_of(&page), Some("99.99 %"), "one millisecond of 30 days shows");

    let hole = Hole { start: NOW.plus_ms(-HOUR_MS), end: NOW, failed: false };
    let days = down_yesterday("api", 3 * DAY_MS / 10);
    let page = page_with(&config, &records, &days, &[hole], ticked);
    let expected = 100.0 * (1.0 - 0.3 * 24.0 / (30.0 * 24.0 - 1.0));
    let expected = flatline_shared::render::percent::percent(expected);
    assert_eq!(uptime_of(&page), Some(expected.as_str()), "blind time is not known time");

    let page = page_with(&config, &records, &none, &[], Some(NOW.plus_ms(-DAY_MS)));
    assert_eq!(uptime_of(&page), Some("100 %"), "knowledge ends at the last tick");
    let page = page_with(&config, &records, &none, &[], None);
    assert_eq!(uptime_of(&page), None, "without any tick nothing is known");
}

#[test]
fn uptime_goes_back_as_far_as_the_retention() {
    let service = service("api", "API");
    let records = swept(vec![record(&service, Status::Up, HOUR_MS, 0)]);
    let mut config = config(vec![service], &[]);
    let days = down_yesterday("api", DAY_MS / 2);
    config.settings.retention_days = 1;
    assert_eq!(uptime_of(&page(&config, &records, &days)), Some("100 %"), "yesterday is too old");
    config.settings.retention_days = 2;
    assert_eq!(uptime_of(&page(&config, &records, &days)), Some("66.66 %"), "12 of 36 hours");
}

#[test]
fn only_the_worst_are_named_on_top() {
    let services: Vec<_> =
        (0..10).map(|n| service(&format!("s{n}"), &format!("Service {n}"))).collect();
    let statuses = |n: usize| if n == 9 { Status::Down } else { Status::Degraded };
    let records = services
        .iter()
        .enumerate()
        .map(|(n, service)| record(service, statuses(n), HOUR_MS, 0))
        .collect();
    let page = page(&config(services, &[]), &swept(records), &BTreeMap::new());
    assert_eq!(page.troubles.len(), 8);
    assert_eq!(page.troubles_unnamed, 2);
    assert_eq!(page.troubles[0].name, "Service 9", "down comes first");
    assert_eq!(page.troubles[0].href, "services/s9");
}

#[test]
fn a_day_of_only_silence_before_the_first_heartbeat_is_not_down_time() {
    let service = service("api", "API");
    let never_heard = ServiceRecord::new(&service.spec, NOW.plus_ms(-DAY_MS / 2));
    let page = page(&config(vec![service], &[]), &swept(vec![never_heard]), &BTreeMap::new());
    assert_eq!(uptime_of(&page), None);
}

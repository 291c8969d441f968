//! A small configuration and what was read of it, for the tests of this package.

use std::collections::BTreeMap;

use flatline_domain::{
    Day, DayTotals, Days, Membership, ServiceRecord, ServiceRoute, ServiceSpec, Status, UnixMs,
};
use flatline_shared::config::{Config, Env, Group, OwnKeys, Service};
use flatline_shared::store::{DaysByService, Swept};

/// 2026-11-22T12:00:00.000Z.
pub const NOW: UnixMs = UnixMs(1_795_348_800_000);

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A service with a window of 5 minutes, in no group.
pub fn service(id: &str, name: &str) -> Service {
    Service {
        spec: ServiceSpec {
            id: id.to_owned(),
            name: name.to_owned(),
            membership: Membership::Active,
            window_ms: 5 * MINUTE_MS,
            first_window_ms: Some(HOUR_MS),
            route: ServiceRoute::default(),
        },
        group: None,
        auth_required: true,
        description: None,
        uptime_threshold_set: None,
        own: OwnKeys::default(),
    }
}

/// These services, each group with those that name it.
pub fn config(services: Vec<Service>, groups: &[(&str, &str)]) -> Config {
    let group = |(id, name): &(&str, &str)| Group {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        services: services
            .iter()
            .filter(|service| service.group.as_deref() == Some(id))
            .map(|service| service.spec.id.clone())
            .collect(),
    };
    let nothing = [("services.json", r#"{"services":[]}"#)];
    let mut config = Config::from_json(nothing, &Env::default()).expect("defaults are valid");
    config.groups = groups.iter().map(group).collect();
    config.services = services;
    config
}

/// A whole configuration: files by name, and variables.
pub fn configured<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    variables: &[(&str, &str)],
) -> Config {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_json(files, &Env::of(variables)).unwrap_or_else(|errors| panic!("{:?}", errors.0))
}

/// A record that was configured 30 days ago, heard `beat_ago_ms` ago, and is `status` since
/// `since_ago_ms` ago, with nothing left to commit.
pub fn record(
    service: &Service,
    status: Status,
    since_ago_ms: i64,
    beat_ago_ms: i64,
) -> ServiceRecord {
    let created = ServiceRecord::new(&service.spec, NOW.plus_ms(-30 * DAY_MS));
    let beat = NOW.plus_ms(-beat_ago_ms);
    let stated =
        if matches!(status, Status::Down | Status::Degraded) { status } else { Status::Up };
    ServiceRecord {
        status,
        version: 3,
        status_since: NOW.plus_ms(-since_ago_ms),
        ..created.after_beat(beat, stated, service.spec.window_ms)
    }
}

/// What a sweep of these records finds.
pub fn swept(records: Vec<ServiceRecord>) -> Swept {
    Swept { records, broken: Vec::new() }
}

/// `down_ms` of down time yesterday.
pub fn down_yesterday(id: &str, down_ms: i64) -> DaysByService {
    let totals = DayTotals { down_ms, ..DayTotals::default() };
    let days: Days = BTreeMap::from([(Day(NOW.day().0 - 1), totals)]);
    BTreeMap::from([(id.to_owned(), days)])
}

/// One service of every standing, in two groups and in none.
pub fn every_standing() -> (Config, Swept, DaysByService) {
    let grouped = |id: &str, name: &str, group: &str| Service {
        group: Some(group.to_owned()),
        ..service(id, name)
    };
    let described =
        |text: &str, service: Service| Service { description: Some(text.to_owned()), ..service };
    let mut paused = grouped("old-billing", "Old billing", "jobs");
    paused.spec.membership = Membership::Paused;
    let services = vec![
        described("Public API, three regions", grouped("api", "Production API", "core")),
        grouped("db", "Production DB", "core"),
        grouped("cache", "cache", "core"),
        described("Nightly, writes to cold storage", grouped("backup", "Backup", "jobs")),
        grouped("reports", "Reports", "jobs"),
        paused,
        service("edge", "Edge proxy"),
        service("new", "New service"),
    ];
    let config =
        config(services, &[("core", "Core services"), ("jobs", "Jobs"), ("none", "Empty")]);
    let of = |index: usize| &config.services[index];
    let swept = Swept {
        records: vec![
            record(of(0), Status::Up, 12 * DAY_MS, 42_000),
            record(of(1), Status::Down, 2 * MINUTE_MS + 5_000, 7 * MINUTE_MS + 5_000),
            record(of(2), Status::Degraded, 3 * HOUR_MS, 8_000),
            record(of(3), Status::Up, 30 * DAY_MS, 5 * MINUTE_MS + 12_000),
            record(of(5), Status::Paused, 4 * DAY_MS + 7 * HOUR_MS, 5 * DAY_MS),
            ServiceRecord::new(&of(7).spec, NOW.plus_ms(-MINUTE_MS)),
        ],
        broken: vec![("edge".to_owned(), "attribute v is no number".to_owned())],
    };
    let days = down_yesterday("api", 90_000);
    (config, swept, days)
}

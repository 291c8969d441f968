//! A hash of what decides statuses and routes: a change of it raises the revision.

use std::fmt::Write as _;

use flatline_domain::{EventFilter, Membership};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Channel, Service};

/// The hash, as 64 hex digits. Names, groups, keys, texts and the order in the files are left out.
pub(super) fn of(services: &[Service], channels: &[Channel]) -> String {
    let mut services: Vec<&Service> = services.iter().collect();
    services.sort_by(|a, b| a.spec.id.cmp(&b.spec.id));
    let mut channels: Vec<&Channel> = channels.iter().collect();
    channels.sort_by(|a, b| a.route.name.cmp(&b.route.name));
    // Lists only: an object's order would depend on how serde_json is built.
    let all = json!([
        services.into_iter().map(service).collect::<Vec<_>>(),
        channels.into_iter().map(channel).collect::<Vec<_>>(),
    ]);
    let digest = Sha256::digest(all.to_string());
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    })
}

fn service(service: &Service) -> Value {
    let spec = &service.spec;
    let mut channels = spec.route.channels.clone();
    channels.sort();
    json!([
        spec.id,
        spec.membership == Membership::Active,
        spec.window_ms,
        spec.first_window_ms,
        spec.route.enabled,
        channels,
        events(spec.route.events),
    ])
}

fn channel(channel: &Channel) -> Value {
    let route = &channel.route;
    json!([
        route.name,
        channel.kind.as_str(),
        route.enabled,
        channel.fallback,
        events(route.events)
    ])
}

fn events(filter: EventFilter) -> Value {
    json!([filter.down, filter.up, filter.degraded])
}

//! What is known of every configured service at one moment: the configuration and the database
//! put together. Page and read APIs are views of it.

use std::collections::BTreeMap;

use flatline_domain::{Membership, Reason, ServiceRecord, Status, UnixMs};
use flatline_shared::config::{Config, Group, Service};
use flatline_shared::store::Swept;

/// How a service is, as people see it. In order of how much it wants to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Committed down.
    Down,
    /// Committed degraded.
    Degraded,
    /// Its deadline has passed, and nobody has judged that yet.
    Late,
    /// Its record cannot be read.
    Unreadable,
    /// Never heard since it was configured, resumed or reopened.
    Unknown,
    /// Committed up, and within its deadline.
    Up,
    /// Disabled in the configuration.
    Paused,
}

impl Standing {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Down,
        Self::Degraded,
        Self::Late,
        Self::Unreadable,
        Self::Unknown,
        Self::Up,
        Self::Paused,
    ];

    /// The word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Degraded => "Degraded",
            Self::Late => "Late",
            Self::Unreadable => "Unreadable",
            Self::Unknown => "Unknown",
            Self::Up => "Up",
            Self::Paused => "Disabled",
        }
    }

    /// Whether it wants to be looked at.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Down | Self::Degraded | Self::Late | Self::Unreadable)
    }

    /// The class that gives it shape and colour.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Degraded => "degraded",
            Self::Late => "late",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Paused => "paused",
        }
    }

    /// What is to be said of a service with this record at `now`.
    fn of(service: &Service, record: Option<&ServiceRecord>, now: UnixMs) -> Self {
        if service.spec.membership == Membership::Paused {
            return Self::Paused;
        }
        let Some(record) = record else { return Self::Unknown };
        match record.status {
            Status::Down => Self::Down,
            Status::Degraded | Status::Up | Status::Unknown if now > record.due(&service.spec) => {
                Self::Late
            }
            Status::Degraded => Self::Degraded,
            Status::Up => Self::Up,
            // Configured as active, and the checker has not resumed it yet.
            Status::Unknown | Status::Paused | Status::Closed => Self::Unknown,
        }
    }
}

/// One configured service and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// As configured.
    pub service: &'a Service,
    /// As stored. `None`: no record yet, or an unreadable one.
    pub record: Option<&'a ServiceRecord>,
    /// How it is.
    pub standing: Standing,
}

impl<'a> Watched<'a> {
    /// What is known of one service alone.
    pub fn one(
        service: &'a Service,
        record: Option<&'a ServiceRecord>,
        is_unreadable: bool,
        now: UnixMs,
    ) -> Self {
        let standing = match Standing::of(service, record, now) {
            Standing::Paused => Standing::Paused,
            _ if is_unreadable => Standing::Unreadable,
            standing => standing,
        };
        Self { service, record, standing }
    }
    /// What was committed; what the configuration took out counts as unknown.
    pub fn committed(&self) -> Status {
        match self.record.map(|record| record.status) {
            None | Some(Status::Paused | Status::Closed) => Status::Unknown,
            Some(status) => status,
        }
    }

    /// The set of thresholds that it names, of itself or by its group.
    pub fn set_name(&self) -> Option<&str> {
        self.service.uptime_threshold_set.as_deref()
    }

    /// Why it is down or degraded: `Reported`, `Silence` or `NeverReported`. `None`: it is neither,
    /// or a heartbeat said something new that is not committed yet.
    pub fn reason(&self) -> Option<Reason> {
        let record = self.record?;
        if record.reported != record.status {
            return None;
        }
        match (record.status, record.last_beat) {
            (Status::Down, None) => Some(Reason::NeverReported),
            // Silence begins a window after the last heartbeat; whoever speaks while down says so.
            (Status::Down, Some(beat)) if beat < record.status_since => Some(Reason::Silence),
            (Status::Degraded, _) | (Status::Down, Some(_)) => Some(Reason::Reported),
            _ => None,
        }
    }
}

/// The services of one group, in the order of the configuration.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// `None`: the services without a group.
    pub group: Option<&'a Group>,
    /// Never empty.
    pub services: Vec<Watched<'a>>,
}

impl Section<'_> {
    /// What people call it.
    pub fn name(&self) -> &str {
        self.group.map_or("Ungrouped", |group| &group.name)
    }
}

/// Every service that is shown, by group; the ungrouped ones come last.
#[derive(Clone, Debug)]
pub struct Board<'a> {
    /// When it was so.
    pub now: UnixMs,
    /// Groups without a service are left out.
    pub sections: Vec<Section<'a>>,
}

impl<'a> Board<'a> {
    /// Puts together what was configured and what was swept.
    pub fn of(config: &'a Config, swept: &'a Swept, now: UnixMs) -> Self {
        let records: BTreeMap<&str, &ServiceRecord> =
            swept.records.iter().map(|record| (record.id.as_str(), record)).collect();
        let watch = |service: &'a Service| {
            let id = service.spec.id.as_str();
            let record = records.get(id).copied();
            let unreadable = swept.broken.iter().any(|(broken, _)| broken == id);
            Watched::one(service, record, unreadable, now)
        };
        let section = |group: Option<&'a Group>| {
            let id = group.map(|group| group.id.as_str());
            let services: Vec<_> = config
                .services
                .iter()
                .filter(|service| service.group.as_deref() == id)
                .filter(|service| service.spec.membership != Membership::Closed)
                .map(watch)
                .collect();
            (!services.is_empty()).then_some(Section { group, services })
        };
        let groups = config.groups.iter().map(Some).chain([None]);
        Self { now, sections: groups.filter_map(section).collect() }
    }

    /// Every service, in the order it is shown.
    pub fn services(&self) -> impl Iterator<Item = &Watched<'a>> {
        self.sections.iter().flat_map(|section| &section.services)
    }

    /// The service with this id, if it is shown.
    pub fn service(&self, id: &str) -> Option<&Watched<'a>> {
        self.services().find(|watched| watched.service.spec.id == id)
    }

    /// How many services have this standing.
    pub fn count(&self, standing: Standing) -> usize {
        self.services().filter(|watched| watched.standing == standing).count()
    }
}

#[cfg(test)]
mod tests;

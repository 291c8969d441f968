//! What happens in the demonstration: seeded, with the rhythm of days and weeks.

use flatline_domain::{Day, Status, UnixMs};

use super::dice::Dice;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Between two troubles of one service there is at least this much beyond its window, in ms.
const CALM_MS: i64 = 10 * MINUTE_MS;

/// Something that happens.
#[derive(Clone, Debug)]
pub struct Cue {
    /// When.
    pub at: UnixMs,
    /// What.
    pub act: Act,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Act {
    /// A service is configured.
    Enter(&'static str),
    /// A heartbeat, with what it states and says.
    Beat(&'static str, Status, Option<&'static str>),
    /// The checker looks at a service.
    Look(&'static str),
    /// A service is disabled.
    Pause(&'static str),
    /// Nothing was heard until now, for so many ms: an outage of our own.
    Blind(i64),
    /// Another tool's alert.
    Alert(&'static Outside),
}

/// An alert of another tool.
#[derive(Debug)]
pub struct Outside {
    /// Who sends it.
    pub source: &'static str,
    /// `critical`, `warning`, `info` ...
    pub severity: &'static str,
    /// Its title, also its key.
    pub title: &'static str,
    /// One sentence.
    pub message: &'static str,
}

/// How a service behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Temper {
    Steady,
    Busy,
    Flappy,
    Nightly,
}

struct Role {
    id: &'static str,
    temper: Temper,
    window_ms: i64,
    /// It was configured after this share of the time, in percent.
    enters_percent: i64,
}

const fn role(id: &'static str, temper: Temper, window_s: i64, enters_percent: i64) -> Role {
    Role { id, temper, window_ms: window_s * 1_000, enters_percent }
}

const ROLES: [Role; 14] = [
    role("storefront", Temper::Steady, 3_600, 0),
    role("checkout", Temper::Steady, 3_600, 0),
    role("search", Temper::Busy, 3_600, 35),
    role("images", Temper::Busy, 3_600, 0),
    role("postgres", Temper::Steady, 5_400, 0),
    role("queue", Temper::Busy, 5_400, 0),
    role("warehouse", Temper::Steady, 5_400, 0),
    role("db-backup", Temper::Nightly, 93_600, 0),
    role("invoices", Temper::Nightly, 93_600, 0),
    role("reindex", Temper::Nightly, 93_600, 60),
    role("vpn-berlin", Temper::Steady, 3_600, 0),
    role("vpn-lisbon", Temper::Steady, 3_600, 0),
    role("badge-readers", Temper::Flappy, 3_600, 0),
    role("old-ftp", Temper::Steady, 3_600, 0),
];

const DEGRADED: [&str; 5] = [
    "p95 latency above 2 s",
    "memory at 91 %",
    "queue is 12,000 messages behind",
    "1 of 3 replicas does not answer",
    "disk at 88 %",
];

const FAILED: [&str; 4] = [
    "connection refused by the primary",
    "exit code 1: no space left on device",
    "timed out after 3,600 s",
    "checksum of the copy does not match",
];

const ALERTS: [Outside; 6] = [
    Outside {
        source: "alertmanager",
        severity: "critical",
        title: "High error rate on checkout",
        message: "5xx above 4 % for 5 minutes",
    },
    Outside {
        source: "grafana",
        severity: "warning",
        title: "Disk of db-1 fills up",
        message: "Full in 18 hours at this rate",
    },
    Outside {
        source: "alertmanager",
        severity: "warning",
        title: "Certificate expires in 14 days",
        message: "status.example.com",
    },
    Outside {
        source: "github",
        severity: "info",
        title: "Release 2026.11 deployed",
        message: "All 9 checks green",
    },
    Outside {
        source: "grafana",
        severity: "critical",
        title: "Payment provider answers slowly",
        message: "p95 of 6.2 s since the last 10 minutes",
    },
    Outside {
        source: "alertmanager",
        severity: "error",
        title: "Order queue grows",
        message: "12,400 messages wait, limit is 10,000",
    },
];

/// One stretch of trouble.
struct Trouble {
    start: UnixMs,
    /// `None`: it still lasts.
    end: Option<UnixMs>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Silent,
    Stated(Status, &'static str),
}

/// Everything that happens in the `days` before `until`, in order.
pub fn script(seed: u64, days: i64, until: UnixMs) -> Vec<Cue> {
    let mut dice = Dice::new(seed);
    let mut cues = Vec::new();
    let start = until.plus_ms(-days * DAY_MS);
    for role in &ROLES {
        let enters = start.plus_ms(days * DAY_MS * role.enters_percent / 100);
        play(&mut cues, &mut dice, role, enters, until);
    }
    cues.push(Cue { at: until.plus_ms(-20 * MINUTE_MS), act: Act::Enter("loyalty") });
    for (percent, minutes) in [(37, 38), (72, 190), (93, 12)] {
        let at = start.plus_ms(days * DAY_MS * percent / 100);
        cues.push(Cue { at, act: Act::Blind(minutes * MINUTE_MS) });
    }
    for day in 1..days.min(21) {
        if dice.permille(420) {
            let at = until.plus_ms(-day * DAY_MS + dice.between(0, 10) * HOUR_MS);
            cues.push(Cue { at, act: Act::Alert(dice.pick(&ALERTS)) });
        }
    }
    cues.sort_by_key(|cue| cue.at);
    cues
}

/// The life of one service.
fn play(cues: &mut Vec<Cue>, dice: &mut Dice, role: &Role, enters: UnixMs, until: UnixMs) {
    let mut say = |at: UnixMs, act| cues.push(Cue { at, act });
    let leaves = if role.id == "old-ftp" { until.plus_ms(-DAY_MS * 2) } else { until };
    say(enters, Act::Enter(role.id));
    say(enters.plus_ms(5_000), Act::Beat(role.id, Status::Up, None));
    let mut free = enters.plus_ms(HOUR_MS);
    for trouble in troubles(dice, role, enters, leaves) {
        let lead_ms = if matches!(trouble.kind, Kind::Silent) { role.window_ms } else { 0 };
        if trouble.start.plus_ms(-lead_ms) < free || trouble.end.is_some_and(|end| end >= leaves) {
            continue;
        }
        match trouble.kind {
            Kind::Silent => {
                say(trouble.start.plus_ms(-lead_ms), Act::Beat(role.id, Status::Up, None));
                say(trouble.start.plus_ms(700), Act::Look(role.id));
            }
            Kind::Stated(status, why) => {
                say(trouble.start, Act::Beat(role.id, status, Some(why)));
            }
        }
        let Some(end) = trouble.end else { return };
        say(end, Act::Beat(role.id, Status::Up, None));
        free = end.plus_ms(CALM_MS);
    }
    if role.id == "old-ftp" {
        return say(leaves, Act::Pause(role.id));
    }
    // The newest heartbeats, as a monitor sees them that works.
    let step_ms = if role.temper == Temper::Nightly { 2 * HOUR_MS } else { MINUTE_MS };
    let last = until.plus_ms(-dice.between(2_000, 50_000));
    for n in (0..8).rev() {
        let at = last.plus_ms(-n * step_ms);
        if at >= free {
            say(at, Act::Beat(role.id, Status::Up, None));
        }
    }
}

fn troubles(dice: &mut Dice, role: &Role, enters: UnixMs, leaves: UnixMs) -> Vec<Trouble> {
    let mut all = Vec::new();
    for day in (enters.day().0..=leaves.day().0).map(Day) {
        troubles_of_day(dice, role, day, leaves, &mut all);
    }
    // The hours before now are quiet, but for what still lasts.
    all.retain(|trouble| trouble.start < leaves.plus_ms(-12 * HOUR_MS));
    // The bad deployment that took the whole shop with it.
    if ["storefront", "checkout", "search", "images"].contains(&role.id) {
        let start = leaves.plus_ms(-27 * DAY_MS + dice.between(0, 240_000));
        let end = Some(start.plus_ms(95 * MINUTE_MS + dice.between(0, 600_000)));
        all.push(Trouble { start, end, kind: Kind::Silent });
    }
    let lasting = |ago_ms: i64, kind| Trouble { start: leaves.plus_ms(-ago_ms), end: None, kind };
    match role.id {
        "vpn-lisbon" => all.push(lasting(47 * MINUTE_MS, Kind::Silent)),
        "queue" => {
            let kind = Kind::Stated(Status::Degraded, DEGRADED[2]);
            all.push(lasting(13 * MINUTE_MS, kind));
        }
        _ => {}
    }
    all.sort_by_key(|trouble| trouble.start);
    all
}

/// Weekdays are busier than weekends, and Mondays worst; most of it happens in office hours.
fn troubles_of_day(dice: &mut Dice, role: &Role, day: Day, leaves: UnixMs, all: &mut Vec<Trouble>) {
    // 1970-01-01 was a Thursday.
    let weight = match (day.0 + 3).rem_euclid(7) {
        0 => 16,
        5 | 6 => 4,
        _ => 10,
    };
    let recent = leaves.since_ms(day.start()) < 12 * DAY_MS;
    let (chance, rounds) = match role.temper {
        Temper::Steady => (2 * weight, 1),
        Temper::Busy => (13 * weight, 1),
        Temper::Flappy if recent => (55 * weight, 4),
        Temper::Flappy => (6 * weight, 1),
        Temper::Nightly => (3 * weight, 1),
    };
    for _ in 0..rounds {
        if !dice.permille(chance) {
            continue;
        }
        let (hour, kind, minutes) = match role.temper {
            Temper::Nightly => {
                let why = dice.pick(&FAILED);
                (2, Kind::Stated(Status::Down, why), dice.between(240, 420))
            }
            Temper::Busy if dice.permille(850) => {
                let why = dice.pick(&DEGRADED);
                (dice.between(10, 14), Kind::Stated(Status::Degraded, why), dice.between(20, 150))
            }
            Temper::Flappy => (dice.between(0, 23), Kind::Silent, dice.between(4, 35)),
            _ => (dice.between(8, 18), Kind::Silent, dice.between(6, 75)),
        };
        let start = day.start().plus_ms(hour * HOUR_MS + dice.between(0, HOUR_MS));
        all.push(Trouble { start, end: Some(start.plus_ms(minutes * MINUTE_MS)), kind });
    }
}

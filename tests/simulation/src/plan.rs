//! What a seed means: the services, the channels, and everything that will happen to them.

mod draw;
mod settings;

use crate::weather::Weather;

pub use settings::{KEY, Settings};

/// One world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where it comes from.
    pub seed: u64,
    /// As what the product runs.
    pub shape: Shape,
    /// How long things happen, in ms; a quiet time follows.
    pub length_ms: i64,
    /// The services, as they are configured first.
    pub services: Vec<ServicePlan>,
    /// The channels.
    pub channels: Vec<ChannelPlan>,
    /// `cooldownMinutes`.
    pub cooldown_min: i64,
    /// What happens, and when, in ms of the run, in order.
    pub happenings: Vec<(i64, Happening)>,
}

impl Plan {
    /// Whether the configuration changes on the way.
    pub fn changes(&self) -> bool {
        let changes =
            |it: &Happening| matches!(it, Happening::Crash(crash) if crash.change.is_some());
        self.happenings.iter().any(|(_, happening)| changes(happening))
    }
}

/// As what the product runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One process, one store, a notifier that always runs.
    Local,
    /// A store for each part, drains that are started by commits and each minute.
    Lambda,
}

/// One service and how its client behaves.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its id.
    pub id: String,
    /// Its window, in seconds.
    pub window_s: i64,
    /// `firstHeartbeatWithinSeconds`. `None`: never too late.
    pub first_s: Option<i64>,
    /// Between two heartbeats, in ms.
    pub period_ms: i64,
    /// More or less than that, in ms.
    pub jitter_ms: i64,
    /// When it sends its first heartbeat, in ms of the run. `None`: never.
    pub starts_ms: Option<i64>,
    /// Whether a heartbeat that was not accepted is sent again.
    pub retries: bool,
    /// Channels that it names; none means all.
    pub channels: Vec<String>,
    /// Events that it lets out; none means all.
    pub events: Vec<&'static str>,
}

/// One channel: a webhook.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// Its name.
    pub name: String,
    /// Events that it takes.
    pub events: Vec<&'static str>,
    /// Whether it gets many messages as one.
    pub folds: bool,
    /// Whether it is told what others cannot be told.
    pub stands_in: bool,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Calls to the database fail or are late for a while.
    Weather(Weather),
    /// For so many ms nobody reaches ingest.
    RoadClosed(i64),
    /// For so many ms that many percent of the canaries get lost, and nobody else's heartbeats.
    CanaryFlicker(i64, i64),
    /// The process dies and is started again.
    Crash(Crash),
    /// The checker stands still for so many ms; ingest goes on.
    Stall(i64),
    /// The whole process stands still for so many ms.
    Freeze(i64),
    /// The wall clock jumps by so many ms.
    Jump(i64),
    /// A second process checks and delivers too, for so many ms.
    Twin(i64),
    /// A channel, by its place, does this for so many ms.
    Channel(usize, i64, Mood),
    /// A service, by its place, does this from now on.
    Service(usize, Deed),
}

/// How a process dies and comes back.
#[derive(Clone, Debug)]
pub struct Crash {
    /// At which moment.
    pub moment: Moment,
    /// It is started again after so many ms.
    pub down_ms: i64,
    /// What is configured otherwise then.
    pub change: Option<Change>,
}

/// The moment of a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Now.
    Now,
    /// Before the next write of several items arrives.
    BeforeTransaction,
    /// After the next write of several items, before its answer.
    AfterTransaction,
    /// After the next single write, before its answer.
    AfterWrite,
    /// After a channel accepted the next message, before its answer.
    AfterSend,
}

/// A change of the configuration.
#[derive(Clone, Debug)]
pub enum Change {
    /// A service leaves it, or comes back.
    Toggle(usize),
    /// A service is disabled, or enabled.
    Pause(usize),
    /// A service is called otherwise.
    Rename(usize),
    /// A service has another window, in seconds.
    Window(usize, i64),
}

/// What a channel does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes them.
    Well,
    /// Answers 500.
    Failing,
    /// Cannot be reached.
    Unreachable,
    /// Does not answer and does not take them.
    Hanging,
    /// Takes them and does not answer.
    Silent,
    /// Takes them and answers 500.
    Lying,
    /// Asks to wait.
    Limiting,
    /// Answers 410: it never will.
    Gone,
    /// Takes them slowly.
    Slow,
}

/// What a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Dies.
    Die,
    /// Comes back, or stays.
    Live,
    /// States this with each heartbeat; empty: nothing.
    State(&'static str),
    /// Sends its next heartbeat at the very last moment, or a little too late.
    Dawdle,
    /// Sends several heartbeats at once.
    Burst,
}

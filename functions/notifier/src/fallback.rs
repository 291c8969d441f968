//! Copies for the fallback channel: what another channel can never be told, or not in time.

use flatline_domain::lane::next_step;
use flatline_domain::{
    Event, QueuedNotice, ServiceRecord, ServiceSpec, Status, Step, Transition, UnixMs,
};
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::store::{Delivery, Lane, OutboxRow, StoreError, Whose};
use flatline_shared::transition::{Said, notice};
use tracing::{error, info};

use crate::ending::lane_name;
use crate::queue::Queue;
use crate::round::Round;

/// Trouble that a channel was not told of for so long is told to the fallback channel, in ms.
pub(crate) const LATE_MS: i64 = 600_000;

/// The channel that is told instead of this one.
pub(crate) fn fallback<'a>(config: &'a Config, channel: &str) -> Option<&'a str> {
    let stands_in = config.channels.iter().find(|it| it.fallback && it.route.enabled);
    let name = stands_in.map(|it| it.route.name.as_str());
    name.filter(|name| config.notifications_enabled && *name != channel)
}

/// Whether a row may be copied at all. A copy is not copied on, and a test has an answer of its own.
fn may_be_copied(row: &OutboxRow) -> bool {
    let is_copy = matches!(row.delivery.lane, Lane::Copy { .. });
    row.copied_at.is_none() && !is_copy && row.delivery.queued.event != Event::Test
}

/// The channel that gets a copy of a row that is dead. `None`: it was copied before, is of no use to
/// anybody else, or there is no such channel, or that channel is told of the event itself.
pub(crate) async fn copy_to(app: &App, row: &OutboxRow) -> Result<Option<String>, StoreError> {
    let Some(to) = fallback(&app.config, &row.channel).filter(|_| may_be_copied(row)) else {
        return Ok(None);
    };
    let is_told = app.store.is_told_itself(to, &row.delivery).await?;
    Ok((!is_told).then(|| to.to_owned()))
}

impl Round<'_, '_> {
    /// Copies trouble that the channel was not told of in time; it is still tried again here.
    pub(crate) async fn copy_late(&mut self, queues: &mut [Queue]) -> Result<(), StoreError> {
        let app = self.desk.app;
        let Some(to) = fallback(&app.config, self.desk.channel()) else { return Ok(()) };
        for (place, index) in self.overdue(queues) {
            if self.desk.is_closing() || !self.renew().await? {
                break;
            }
            let row = &mut queues[place].rows[index];
            match copy(app, row, to, &late(row)).await {
                Ok(()) => row.copied_at = Some(app.clock.now()),
                Err(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why)),
                Err(failure) => {
                    let lane = lane_name(&row.delivery.lane);
                    error!(channel = row.channel, lane, %failure, "a row cannot be copied");
                }
            }
        }
        Ok(())
    }

    /// Copies the end of trouble that was copied: whoever was told that something is down is told that it
    /// is over, however the channel itself does.
    pub(crate) async fn copy_recoveries(&mut self, queues: &mut [Queue]) -> Result<(), StoreError> {
        let app = self.desk.app;
        let Some(to) = fallback(&app.config, self.desk.channel()) else { return Ok(()) };
        let ends =
            |row: &OutboxRow| may_be_copied(row) && row.delivery.queued.status.badness() == 0;
        if !queues.iter().any(|queue| queue.rows.iter().any(ends)) {
            return Ok(());
        }
        let mut copied = app.store.copied_trouble(to).await?;
        copied.retain(|trouble| trouble.channel == self.desk.channel());
        for queue in queues.iter_mut() {
            let Some(trouble) = copied.iter().find(|trouble| trouble.lane == queue.lane) else {
                continue;
            };
            let newer = |row: &OutboxRow| row.delivery.queued.version > trouble.version;
            let Some(row) = queue.rows.iter_mut().find(|row| ends(row) && newer(row)) else {
                continue;
            };
            if self.desk.is_closing() || !self.renew().await? {
                break;
            }
            copy(app, row, to, "").await?;
            row.copied_at = Some(app.clock.now());
        }
        Ok(())
    }

    /// Lane and row of each that is to be copied now.
    fn overdue(&self, queues: &[Queue]) -> Vec<(usize, usize)> {
        let now = self.desk.app.clock.now();
        let late = self.stuck(queues, now).filter(|(.., at)| *at <= now);
        late.map(|(place, index, _)| (place, index)).collect()
    }

    /// When the next row is to be copied. `None`: none is.
    pub(crate) fn next_late(&self, queues: &[Queue]) -> Option<UnixMs> {
        fallback(&self.desk.app.config, self.desk.channel())?;
        let now = self.desk.app.clock.now();
        self.stuck(queues, now).map(|(.., at)| at).filter(|at| *at > now).min()
    }

    /// Trouble that the channel could be told of, if it took messages: lane, row, and when it is late.
    fn stuck<'q>(
        &self,
        queues: &'q [Queue],
        now: UnixMs,
    ) -> impl Iterator<Item = (usize, usize, UnixMs)> + use<'q> {
        let is_open = self.state().circuit.is_open(now);
        let stuck = move |queue: &&Queue| {
            (is_open || queue.rows.iter().any(|row| row.attempts > 0)) && queue.has_to_say(now)
        };
        let troubled =
            |row: &&OutboxRow| may_be_copied(row) && row.delivery.queued.status == Status::Down;
        let places = (0..).zip(queues).filter(move |(_, queue)| stuck(queue));
        places.flat_map(move |(place, queue)| {
            let rows = (0..).zip(&queue.rows).filter(move |(_, row)| troubled(row));
            rows.map(move |(index, row)| {
                (place, index, row.delivery.queued.committed_at.plus_ms(LATE_MS))
            })
        })
    }
}

impl Queue {
    /// Whether something would be sent now if nothing had failed: it is no cooldown that waits.
    fn has_to_say(&self, now: UnixMs) -> bool {
        let mut notices = self.notices(now);
        for notice in &mut notices {
            notice.next_at = None;
        }
        let step = next_step(&notices, self.told(now).as_ref(), self.cooldown_ms, now);
        matches!(step, Step::Send { .. })
    }
}

/// Tells the channel that stands in of the end of trouble that it was told of, where the other channel
/// has no row that says so: it takes no `up`, is gone, or was never told itself.
pub(crate) async fn tell_ends(app: &App, to: &str) -> Result<(), StoreError> {
    for trouble in app.store.copied_trouble(to).await? {
        // Whoever was told of an alert gets a row when it is over.
        let Lane::Service(id) = &trouble.lane else { continue };
        let Some(record) = app.store.service(id).await? else { continue };
        let is_over = record.status.badness() == 0 && record.version > trouble.version;
        // A row that waits is copied by the channel's own drain.
        if !is_over || !app.store.waiting(&trouble.channel, Whose::Service(id), 1).await?.is_empty()
        {
            continue;
        }
        let Some(transition) = end_of(app, &record, trouble.version).await? else { continue };
        let delivery = end(app, &record, &transition);
        if app.store.is_told_itself(to, &delivery).await? {
            app.store.end_copied(&trouble, to, None).await?;
            continue;
        }
        let (channel, of) = (trouble.channel.clone(), Box::new(delivery.lane));
        let copy = Delivery { lane: Lane::Copy { channel, of }, ..delivery };
        app.store.end_copied(&trouble, to, Some(&copy)).await?;
        info!(channel = trouble.channel, service = id, to, "the end of what was copied is told");
    }
    Ok(())
}

/// The transition that ended what was copied as this version.
async fn end_of(
    app: &App,
    record: &ServiceRecord,
    copied: u64,
) -> Result<Option<Transition>, StoreError> {
    for version in copied + 1..=record.version {
        let transition = app.store.transition(&record.id, version).await?;
        let ends = |it: &Transition| it.from.is_incident() && it.to.badness() == 0;
        if let Some(end) = transition.filter(ends) {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

fn end(app: &App, record: &ServiceRecord, transition: &Transition) -> Delivery {
    let closed = ServiceSpec::closed(&record.id, record.window_ms);
    let spec = app.config.service(&record.id).map_or(&closed, |service| &service.spec);
    let queued = QueuedNotice {
        version: transition.version,
        n: 0,
        event: Event::Up,
        status: transition.to,
        committed_at: app.clock.now(),
        next_at: None,
        closing: transition.closes(),
    };
    let notice = notice(spec, record, transition, Said::default());
    Delivery { lane: Lane::Service(record.id.clone()), queued, notice }
}

/// Why a row is copied that still waits.
fn late(row: &OutboxRow) -> String {
    match &row.last_error {
        Some(error) => format!("not accepted for 10 minutes: {error}"),
        None => "not accepted for 10 minutes: the channel takes no messages".to_owned(),
    }
}

/// Copies one row, unless the fallback channel is told of the event itself.
async fn copy(app: &App, row: &OutboxRow, to: &str, reason: &str) -> Result<(), StoreError> {
    let now = app.clock.now();
    if app.store.is_told_itself(to, &row.delivery).await? {
        return app.store.needs_no_copy(row, now).await;
    }
    app.store.copy(row, to, reason, now).await?;
    app.doorbell.notify_one();
    let lane = lane_name(&row.delivery.lane);
    info!(channel = row.channel, lane, version = row.delivery.queued.version, to, reason, "copied");
    Ok(())
}

//! `GET /metrics`: what Prometheus asks for, in its text format (version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::store::{Ending, StoreError, Wanted};
use futures_util::future::try_join_all;
use http::header;

use crate::banner::Checker;
use crate::board::{Board, Standing, Watched};
use crate::cache::Wish;
use crate::page::Span;
use crate::query::MAX_LIMIT;
use crate::reading::{Reading, unavailable};
use crate::site::Site;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How far back what was given up is counted, in ms: a day.
const DEAD_WITHIN_MS: i64 = 86_400_000;

/// How the channels do.
#[derive(Debug, Default)]
pub struct Backlog {
    /// Messages that wait, by channel.
    waiting: BTreeMap<String, usize>,
    /// Messages that were given up in the last 24 hours, by channel.
    dead: BTreeMap<String, usize>,
}

impl Backlog {
    /// Two Queries at least: one per channel, and one per day of what ended.
    pub async fn of(app: &App) -> Result<Self, StoreError> {
        let (store, now) = (&app.store, app.clock.now());
        let names = || app.config.channels.iter().map(|channel| &channel.route.name);
        let wanted = Wanted {
            since: now.plus_ms(-DEAD_WITHIN_MS),
            now,
            limit: MAX_LIMIT,
            matches: |logged: &flatline_shared::store::LoggedDelivery| {
                logged.entry.ending == Ending::Dead
            },
        };
        let (depths, ended) = tokio::join!(
            try_join_all(names().map(|name| store.depth(name))),
            store.recent_deliveries(&wanted),
        );
        let mut backlog = Self {
            waiting: names().cloned().zip(depths?).collect(),
            dead: names().map(|name| (name.clone(), 0)).collect(),
        };
        for logged in ended?.deliveries {
            *backlog.dead.entry(logged.entry.channel).or_default() += 1;
        }
        Ok(backlog)
    }
}

/// The metrics, one family after the other.
#[derive(Default)]
struct Page(String);

impl Page {
    /// One family of gauges: what it is, and its samples, labels and value each. Without samples it is
    /// left out.
    fn family<'a>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, f64)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_some() {
            let _ = writeln!(self.0, "# HELP flatline_{name} {help}");
            let _ = writeln!(self.0, "# TYPE flatline_{name} gauge");
        }
        for (labels, value) in samples {
            let labels: Vec<_> =
                labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
            let labels =
                if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(self.0, "flatline_{name}{labels} {value}");
        }
    }

    fn services(&mut self, board: &Board<'_>, span: Option<&Span<'_>>) {
        let all: Vec<&Watched<'_>> = board.services().collect();
        let judged = |watched: &&&Watched<'_>| {
            matches!(
                watched.standing,
                Standing::Up | Standing::Late | Standing::Degraded | Standing::Down
            )
        };
        let is = |standing| move |watched: &&Watched<'_>| f64::from(watched.standing == standing);
        self.family(
            "service_info",
            "Names of services; always 1.",
            board.sections.iter().flat_map(|section| {
                section.services.iter().map(move |watched| {
                    let name = watched.service.spec.name.as_str();
                    let labels =
                        vec![("service", id(watched)), ("name", name), ("group", section.name())];
                    (labels, 1.0)
                })
            }),
        );
        for (name, standing, help) in [
            (
                "service_up",
                Standing::Up,
                "1 while a service is up and within its deadline. Not there while nothing is known.",
            ),
            ("service_degraded", Standing::Degraded, "1 while a service says that it is degraded."),
        ] {
            let value = is(standing);
            self.family(name, help, all.iter().filter(judged).map(|it| (of(it), value(it))));
        }
        let beat = |watched: &&Watched<'_>| watched.record.and_then(|record| record.last_beat);
        self.family(
            "service_heartbeat_age_seconds",
            "Time since the newest heartbeat.",
            all.iter()
                .filter_map(|it| Some((of(it), seconds(board.now.since_ms(beat(it)?).max(0))))),
        );
        self.family(
            "service_allowed_silence_seconds",
            "Time without a heartbeat after which a service is down.",
            all.iter().map(|it| (of(it), seconds(it.service.spec.window_ms))),
        );
        let ratio = |watched: &&Watched<'_>| span?.total(watched.record?)?.percentage();
        self.family(
            "service_uptime_ratio",
            "Share of the known time of the retention that was up; degraded counts half.",
            all.iter().filter_map(|it| Some((of(it), ratio(it)? / 100.0))),
        );
    }

    fn flatline(&mut self, board: &Board<'_>, reading: &Reading) {
        let now = board.now;
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        self.family("build_info", "The version; always 1.", [(version, 1.0)]);
        self.family(
            "services",
            "Services by how they are.",
            Standing::ALL
                .map(|standing| (vec![("status", standing.class())], board.count(standing) as f64)),
        );
        let age = |at: Option<UnixMs>| {
            at.map(|at| (Vec::new(), seconds(now.since_ms(at).max(0)))).into_iter()
        };
        self.family(
            "checker_tick_age_seconds",
            "Time since the newest run of the checker began; one begins each minute.",
            age(reading.vigil.ticked_at),
        );
        self.family(
            "checker_proof_age_seconds",
            "Time since the newest proof that heartbeats come through.",
            age(reading.vigil.proven_at),
        );
    }

    fn channels(&mut self, backlog: &Backlog) {
        let samples = |counts: &'_ BTreeMap<String, usize>| {
            let sample = |(name, count): (&String, &usize)| (name.clone(), *count as f64);
            counts.iter().map(sample).collect::<Vec<_>>()
        };
        for (name, help, counts) in [
            ("outbox_depth", "Messages that wait to be sent.", samples(&backlog.waiting)),
            (
                "dead_deliveries",
                "Messages that were given up in the last 24 hours.",
                samples(&backlog.dead),
            ),
        ] {
            let labelled = counts.iter().map(|(name, count)| (vec![("channel", &**name)], *count));
            self.family(name, help, labelled);
        }
    }
}

fn of<'a>(watched: &Watched<'a>) -> Vec<(&'static str, &'a str)> {
    vec![("service", id(watched))]
}

fn id<'a>(watched: &Watched<'a>) -> &'a str {
    &watched.service.spec.id
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// The value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The handler. How channels do is for whoever may see deliveries.
pub async fn metrics(
    site: Arc<Site>,
    State(app): State<App>,
    reader: Reader,
) -> Result<Response, ApiError> {
    let reading = site.reading(&app, Wish::Lately).await;
    let reading = reading.as_ref().as_ref().map_err(unavailable)?;
    let now = app.clock.now();
    let board = Board::of(&app.config, &reading.swept, now);
    let (days, checker) = (app.config.settings.retention_days, Checker::of(&reading.vigil, now));
    let span = reading.past.as_ref().map(|past| Span::of_days(past, days, checker, now));
    let mut page = Page::default();
    page.flatline(&board, reading);
    page.services(&board, span.as_ref());
    if reader == Reader::Full {
        let backlog = site.backlog(&app).await;
        page.channels(backlog.as_ref().as_ref().map_err(unavailable)?);
    }
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], page.0).into_response())
}

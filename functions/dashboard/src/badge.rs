//! `GET /badge/<id>.svg|json|shields`: one service in a word, for pages of others.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::Access;
use flatline_shared::http::ApiError;
use flatline_shared::render::badge::{self, Badge};
use flatline_shared::render::number::plain;
use flatline_shared::render::percent::percent;
use flatline_shared::render::segment::said;
use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::{Value, json};

use crate::banner::Checker;
use crate::board::{Board, Standing, Watched};
use crate::cache::Wish;
use crate::look::{Color, Look};
use crate::page::Span;
use crate::query::{Query, invalid};
use crate::reading::{Reading, unavailable};
use crate::site::Site;
use crate::tag::{Tag, not_modified};

/// How long a badge may be kept by anybody, where everybody may see it.
const PUBLIC: &str = "public, max-age=30";

/// What is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Metric {
    /// The status in a word.
    Status,
    /// The uptime of so many days.
    Uptime { days: u32 },
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// A picture.
    Svg,
    /// Our JSON.
    Json,
    /// The endpoint schema of shields.io.
    Shields,
}

/// What a badge says, before it has a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Saying {
    /// The service.
    service_id: String,
    /// On the left.
    label: String,
    /// On the right.
    message: String,
    /// Behind the message, `#rrggbb`.
    color: String,
    /// How the service is.
    status: &'static str,
    /// In percent, where that was asked for and something is known.
    #[serde(skip_serializing_if = "Value::is_null")]
    uptime: Value,
}

impl Metric {
    fn of(query: &Query, retention_days: u32) -> Result<Self, ApiError> {
        match query.get("metric") {
            None | Some("status") => Ok(Self::Status),
            Some("uptime") => {
                let days = query.get("days").map_or(Ok(30), str::parse).ok();
                let days = days.filter(|days| (1..=retention_days).contains(days));
                let problem =
                    || invalid(format!("days must be a number of days from 1 to {retention_days}"));
                Ok(Self::Uptime { days: days.ok_or_else(problem)? })
            }
            Some(_) => Err(invalid("metric must be status or uptime")),
        }
    }
}

/// The id and the form that a file's name says.
fn parsed(file: &str) -> Option<(&str, Form)> {
    let (id, ending) = file.rsplit_once('.')?;
    let form = match ending {
        "svg" => Form::Svg,
        "json" => Form::Json,
        "shields" => Form::Shields,
        _ => return None,
    };
    Some((id, form))
}

impl Saying {
    fn of(
        watched: &Watched<'_>,
        metric: Metric,
        look: &Look,
        (reading, now): (&Reading, UnixMs),
    ) -> Self {
        let standing = watched.standing;
        let saying = Self {
            service_id: watched.service.spec.id.clone(),
            label: watched.service.spec.name.clone(),
            message: standing.word().to_lowercase(),
            color: color(standing).to_owned(),
            status: standing.class(),
            uptime: Value::Null,
        };
        match metric {
            Metric::Status => saying,
            Metric::Uptime { days } => {
                let checker = Checker::of(&reading.vigil, now);
                let span =
                    reading.past.as_ref().map(|past| Span::of_days(past, days, checker, now));
                let total = watched.record.zip(span).and_then(|(record, span)| span.total(record));
                let share = total.and_then(|total| total.percentage());
                let level =
                    share.and_then(|share| look.levels.set(watched.set_name()).level(share));
                let own = level.and_then(|level| Color::parse(&level.color)).map(Color::css);
                Self {
                    message: share.map_or_else(|| "no data".to_owned(), percent),
                    color: own.unwrap_or_else(|| color(Standing::Unknown).to_owned()),
                    uptime: share.map_or(Value::Null, plain),
                    ..saying
                }
            }
        }
    }

    /// Nothing is known: `message` says why.
    fn unknown(id: &str, message: &str) -> Self {
        Self {
            service_id: id.to_owned(),
            label: id.to_owned(),
            message: message.to_owned(),
            color: color(Standing::Unknown).to_owned(),
            status: Standing::Unknown.class(),
            uptime: Value::Null,
        }
    }

    fn answer(&self, form: Form) -> Response {
        match form {
            Form::Svg => self.drawn().into_response(),
            Form::Json => Json(self).into_response(),
            Form::Shields => Json(json!({
                "schemaVersion": 1,
                "label": self.label,
                "message": self.message,
                "color": self.color,
                "isError": self.is_error(),
            }))
            .into_response(),
        }
    }

    fn is_error(&self) -> bool {
        [Standing::Down, Standing::Unreadable].iter().any(|bad| bad.class() == self.status)
    }

    fn drawn(&self) -> impl IntoResponse + use<> {
        let ink = Color::parse(&self.color).map_or("#ffffff".to_owned(), |it| it.text_on().css());
        let badge =
            Badge { label: &self.label, message: &self.message, color: &self.color, ink: &ink };
        ([(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], badge::svg(&badge))
    }
}

/// The colours of the page in light; white can be read on all of them.
const fn color(standing: Standing) -> &'static str {
    match standing {
        Standing::Up => "#0a7448",
        Standing::Down => "#c3202f",
        Standing::Degraded => "#a44c00",
        Standing::Late => "#7a5a00",
        Standing::Unreadable => "#6b3fb3",
        Standing::Unknown | Standing::Paused => "#52606d",
    }
}

/// The handler. A picture is a picture also where something is wrong: nobody sees the text of an
/// answer that stands in a page.
pub async fn badge(
    site: Arc<Site>,
    State(app): State<App>,
    Path(file): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (id, form) = parsed(&file).ok_or(ApiError::NotFound)?;
    let metric = Metric::of(&query, app.config.settings.retention_days)?;
    let (reading, now) = (site.reading(&app, Wish::Lately).await, app.clock.now());
    let reading = match &*reading {
        Ok(reading) => reading,
        Err(error) => return instead(id, "unreadable", form, unavailable(error)),
    };
    let board = Board::of(&app.config, &reading.swept, now);
    let id = said(id, |id| board.service(id).is_some());
    let Some(watched) = board.service(&id) else {
        return instead(&id, "not found", form, ApiError::UnknownService);
    };
    let mut saying = Saying::of(watched, metric, &site.look, (reading, now));
    saying.label = query.get("label").map_or(saying.label, str::to_owned);
    let tag = Tag::of(&(format!("{saying:?}"), form));
    let answer = if tag.is_known(&headers) { not_modified() } else { saying.answer(form) };
    let is_public = app.config.settings.access == Access::Public;
    Ok(tag.on(answer, if is_public { PUBLIC } else { "no-store" }))
}

/// What is answered where there is no badge.
fn instead(id: &str, message: &str, form: Form, error: ApiError) -> Result<Response, ApiError> {
    if form != Form::Svg {
        return Err(error);
    }
    let status = error.into_response().status();
    Ok((status, Saying::unknown(id, message).drawn()).into_response())
}

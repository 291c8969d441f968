//! The pages beside the board: alerts, and the export with its form.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_domain::Membership;
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::render::time::date;
use flatline_shared::store::{FeedPlace, StoreError};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::banner::Checker;
use crate::cache::Wish;
use crate::export::{Export, Wanted};
use crate::feed::{self, FeedPage, Found, UNDELIVERED};
use crate::page::{Switches, first_day};
use crate::query::Query;
use crate::reading::{Reading, out_of_reach};
use crate::sign_in::Session;
use crate::site::Site;
use crate::undelivered;

/// `GET /alerts?kind=&before=`.
pub async fn alerts(
    site: Arc<Site>,
    State(app): State<App>,
    reader: Reader,
    query: Query,
) -> Response {
    let now = app.clock.now();
    let before = query.get("before").and_then(feed::place);
    let kind = query.get("kind").unwrap_or_default();
    if kind == UNDELIVERED {
        return undelivered(&site, &app, reader, before.as_ref()).await;
    }
    match search(&site, &app, kind, before).await {
        Err(error) => site.unreadable(&app.config, &error, now),
        Ok(found) => {
            let page = FeedPage::of(&found, kind, now, Switches::of(&app.config.settings));
            let session = Session::of(&app.config, reader);
            let html = site.templates.render("alerts.html", &site.look, session, &page);
            site.answer(StatusCode::OK, html)
        }
    }
}

/// The entries of this kind, the newest of all or those after a place.
async fn search(
    site: &Site,
    app: &App,
    kind: &str,
    before: Option<FeedPlace>,
) -> Result<Found, StoreError> {
    let search = feed::search(kind);
    if let Some(place) = before {
        return search.after(place, app).await;
    }
    let news = site.news(app, Wish::Anew).await;
    let newest = news.as_ref().as_ref().map_err(out_of_reach)?;
    search.among(newest, app).await
}

/// `GET /alerts?kind=undelivered`.
async fn undelivered(
    site: &Site,
    app: &App,
    reader: Reader,
    before: Option<&FeedPlace>,
) -> Response {
    let (now, switches) = (app.clock.now(), Switches::of(&app.config.settings));
    let page = match reader {
        Reader::Public => FeedPage::closed(UNDELIVERED, now, switches),
        Reader::Full => match undelivered::lines(app, now).await {
            Err(error) => return site.unreadable(&app.config, &error, now),
            Ok(lines) => FeedPage::part(lines, UNDELIVERED, before, now, switches),
        },
    };
    let session = Session::of(&app.config, reader);
    site.answer(StatusCode::OK, site.templates.render("alerts.html", &site.look, session, &page))
}

/// Services that can be chosen from a list at most.
const CHOICES: usize = 500;

/// The form of the export.
#[derive(Debug, Serialize)]
struct ExportPage<'a> {
    brief: &'static str,
    periods: Vec<String>,
    retention_days: u32,
    first: String,
    last: String,
    groups: Vec<Choice<'a>>,
    services: Vec<Choice<'a>>,
    /// There are too many services to choose from: their ids are typed.
    are_typed: bool,
    switches: Switches,
}

#[derive(Debug, Serialize)]
struct Choice<'a> {
    id: &'a str,
    name: &'a str,
}

/// `GET /export`: the form.
pub fn export(site: &Site, app: &App, reader: Reader) -> Response {
    let (config, now) = (&app.config, app.clock.now());
    let retention_days = config.settings.retention_days;
    let shown = |days: &&u32| **days < retention_days;
    let periods = [7, 30, 90].iter().filter(shown).map(ToString::to_string);
    let services = config.services.iter().map(|service| &service.spec);
    let services = services.filter(|spec| spec.membership != Membership::Closed);
    let mut services: Vec<_> =
        services.map(|spec| Choice { id: &spec.id, name: &spec.name }).collect();
    let are_typed = services.len() > CHOICES;
    if are_typed {
        services.clear();
    }
    let groups = config.groups.iter().map(|group| Choice { id: &group.id, name: &group.name });
    let page = ExportPage {
        brief: "Export",
        periods: periods.chain(["all".to_owned()]).collect(),
        retention_days,
        first: date(first_day(now, retention_days)),
        last: date(now.day()),
        groups: groups.collect(),
        services,
        are_typed,
        switches: Switches::of(&config.settings),
    };
    let session = Session::of(config, reader);
    site.answer(StatusCode::OK, site.templates.render("export.html", &site.look, session, &page))
}

/// The parts of an export that is too long for one answer.
#[derive(Debug, Serialize)]
struct PartsPage {
    brief: &'static str,
    parts: Vec<PartLine>,
    switches: Switches,
}

#[derive(Debug, Serialize)]
struct PartLine {
    href: String,
    first: usize,
    last: usize,
}

impl PartsPage {
    fn of(query: &Query, wanted: &Wanted, config: &Config) -> Self {
        let line = |(from, lines): (usize, usize)| {
            let part = Query::parse(&query.with("cursor", &from.to_string()));
            let href = format!("?{}", part.with("limit", &lines.to_string()));
            PartLine { href, first: from + 1, last: from + lines }
        };
        let parts = wanted.parts(config).into_iter().map(line).collect();
        Self { brief: "Export", parts, switches: Switches::of(&config.settings) }
    }
}

/// Whether a browser asks for it as a page, which follows no `Link`.
fn is_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// `GET /api/export.csv?days=&from=&to=&services=&group=&cursor=&limit=`; `Link` names the next part.
/// The form without the module gets a page of all parts where there is more than one.
pub async fn csv(
    site: Arc<Site>,
    State(app): State<App>,
    reader: Reader,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let wanted = Wanted::of(&query, &app.config, now)?;
    if is_page(&headers) && query.get("cursor").is_none() {
        let page = PartsPage::of(&query, &wanted, &app.config);
        if page.parts.len() > 1 {
            let session = Session::of(&app.config, reader);
            let html = site.templates.render("parts.html", &site.look, session, &page);
            return Ok(site.answer(StatusCode::OK, html));
        }
    }
    let reading = Reading::of(&app.store, wanted.from.start(), now).await?;
    let Some(past) = &reading.past else {
        return Err(ApiError::Internal("the days of the services cannot be read".to_owned()));
    };
    let until = Checker::of(&reading.vigil, now).known_until(now);
    let export = Export::of(&app.config, &reading.swept, past, &wanted, until);
    let mut response =
        ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], export.csv).into_response();
    let text = |text: String| HeaderValue::try_from(text).expect("days and numbers are ASCII");
    let headers = response.headers_mut();
    let attachment = format!("attachment; filename=\"{}\"", wanted.file_name());
    headers.insert(header::CONTENT_DISPOSITION, text(attachment));
    if let Some(next) = export.next {
        let link = format!("<?{}>; rel=\"next\"", query.with("cursor", &next.to_string()));
        headers.insert(header::LINK, text(link));
    }
    Ok(response)
}

//! The pages beside the board: alerts, and the export with its form.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_domain::Membership;
use flatline_shared::app::App;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::render::time::date;
use flatline_shared::store::{FeedPlace, StoreError};
use http::{HeaderValue, StatusCode, header};
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

/// The form of the export.
#[derive(Debug, Serialize)]
struct ExportPage<'a> {
    brief: &'static str,
    periods: Vec<String>,
    retention_days: u32,
    first: String,
    last: String,
    services: Vec<Choice<'a>>,
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
    let page = ExportPage {
        brief: "Export",
        periods: periods.chain(["all".to_owned()]).collect(),
        retention_days,
        first: date(first_day(now, retention_days)),
        last: date(now.day()),
        services: services
            .filter(|spec| spec.membership != Membership::Closed)
            .map(|spec| Choice { id: &spec.id, name: &spec.name })
            .collect(),
        switches: Switches::of(&config.settings),
    };
    let session = Session::of(config, reader);
    site.answer(StatusCode::OK, site.templates.render("export.html", &site.look, session, &page))
}

/// `GET /api/export.csv?days=&from=&to=&services=&cursor=`; `Link` names the next part.
pub async fn csv(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let wanted = Wanted::of(&query, &app.config, now)?;
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

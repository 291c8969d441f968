//! The page of one service: read, put together, rendered.

use std::hash::{Hash, Hasher};

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use flatline_domain::{Transition, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::Service;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::render::segment::said;
use flatline_shared::store::{DeliveryLogEntry, Lane, LogEntry, StoreError};
use http::HeaderMap;
use http::request::Parts;

use crate::board::Watched;
use crate::cache::Wish;
use crate::detail::{self, Detail, SHOWN, SPAN_MS, shown};
use crate::dossier::Dossier;
use crate::origin::base_url;
use crate::page::{Switches, first_day};
use crate::sign_in::Session;
use crate::site::{Offer, Part, Site};
use crate::tag::Tag;

/// What is asked of `GET /services/{id}`.
#[derive(Debug)]
pub struct AskedService {
    id: String,
    reader: Reader,
    headers: HeaderMap,
    part: Part,
}

impl<S: Send + Sync> FromRequestParts<S> for AskedService {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) =
            Path::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let reader = parts.extensions.get().copied().unwrap_or(Reader::Public);
        let part = if parts.uri.query() == Some("part") { Part::Live } else { Part::Whole };
        Ok(Self { id, reader, headers: parts.headers.clone(), part })
    }
}

/// What was read of one service.
#[derive(Debug)]
pub struct Single {
    /// When the reading began.
    at: UnixMs,
    dossier: Dossier,
    history: Vec<Transition>,
    rows: Vec<LogEntry>,
    deliveries: Vec<DeliveryLogEntry>,
}

impl Single {
    async fn of(app: &App, id: &str, reader: Reader) -> Result<Self, StoreError> {
        let (store, now) = (&app.store, app.clock.now());
        let first = first_day(now, app.config.settings.retention_days).start();
        let lane = Lane::Service(id.to_owned());
        let deliveries = async {
            match reader {
                Reader::Full => store.deliveries(&lane, SHOWN).await,
                Reader::Public => Ok(Vec::new()),
            }
        };
        let (dossier, history, rows, deliveries) = tokio::join!(
            Dossier::of(store, id, first),
            store.history_since(id, now.plus_ms(-SPAN_MS)),
            store.logs(id, now, SHOWN),
            deliveries,
        );
        let (dossier, history) = (dossier?, history?);
        Ok(Self { at: now, dossier, history, rows: rows?, deliveries: deliveries? })
    }
}

impl Hash for Single {
    /// What the page shows of it; see [`crate::reading::Reading`].
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { at: _, dossier, history, rows, deliveries } = self;
        let vigil = &dossier.vigil;
        (vigil.ticked_at, vigil.failing_since).hash(state);
        format!("{:?}", (&dossier.past, history, rows, deliveries)).hash(state);
    }
}

/// `GET /services/{id}`: one service. `?part`: without the frame, for the module.
pub async fn service(site: &Site, app: &App, asked: &AskedService) -> Response {
    let services = &app.config.services;
    let Some(service) = shown(services, &said(&asked.id, |id| shown(services, id).is_some()))
    else {
        return ApiError::NotFound.into_response();
    };
    let id = &service.spec.id;
    let key = (id.clone(), asked.reader == Reader::Full);
    let read = || Single::of(app, id, asked.reader);
    let (single, now) =
        (site.singles.get(key, Wish::of(&asked.headers), read).await, app.clock.now());
    match &*single {
        Err(error) => site.unreadable(&app.config, error, now),
        Ok(single) => show(site, app, asked, (service, single), now),
    }
}

fn show(
    site: &Site,
    app: &App,
    asked: &AskedService,
    (service, single): (&Service, &Single),
    now: UnixMs,
) -> Response {
    let config = &app.config;
    let past = single.dossier.past.as_ref();
    let record = past.and_then(|past| past.record.as_ref());
    let watched = Watched::one(service, record, past.is_none(), now);
    let group = config.groups.iter().find(|group| service.group.as_ref() == Some(&group.id));
    let base_url = base_url(config, &asked.headers);
    let session = Session::of(config, asked.reader);
    let moment = asked.part.moment(single.at, now);
    let who = (session, asked.reader);
    let tag = Tag::of(&(single, watched.standing, who, &base_url, moment, app.revision));
    let offer = Offer { tag, headers: &asked.headers, reader: asked.reader };
    site.offer(&offer, || {
        let sources = detail::Sources {
            watched: &watched,
            group: group.map(|group| group.name.as_str()),
            dossier: &single.dossier,
            history: &single.history,
            rows: &single.rows,
            deliveries: &single.deliveries,
            reader: asked.reader,
            set: site.look.levels.set(watched.set_name()),
            retention_days: config.settings.retention_days,
            base_url: &base_url,
            read_at: single.at,
            now,
        };
        let page = Detail::of(&sources, Switches::of(&config.settings));
        let template = match asked.part {
            Part::Whole => "service.html",
            Part::Live => "service_main.html",
        };
        site.templates.render(template, &site.look, session, &page)
    })
}

//! The pages: read, put together, rendered.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::store::{Lane, StoreError};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::asset;
use crate::banner::unreadable;
use crate::board::{Board, Watched};
use crate::detail::{self, Detail, SHOWN, shown};
use crate::dossier::Dossier;
use crate::look::Look;
use crate::origin::base_url;
use crate::page::{Filter, Moment, Page, Sources, Switches, first_day};
use crate::reading::Reading;
use crate::sign_in::{Session, SignInPage, Tries};
use crate::template::{Templates, UnreadablePage};

/// What pages are made with; built once per process.
#[derive(Debug)]
pub struct Site {
    /// The templates.
    pub templates: Templates,
    /// What the configuration says of the page.
    pub look: Look,
    policy: HeaderValue,
    /// Passwords that may still be tried.
    pub tries: Tries,
}

impl Site {
    /// Parses the templates and puts the stylesheet together.
    pub fn shared(config: &Config) -> Arc<Self> {
        let look = Look::of(config, asset::script_address());
        let policy = HeaderValue::from_str(&look.content_security_policy())
            .expect("the policy is made of ASCII that we wrote");
        Arc::new(Self { templates: Templates::new(), look, policy, tries: Tries::default() })
    }

    /// The form to sign in.
    pub fn sign_in(&self, status: StatusCode, page: &SignInPage) -> Response {
        self.answer(status, self.templates.render("sign_in.html", &self.look, Session::None, page))
    }

    /// A page, with the headers of all pages.
    pub fn answer(&self, status: StatusCode, html: Result<String, tera::Error>) -> Response {
        let html = match html {
            Ok(html) => html,
            Err(error) => return ApiError::Internal(format!("{error:?}")).into_response(),
        };
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        );
        response
    }

    /// The page while the database cannot be read.
    pub fn unreadable(&self, config: &Config, error: &StoreError, now: UnixMs) -> Response {
        tracing::error!(%error, "the page cannot be shown");
        let page = UnreadablePage {
            banner: unreadable(),
            read: Moment::of(now, now),
            switches: Switches::of(&config.settings),
        };
        self.answer(
            StatusCode::SERVICE_UNAVAILABLE,
            self.templates.render("unreadable.html", &self.look, Session::None, &page),
        )
    }
}

/// `GET /`.
pub async fn page(
    site: Arc<Site>,
    State(app): State<App>,
    RawQuery(query): RawQuery,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    let asked = Asked { query: query.as_deref(), headers: &headers, reader };
    show(&site, &app, &asked, "page.html").await
}

/// `GET /board`: what changes on the page, for the module that refreshes it.
pub async fn board(
    site: Arc<Site>,
    State(app): State<App>,
    RawQuery(query): RawQuery,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    let asked = Asked { query: query.as_deref(), headers: &headers, reader };
    show(&site, &app, &asked, "board.html").await
}

/// What is asked of the board.
struct Asked<'a> {
    query: Option<&'a str>,
    headers: &'a HeaderMap,
    reader: Reader,
}

async fn show(site: &Site, app: &App, asked: &Asked<'_>, template: &str) -> Response {
    let now = app.clock.now();
    let first = first_day(now, app.config.settings.retention_days).start();
    let reading = match Reading::of(&app.store, first).await {
        Ok(reading) => reading,
        Err(error) => return site.unreadable(&app.config, &error, now),
    };
    let page = Page::of(&Sources {
        config: &app.config,
        look: &site.look,
        board: &Board::of(&app.config, &reading.swept, now),
        past: reading.past.as_ref(),
        vigil: reading.vigil,
        filter: &Filter::of(asked.query),
        base_url: &base_url(&app.config, asked.headers),
    });
    let session = Session::of(&app.config, asked.reader);
    site.answer(StatusCode::OK, site.templates.render(template, &site.look, session, &page))
}

/// What is asked of `GET /services/{id}`.
#[derive(Debug)]
pub struct AskedService {
    id: String,
    reader: Reader,
    base: HeaderMap,
    is_part: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for AskedService {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) =
            Path::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let reader = parts.extensions.get().copied().unwrap_or(Reader::Public);
        let is_part = parts.uri.query() == Some("part");
        Ok(Self { id, reader, base: parts.headers.clone(), is_part })
    }
}

/// `GET /services/{id}`: one service. `?part`: without the frame, for the module.
pub async fn service(site: &Site, app: &App, asked: &AskedService) -> Response {
    let now = app.clock.now();
    match detail(site, app, asked, now).await {
        Ok(Some(page)) => {
            let template = if asked.is_part { "service_main.html" } else { "service.html" };
            let session = Session::of(&app.config, asked.reader);
            site.answer(StatusCode::OK, site.templates.render(template, &site.look, session, &page))
        }
        Ok(None) => ApiError::NotFound.into_response(),
        Err(error) => site.unreadable(&app.config, &error, now),
    }
}

async fn detail(
    site: &Site,
    app: &App,
    asked: &AskedService,
    now: UnixMs,
) -> Result<Option<Detail>, StoreError> {
    let Some(service) = shown(&app.config.services, &asked.id) else { return Ok(None) };
    let (id, store, config) = (asked.id.as_str(), &app.store, &app.config);
    let days = config.settings.retention_days;
    let lane = Lane::Service(id.to_owned());
    let (dossier, history, rows) = tokio::join!(
        Dossier::of(store, id, first_day(now, days).start()),
        store.history(id),
        store.logs(id, now, SHOWN),
    );
    let (dossier, history, rows) = (dossier?, history?, rows?);
    let deliveries = match asked.reader {
        Reader::Full => store.deliveries(&lane, SHOWN).await?,
        Reader::Public => Vec::new(),
    };
    let record = dossier.past.as_ref().and_then(|past| past.record.as_ref());
    let watched = Watched::one(service, record, dossier.past.is_none(), now);
    let group = config.groups.iter().find(|group| service.group.as_ref() == Some(&group.id));
    let sources = detail::Sources {
        watched: &watched,
        group: group.map(|group| group.name.as_str()),
        dossier: &dossier,
        history: &history,
        rows: &rows,
        deliveries: &deliveries,
        reader: asked.reader,
        set: site.look.levels.set(watched.set_name()),
        retention_days: days,
        base_url: &base_url(config, &asked.base),
        now,
    };
    Ok(Some(Detail::of(&sources, Switches::of(&config.settings))))
}

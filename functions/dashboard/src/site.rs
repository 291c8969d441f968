//! The pages: read, put together, rendered.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::store::{FeedEntry, StoreError};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::asset;
use crate::banner::unreadable;
use crate::board::{Board, Standing};
use crate::cache::{Cache, Wish};
use crate::look::Look;
use crate::metrics::Backlog;
use crate::origin::base_url;
use crate::page::{Filter, Moment, Page, Sources, Switches, first_day};
use crate::query::MAX_LIMIT;
use crate::reading::Reading;
use crate::sign_in::{Session, SignInPage, Tries};
use crate::single::Single;
use crate::tag::{Tag, not_modified};
use crate::template::{Templates, UnreadablePage};

const DAY_MS: i64 = 86_400_000;

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
    /// What was read of all services.
    boards: Cache<(), Result<Reading, StoreError>>,
    /// The newest alerts.
    news: Cache<(), Result<Vec<FeedEntry>, StoreError>>,
    /// How the channels do.
    backlogs: Cache<(), Result<Backlog, StoreError>>,
    /// What was read of single ones, by id, with what only some may see or without.
    pub singles: Cache<(String, bool), Result<Single, StoreError>>,
}

/// An answer that is not sent again to whoever has it.
#[derive(Debug)]
pub struct Offer<'a> {
    /// Of the content.
    pub tag: Tag,
    /// What the request says.
    pub headers: &'a HeaderMap,
    /// Who asks.
    pub reader: Reader,
}

impl Site {
    /// Parses the templates and puts the stylesheet together.
    pub fn shared(app: &App) -> Arc<Self> {
        let look = Look::of(&app.config, asset::script_address());
        let policy = HeaderValue::from_str(&look.content_security_policy())
            .expect("the policy is made of ASCII that we wrote");
        Arc::new(Self {
            templates: Templates::new(),
            look,
            policy,
            tries: Tries::default(),
            boards: Cache::new(Arc::clone(&app.clock)),
            news: Cache::new(Arc::clone(&app.clock)),
            backlogs: Cache::new(Arc::clone(&app.clock)),
            singles: Cache::new(Arc::clone(&app.clock)),
        })
    }

    /// What was read of all services, for everybody who asks within a moment.
    pub async fn reading(&self, app: &App, wish: Wish) -> Arc<Result<Reading, StoreError>> {
        let read = || async {
            let now = app.clock.now();
            let first = first_day(now, app.config.settings.retention_days).start();
            Reading::of(&app.store, first, now).await
        };
        self.boards.get((), wish, read).await
    }

    /// The newest alerts, as long as they are kept, for everybody who asks within a moment.
    pub async fn news(&self, app: &App, wish: Wish) -> Arc<Result<Vec<FeedEntry>, StoreError>> {
        let read = || async {
            let now = app.clock.now();
            let kept = now.plus_ms(-i64::from(app.config.notify.max_age_days) * DAY_MS);
            app.store.feed(kept, now, MAX_LIMIT).await
        };
        self.news.get((), wish, read).await
    }

    /// How the channels do, for everybody who asks within a moment.
    pub async fn backlog(&self, app: &App) -> Arc<Result<Backlog, StoreError>> {
        self.backlogs.get((), Wish::Lately, || Backlog::of(app)).await
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
        self.with_policy((status, Html(html)).into_response())
    }

    /// A page, or 304 for whoever has it. What only some may see is kept nowhere.
    pub fn offer(
        &self,
        offer: &Offer<'_>,
        render: impl FnOnce() -> Result<String, tera::Error>,
    ) -> Response {
        let response = if offer.tag.is_known(offer.headers) {
            // Browsers take the headers of a 304 for those of the page that they have.
            self.with_policy(not_modified())
        } else {
            self.answer(StatusCode::OK, render())
        };
        if response.status().is_server_error() {
            return response;
        }
        offer.tag.on(response, offer.reader.caching())
    }

    fn with_policy(&self, mut response: Response) -> Response {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
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
    let asked = Asked { query: query.as_deref(), headers: &headers, reader, part: Part::Whole };
    show(&site, &app, &asked).await
}

/// `GET /board`: what changes on the page, for the module that refreshes it.
pub async fn board(
    site: Arc<Site>,
    State(app): State<App>,
    RawQuery(query): RawQuery,
    reader: Reader,
    headers: HeaderMap,
) -> Response {
    let asked = Asked { query: query.as_deref(), headers: &headers, reader, part: Part::Live };
    show(&site, &app, &asked).await
}

/// How much of a page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it. Without the module nobody keeps its times true, so it is one with its reading.
    Whole,
    /// What the module puts in place of what it has, and whose times it keeps true by itself: it is
    /// the same as long as nothing happened, at most for a minute, because percentages move too.
    Live,
}

impl Part {
    /// What a tag must say of when it was read.
    pub fn moment(self, at: UnixMs, now: UnixMs) -> (bool, i64) {
        match self {
            Self::Whole => (true, at.0),
            Self::Live => (false, now.0.div_euclid(60_000)),
        }
    }
}

/// What is asked of the board.
struct Asked<'a> {
    query: Option<&'a str>,
    headers: &'a HeaderMap,
    reader: Reader,
    part: Part,
}

async fn show(site: &Site, app: &App, asked: &Asked<'_>) -> Response {
    let (reading, now) = (site.reading(app, Wish::of(asked.headers)).await, app.clock.now());
    let reading = match &*reading {
        Ok(reading) => reading,
        Err(error) => return site.unreadable(&app.config, error, now),
    };
    let board = Board::of(&app.config, &reading.swept, now);
    let session = Session::of(&app.config, asked.reader);
    let standings: Vec<Standing> = board.services().map(|watched| watched.standing).collect();
    let (base_url, moment) =
        (base_url(&app.config, asked.headers), asked.part.moment(reading.at, now));
    let who = (session, asked.reader);
    let tag = Tag::of(&(reading, standings, who, asked.query, &base_url, moment, app.revision));
    let offer = Offer { tag, headers: asked.headers, reader: asked.reader };
    site.offer(&offer, || {
        let page = Page::of(&Sources {
            config: &app.config,
            look: &site.look,
            board: &board,
            read_at: reading.at,
            past: reading.past.as_ref(),
            vigil: reading.vigil,
            filter: &Filter::of(asked.query),
            base_url: &base_url,
        });
        let template = match asked.part {
            Part::Whole => "page.html",
            Part::Live => "board.html",
        };
        site.templates.render(template, &site.look, session, &page)
    })
}

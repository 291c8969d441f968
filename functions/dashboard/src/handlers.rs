//! Requests in, answers out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::http::ApiError;
use flatline_shared::store::StoreError;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::banner::unreadable;
use crate::board::Board;
use crate::health::Health;
use crate::origin::base_url;
use crate::page::{Moment, Page, Sources, first_day};
use crate::reading::{Reading, newest_tick, sweep};
use crate::sign_in::{SignInPage, Tries};
use crate::status::StatusAnswer;
use crate::template::{Templates, UnreadablePage, content_security_policy};

/// What pages are made with; built once per process.
#[derive(Debug)]
pub struct Site {
    templates: Templates,
    policy: HeaderValue,
    /// Passwords that may still be tried.
    pub tries: Tries,
}

impl Site {
    /// Parses the templates.
    pub fn shared() -> Arc<Self> {
        let policy = HeaderValue::from_str(&content_security_policy())
            .expect("the policy is made of ASCII that we wrote");
        Arc::new(Self { templates: Templates::new(), policy, tries: Tries::default() })
    }

    /// The form to sign in.
    pub fn sign_in(&self, status: StatusCode, page: &SignInPage) -> Response {
        self.answer(status, self.templates.sign_in(page))
    }

    fn answer(&self, status: StatusCode, html: Result<String, tera::Error>) -> Response {
        let html = match html {
            Ok(html) => html,
            Err(error) => return ApiError::Internal(format!("{error:?}")).into_response(),
        };
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(
            header::HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        );
        response
    }

    fn unreadable(&self, error: &StoreError, now: UnixMs) -> Response {
        tracing::error!(%error, "the page cannot be shown");
        let page = UnreadablePage {
            banner: unreadable(),
            read: Moment::of(now, now),
            version: env!("CARGO_PKG_VERSION"),
        };
        self.answer(StatusCode::SERVICE_UNAVAILABLE, self.templates.unreadable(&page))
    }
}

/// `GET /`.
pub async fn page(site: Arc<Site>, State(app): State<App>, headers: HeaderMap) -> Response {
    let now = app.clock.now();
    let retention_days = app.config.settings.retention_days;
    let reading = match Reading::of(&app.store, first_day(now, retention_days).start()).await {
        Ok(reading) => reading,
        Err(error) => return site.unreadable(&error, now),
    };
    let page = Page::of(&Sources {
        board: &Board::of(&app.config, &reading.swept, now),
        past: reading.past.as_ref(),
        ticked_at: reading.tick.as_ref().map(|mark| mark.at),
        retention_days,
        base_url: &base_url(&app.config, &headers),
    });
    site.answer(StatusCode::OK, site.templates.page(&page))
}

/// `GET /api/status`.
pub async fn status(State(app): State<App>) -> Result<Json<StatusAnswer>, ApiError> {
    let now = app.clock.now();
    let swept = sweep(&app.store).await?;
    let board = Board::of(&app.config, &swept, now);
    Ok(Json(StatusAnswer::of(&board, &app.config.settings.threshold_profile)))
}

/// `GET /health`: 503 if the database cannot be read, whatever the reason.
pub async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let now = app.clock.now();
    let unavailable = |error: StoreError| StoreError::Unavailable(error.to_string());
    let tick = newest_tick(&app.store).await.map_err(unavailable)?;
    Ok(Json(Health::of(tick.map(|mark| mark.at), now)))
}

/// `GET /robots.txt`: a status page is nothing for search engines.
pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// `GET /favicon.ico`, for browsers that ask before they read the page.
pub async fn favicon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../templates/favicon.svg"))
}

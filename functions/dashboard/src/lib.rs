//! Shows how the services are: the page and the read APIs.
//!
//! Reading, judging and showing are apart: `reading` asks the database for everything, `dossier` for
//! one service, `board` puts configuration and records together; `page`, `status`, `health`, `uptime`,
//! `services`, `logs`, `deliveries` and `alerts` are pure views of that; `query` judges parameters;
//! `site` (the pages), `handlers` and `api` connect them. `look` is what the configuration says of the
//! page, `sign_in` the login.

mod alerts;
mod api;
mod asset;
mod atom;
mod badge;
mod banner;
mod board;
mod cache;
mod deliveries;
mod detail;
mod dossier;
mod export;
mod feed;
#[cfg(test)]
mod fixture;
mod handlers;
mod health;
mod hint;
mod logs;
mod look;
mod metrics;
mod origin;
mod page;
mod query;
mod reading;
mod services;
mod sheets;
mod sign_in;
mod single;
mod site;
mod status;
mod tag;
mod template;
mod undelivered;
mod uptime;

use std::sync::Arc;

use ::http::HeaderMap;
use axum::Router;
use axum::extract::State;
use axum::middleware::map_response;
use axum::routing::{MethodRouter, get, post};
use flatline_shared::app::App;
use flatline_shared::http::{self, FormBody, Function, Reader};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::site::Site;

/// The routes of this function.
#[expect(clippy::needless_pass_by_value, reason = "every function's router takes its App")]
pub fn router(app: App) -> Router {
    let site = Site::shared(&app);
    http::router(Function::Dashboard, &app, routes(&site))
        .layer(map_response(move |response| {
            let answer = sign_in::with_form(&site, response);
            async move { answer }
        }))
        .layer(compression())
        .layer(map_response(http::join_vary))
}

/// Pages of many services weigh a tenth less at the highest level, for a few more milliseconds.
fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Best)
}

fn routes(site: &Arc<Site>) -> [(&'static str, MethodRouter<App>); 22] {
    let (of_form, of_login) = (Arc::clone(site), Arc::clone(site));
    let (of_page, of_board, of_one) = (Arc::clone(site), Arc::clone(site), Arc::clone(site));
    let (of_alerts, of_export, of_badge) = (Arc::clone(site), Arc::clone(site), Arc::clone(site));
    let (of_feed, of_metrics, of_csv) = (Arc::clone(site), Arc::clone(site), Arc::clone(site));
    let show_form = get(async move |State(app): State<App>| sign_in::form(&of_form, &app));
    let login = show_form.post(
        async move |State(app): State<App>, visitor, headers: HeaderMap, form: FormBody| {
            sign_in::sign_in(&of_login, &app, visitor, &headers, &form)
        },
    );
    let logout = post(async |headers: HeaderMap| sign_in::sign_out(&headers));
    [
        (
            "/",
            get(move |app, query, reader, headers| {
                site::page(of_page.clone(), app, query, reader, headers)
            }),
        ),
        (
            "/board",
            get(move |app, query, reader, headers| {
                site::board(of_board.clone(), app, query, reader, headers)
            }),
        ),
        (
            "/services/{id}",
            get(async move |State(app): State<App>, asked: single::AskedService| {
                single::service(&of_one, &app, &asked).await
            }),
        ),
        (
            "/alerts",
            get(move |app, reader, query| sheets::alerts(of_alerts.clone(), app, reader, query)),
        ),
        (
            "/export",
            get(async move |State(app): State<App>, reader: Reader| {
                sheets::export(&of_export, &app, reader)
            }),
        ),
        (
            "/badge/{file}",
            get(move |app, path, query, headers| {
                badge::badge(of_badge.clone(), app, path, query, headers)
            }),
        ),
        (
            "/feed.atom",
            get(move |app, reader, query, headers| {
                atom::atom(of_feed.clone(), app, reader, query, headers)
            }),
        ),
        ("/metrics", get(move |app, reader| metrics::metrics(of_metrics.clone(), app, reader))),
        (
            "/api/export.csv",
            get(move |app, reader, query, headers| {
                sheets::csv(of_csv.clone(), app, reader, query, headers)
            }),
        ),
        ("/openapi.json", get(handlers::openapi)),
        ("/app.js", get(asset::script)),
        ("/login", login),
        ("/logout", logout),
        ("/health", get(handlers::health)),
        ("/favicon.ico", get(handlers::favicon)),
        ("/robots.txt", get(handlers::robots)),
        ("/api/status", get(handlers::status)),
        ("/api/uptime", get(api::uptime)),
        ("/api/services", get(api::configured)),
        ("/api/logs", get(api::logs)),
        ("/api/alerts/recent", get(api::recent_alerts)),
        ("/api/deliveries", get(api::deliveries)),
    ]
}

#[cfg(test)]
mod tests;

//! Shows how the services are: the page and the read APIs.
//!
//! Reading, judging and showing are apart: `reading` asks the database, `board` puts configuration
//! and records together, `page`, `status` and `health` are pure views of that, `handlers` connects
//! them.

mod banner;
mod board;
#[cfg(test)]
mod fixture;
mod handlers;
mod health;
mod hint;
mod origin;
mod page;
mod reading;
mod status;
mod template;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{MethodRouter, get};
use flatline_shared::app::App;
use flatline_shared::http::{self, Function};
use tower_http::compression::CompressionLayer;

use crate::handlers::Site;

/// The routes of this function.
#[expect(clippy::needless_pass_by_value, reason = "every function's router takes its App")]
pub fn router(app: App) -> Router {
    http::router(Function::Dashboard, &app, routes(&Site::shared()))
        .layer(CompressionLayer::new())
        .layer(map_response(http::join_vary))
}

fn routes(site: &Arc<Site>) -> [(&'static str, MethodRouter<App>); 5] {
    let site = Arc::clone(site);
    [
        ("/", get(move |app, headers| handlers::page(Arc::clone(&site), app, headers))),
        ("/health", get(handlers::health)),
        ("/favicon.ico", get(handlers::favicon)),
        ("/robots.txt", get(handlers::robots)),
        ("/api/status", get(handlers::status)),
    ]
}

#[cfg(test)]
mod tests;

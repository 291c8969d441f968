//! x

use axum::Router;
use flatline_shared::app::App;

/// The routes of this function.
pub fn router(_app: App) -> Router {
    todo!()
}

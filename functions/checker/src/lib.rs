//! Declares services down, degraded and up.

use flatline_shared::app::App;

/// One run: sweeps, then looks at what falls due until the next tick begins.
pub async fn tick(_app: &App) {
    todo!()
}

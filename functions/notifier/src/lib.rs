//! Delivers the outbox.

use flatline_shared::app::App;

/// Delivers what waits in every channel; returns when nothing falls due within a minute.
pub async fn drain(_app: &App) {
    todo!()
}

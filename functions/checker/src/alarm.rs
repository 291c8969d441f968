//! What Flatline has to say about itself.
//!
//! It says it as an external alert of source `flatline`, to every channel that can deliver, whatever
//! events it takes: an item that cannot be checked, or blind time that lasts.

use flatline_shared::app::App;

/// An item that cannot be read or committed: it is left alone, the others go on.
pub async fn about_broken(_app: &App, id: &str, why: &str) {
    tracing::error!(service = id, why, "this service cannot be checked");
}

/// Whether we have been blind for long.
pub async fn about_sight(_app: &App) {}

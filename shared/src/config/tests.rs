//! The configuration, row by row.

use std::path::Path;

use super::{Config, Env};

#[test]
fn the_sample_configuration_loads_without_a_word() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let config = Config::load(&dir, &Env::default()).expect("loads");
    assert_eq!(config.warnings, []);
    assert_eq!(config.not_delivered_yet(), Vec::<String>::new());
    assert_eq!(config.services.len(), 5);
    assert_eq!(config.smallest_window_ms(), 60_000);
}

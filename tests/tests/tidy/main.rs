//! House rules as tests. Each says why it is there; each lists every place that breaks it.
//!
//! They look at the files that git knows or would add, so a new file is judged before its commit.

mod arrows;
mod dependencies;
mod docs;
mod effects;
mod files;
mod tree;

/// Fails with the reason of the rule and all the places that break it.
#[track_caller]
fn none(why: &str, places: impl IntoIterator<Item = String>) {
    let places = places.into_iter().collect::<Vec<_>>();
    assert!(places.is_empty(), "{why}\n  {}\n", places.join("\n  "));
}

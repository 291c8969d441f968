//! The page in a browser: how soon it is drawn, and what a filter over very many services costs.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use flatline_harness::process::Flatline;
use flatline_shared::clock::SystemClock;
use serde::Deserialize;

use crate::figures::{Figures, Target};
use crate::page::seeded;

/// The program that drives Chromium.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../browser/bench.js");

/// Loads with nothing kept.
#[derive(Debug, Deserialize)]
struct Loads {
    median_ms: f64,
    worst_ms: f64,
}

/// The most that one task did while a filter was typed, cleared and chosen.
#[derive(Debug, Deserialize)]
struct Filtering {
    longest_ms: f64,
    styled: f64,
    laid: f64,
}

/// Measures.
pub async fn measure(figures: &mut Figures) -> Result<()> {
    let clock = SystemClock::shared();
    let folder = tempfile::tempdir()?;
    let flatline = seeded(&folder.path().join("few"), 100, &clock).await?;
    let loads: Loads = told(&flatline, "loads")?;
    let target = Target::AtMost(300.0);
    let what = "first contentful paint, 100 services, nothing kept";
    figures.add(&format!("{what}, median"), "ms", target, loads.median_ms);
    figures.add(&format!("{what}, worst"), "ms", target, loads.worst_ms);
    drop(flatline);

    let flatline = seeded(&folder.path().join("many"), 10_000, &clock).await?;
    let filtering: Filtering = told(&flatline, "filter")?;
    let what = "filtering 10,000 services, in one task";
    figures.add(&format!("{what}, longest"), "ms", Target::AtMost(200.0), filtering.longest_ms);
    figures.add(&format!("{what}, elements styled"), "", Target::None, filtering.styled);
    figures.add(&format!("{what}, boxes laid out"), "", Target::None, filtering.laid);
    Ok(())
}

/// What the browser found.
fn told<T: for<'a> Deserialize<'a>>(flatline: &Flatline, what: &str) -> Result<T> {
    let mut node = Command::new("node");
    let output = node.args([PROGRAM, what, &flatline.url()]).output().context("starting node")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

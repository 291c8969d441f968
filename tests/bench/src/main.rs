//! The figures that each release reports, measured on the release build: `cargo xtask bench`.
//!
//! A figure that misses its target is printed as missed and is no failure: machines differ. Something
//! that cannot be measured, or that must never be (an alarm before its time), is.
//! `bench detection delivery heartbeats fleet page alerts browser
//! lambda` measures only the parts that are named.

mod alerts;
mod browser;
mod delivery;
mod detection;
mod engine;
mod figures;
mod fleet;
mod heartbeats;
mod lambda;
mod numbers;
mod page;
mod sender;

use std::process::ExitCode;

use crate::figures::Figures;

#[tokio::main]
async fn main() -> ExitCode {
    match measure().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> anyhow::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wants = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let mut figures = Figures::default();
    if wants("detection") {
        detection::measure(&mut figures).await?;
    }
    if wants("delivery") {
        delivery::measure(&mut figures).await?;
    }
    if wants("heartbeats") {
        heartbeats::measure(&mut figures).await?;
    }
    if wants("fleet") {
        fleet::measure(&mut figures).await?;
    }
    if wants("page") {
        page::measure(&mut figures).await?;
    }
    if wants("alerts") {
        alerts::measure(&mut figures).await?;
    }
    if wants("browser") {
        browser::measure(&mut figures).await?;
    }
    if wants("lambda") {
        lambda::measure(&mut figures).await?;
    }
    println!("{figures}");
    figures.write()
}

//! What the five functions share. Arrows point inwards only: `http`, `render`, `notify`, `store`
//! and `config` know the domain and never each other's callers.
//!
//! - [`app`] is the one context value, built once in each main.
//! - [`aws`] builds it from the environment of a Lambda function.
//! - [`config`] loads and judges `config/*.json` and the environment.
//! - [`store`] is the only module that says DynamoDB.
//! - [`notify`] turns notices into requests and sends them.
//! - [`render`] makes text: pages, durations, times.
//! - [`transition`] makes of a decision what is committed for it.
//! - [`http`] is what all routers have in common: errors, keys, CORS, headers.

pub mod app;
pub mod aws;
pub mod clock;
pub mod config;
pub mod http;
pub mod notify;
pub mod render;
pub mod store;
pub mod telemetry;
pub mod transition;

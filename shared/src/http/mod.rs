//! What all routers have in common: one route table, one wrapper, one error-to-answer mapping.
//!
//! A function builds its router with [`router`] from the paths that it answers; what holds for all
//! of them stands in [`ROUTES`] and is done by one wrapper around each path:
//!
//! 1. OPTIONS is answered (204), a method that the table does not name is refused (405, `Allow`).
//! 2. An endpoint that the configuration switched off is refused (403).
//! 3. What is read needs what `dashboard.access` asks for (401); handlers learn from [`Reader`] how
//!    much they may show.
//! 4. The handler runs. [`JsonBody`] refuses what is encoded (415), too large (413) or no JSON (400);
//!    keys come last (401), see [`keys`].
//! 5. The answer gets its CORS, caching and security headers. An [`ApiError`] is logged once, here.
//!
//! The local server puts the routers of all functions together with [`merge`].

mod access;
mod basic;
mod body;
mod cors;
mod error;
mod form_data;
pub mod keys;
pub mod login;
mod mend;
mod openapi;
mod peer;
mod route;
mod server;

pub use access::{Reader, SignInForm};
pub use body::{FormBody, JsonBody, MAX_ALERT_BYTES, MAX_BODY_BYTES, SentJson};
pub use cors::join_vary;
pub use error::ApiError;
pub use openapi::openapi;
pub use peer::Peer;
pub use route::{Auth, Function, ROUTES, Route};

pub use server::{merge, router};

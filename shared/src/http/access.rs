//! Who may read what.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Uri};

use super::{ApiError, Auth, keys, login};
use crate::app::App;
use crate::config::{Access, AlertKey};

/// How much whoever asks may see. Handlers take it as an argument; where nobody checked, it is
/// `Public`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Names, statuses, times, uptime.
    Public,
    /// Everything: the request had `READ_API_KEY` or the login.
    Full,
}

impl Reader {
    /// How an answer that has a tag may be kept: what only some may see nowhere.
    #[must_use]
    pub const fn caching(self) -> &'static str {
        match self {
            Self::Public => "private, no-cache",
            Self::Full => "no-store",
        }
    }
}

/// Marks the refusal of a page, in the response's extensions: its body is to be a form to sign in.
#[derive(Clone, Debug)]
pub struct SignInForm {
    /// The way from the page to where all paths begin: `./`, `../` ...
    pub home: String,
    /// The page that was asked for, from there on: `services/api?part`.
    pub next: String,
}

impl SignInForm {
    /// The form in the place of the page at this address.
    pub(super) fn at(uri: &Uri) -> Self {
        let folders = uri.path().matches('/').count().saturating_sub(1);
        let home = if folders == 0 { "./".to_owned() } else { "../".repeat(folders) };
        let asked = uri.path_and_query().map_or("", |asked| asked.as_str());
        Self { home, next: asked.trim_start_matches('/').to_owned() }
    }
}

/// Lets a request in that may read the route.
pub(super) fn admit(app: &App, auth: Auth, headers: &HeaderMap) -> Result<Reader, ApiError> {
    let reader = || if is_full(app, headers) { Reader::Full } else { Reader::Public };
    let is_open = app.config.settings.access == Access::Public;
    match auth {
        Auth::Open | Auth::ServiceKey | Auth::AlertKey | Auth::Password => Ok(Reader::Public),
        Auth::ReadInFull if has_alert_key(app, headers) => Ok(Reader::Full),
        Auth::Read | Auth::ReadInFull => match reader() {
            Reader::Public if auth == Auth::ReadInFull || !is_open => Err(ApiError::NotAReader),
            reader => Ok(reader),
        },
    }
}

fn is_full(app: &App, headers: &HeaderMap) -> bool {
    let key = app.config.read_key.as_ref();
    key.is_some_and(|key| keys::matches(key, keys::bearer(headers)))
        || login::is_signed_in(&app.config, headers, app.clock.now())
}

fn has_alert_key(app: &App, headers: &HeaderMap) -> bool {
    let given = keys::bearer(headers);
    given.and_then(|given| app.config.alert_keys.find(given)).is_some_and(AlertKey::is_full)
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::Public))
    }
}

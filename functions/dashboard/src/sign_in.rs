//! The login of the page: a form, a password, a cookie.

mod tries;
mod visitor;

use axum::response::{IntoResponse, Response};
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{ApiError, FormBody, Reader, SignInForm, keys, login};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

pub use self::tries::Tries;
pub use self::visitor::Visitor;
use crate::site::Site;

/// The longest address that is gone back to, in bytes.
const MAX_NEXT_BYTES: usize = 1_024;

/// The form, and what went wrong before it.
#[derive(Debug, Serialize)]
pub struct SignInPage {
    /// A sentence; none when it is shown first.
    pub problem: Option<String>,
    /// The way to where all paths begin.
    pub home: String,
    /// Where to go from there afterwards.
    pub next: String,
}

impl SignInPage {
    /// At `/login`.
    fn of(problem: Option<String>, next: &str) -> Self {
        Self { problem, home: "./".to_owned(), next: next.to_owned() }
    }
}

/// What a visitor can do about the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Session {
    /// There is none: nobody can sign in.
    None,
    /// Sign in, and see more.
    SignIn,
    /// Sign out.
    SignOut,
}

impl Session {
    /// That of whoever may see so much.
    pub fn of(config: &Config, reader: Reader) -> Self {
        match (&config.dashboard_password, reader) {
            (None, _) => Self::None,
            (Some(_), Reader::Public) => Self::SignIn,
            (Some(_), Reader::Full) => Self::SignOut,
        }
    }
}

/// `GET /login`: the form.
pub fn form(site: &Site, app: &App) -> Response {
    if app.config.dashboard_password.is_none() {
        return no_password(site);
    }
    site.sign_in(StatusCode::OK, &SignInPage::of(None, ""))
}

/// `POST /login`: a cookie for the right password. One at a time, so that two wrong ones cannot both
/// be the last that may be tried.
pub fn sign_in(
    site: &Site,
    app: &App,
    Visitor(network): Visitor,
    headers: &HeaderMap,
    FormBody(fields): &FormBody,
) -> Response {
    let Some(password) = &app.config.dashboard_password else { return no_password(site) };
    let field =
        |wanted| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let next = field("next").unwrap_or_default();
    if let Err(wait_ms) = site.tries.take(network, app.clock.monotonic_ms()) {
        return too_many(site, wait_ms, next);
    }
    if !keys::matches(password, field("password")) {
        tracing::info!("a wrong password was refused");
        let problem = "The password is wrong.".to_owned();
        return site.sign_in(StatusCode::UNAUTHORIZED, &SignInPage::of(Some(problem), next));
    }
    site.tries.give_back(network);
    to_the_page(login::cookie(&app.config, password, headers, app.clock.now()), next)
}

/// `POST /logout`: no cookie any more.
pub fn sign_out(headers: &HeaderMap) -> Response {
    to_the_page(login::no_cookie(headers), "")
}

/// A page that may not be read shows the form instead; status and headers stay.
pub fn with_form(site: &Site, response: Response) -> Response {
    let Some(place) = response.extensions().get::<SignInForm>() else { return response };
    let page = SignInPage { problem: None, home: place.home.clone(), next: place.next.clone() };
    let mut form = site.sign_in(response.status(), &page);
    for (name, value) in response.headers() {
        let is_of_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name);
        if !is_of_body && !form.headers().contains_key(name) {
            form.headers_mut().append(name, value.clone());
        }
    }
    form
}

/// Relative, so that it also holds behind a proxy that serves us below a path of its own, and so that
/// it never leads to somebody else, whatever `next` says.
fn to_the_page(cookie: HeaderValue, next: &str) -> Response {
    let is_plain = next.len() <= MAX_NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic());
    let place = format!("./{}", if is_plain { next.trim_start_matches('/') } else { "" });
    let place = HeaderValue::try_from(place).expect("it is ASCII that can be seen");
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, place)])
        .into_response()
}

fn no_password(site: &Site) -> Response {
    let not_set = ApiError::NotSet("DASHBOARD_PASSWORD");
    tracing::warn!(error = %not_set, "nobody can sign in");
    let problem = "Nobody can sign in: this server has no DASHBOARD_PASSWORD.".to_owned();
    site.sign_in(StatusCode::SERVICE_UNAVAILABLE, &SignInPage::of(Some(problem), ""))
}

fn too_many(site: &Site, excess_ms: i64, next: &str) -> Response {
    let wait_s = excess_ms.div_euclid(1_000) + 1;
    tracing::warn!(wait_s, "too many wrong passwords");
    let problem = format!("Too many wrong passwords. Try again in {wait_s} s.");
    let page = SignInPage::of(Some(problem), next);
    let mut response = site.sign_in(StatusCode::TOO_MANY_REQUESTS, &page);
    response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    response
}

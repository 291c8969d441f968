//! Routers from the table, and the one wrapper around each path.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::route::{is_api, methods, routes_of};
use super::{ApiError, Auth, Function, Reader, Route, SignInForm, access, cors, error, keys};
use crate::app::App;

/// The longest a handler may take, its body included.
const MAX_HANDLING: Duration = Duration::from_secs(30);

/// Browsers that came by TLS come so for a year.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// One path, as its wrapper needs it.
#[derive(Clone)]
struct Path {
    app: App,
    /// Its routes; empty for paths that there are not.
    routes: Arc<[&'static Route]>,
    /// Their methods.
    methods: Arc<str>,
}

/// The router of a function: the table's routes for these paths, with their handlers.
///
/// # Panics
/// If a path is not in the table, or belongs to another function: a mistake in the code.
pub fn router(
    function: Function,
    app: &App,
    handlers: impl IntoIterator<Item = (&'static str, MethodRouter<App>)>,
) -> Router {
    let mut all = Router::new();
    for (path, handler) in handlers {
        let routes = routes_of(path);
        let ours = !routes.is_empty() && routes.iter().all(|route| route.function == function);
        assert!(ours, "{path} is no route of {function:?}");
        let path_state =
            Path { app: app.clone(), methods: methods(&routes).into(), routes: routes.into() };
        let handler = handler.layer(from_fn_with_state(path_state, wrap));
        if path != "/" {
            all = all.route(&format!("{path}/"), handler.clone());
        }
        all = all.route(path, handler);
    }
    with_fallback(all.with_state(app.clone()), app)
}

/// The routers of several functions as one.
pub fn merge(app: &App, routers: impl IntoIterator<Item = Router>) -> Router {
    let merged =
        routers.into_iter().fold(Router::new(), |all, one| all.merge(one.reset_fallback()));
    with_fallback(merged, app)
}

fn with_fallback(router: Router, app: &App) -> Router {
    let nowhere = Path { app: app.clone(), routes: Arc::new([]), methods: "".into() };
    let not_found = || async { ApiError::NotFound };
    let wrapped = axum::routing::any(not_found).layer(from_fn_with_state(nowhere, wrap));
    router.fallback_service(wrapped)
}

/// Everything that holds for all paths.
async fn wrap(State(path): State<Path>, mut request: Request, next: Next) -> Response {
    let api = is_api(request.uri().path());
    let form = (!api).then(|| SignInForm::at(request.uri()));
    let allowed = &path.app.config.settings.allowed_origins;
    let is_tls = request.headers().get("x-forwarded-proto").is_some_and(|it| it == "https");
    let origin = if api { cors::allowed_origin(request.headers(), allowed) } else { None };
    let mut response = if request.method() == Method::OPTIONS && !path.routes.is_empty() {
        cors::preflight(&path.methods, origin.as_ref())
    } else {
        match path.admit(request.method(), request.headers()) {
            Ok(reader) => {
                request.extensions_mut().insert(reader);
                run(request, next).await
            }
            Err(refused) => refusal(refused, form),
        }
    };
    error::complete(&mut response);
    secure(&mut response);
    if is_tls {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    if api {
        cors::share(&mut response, origin);
    }
    response
}

impl Path {
    /// Refuses methods that the path does not have, what is switched off, and who may not read.
    fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<Reader, ApiError> {
        if self.routes.is_empty() {
            return Ok(Reader::Public);
        }
        let Some(route) = self.routes.iter().find(|route| route.answers(method)) else {
            return Err(ApiError::MethodNotAllowed { allow: self.methods.to_string() });
        };
        let is_canary = route.auth == Auth::ServiceKey
            && keys::matches(&self.app.canary_key, keys::bearer(headers));
        match route.switch {
            Some(switch) if self.app.config.settings.is_off(switch) && !is_canary => {
                Err(ApiError::Disabled(switch))
            }
            _ => access::admit(&self.app, route.auth, headers),
        }
    }
}

/// A page is refused with a form to sign in, which the function that shows pages puts there.
fn refusal(refused: ApiError, form: Option<SignInForm>) -> Response {
    let form = form.filter(|_| matches!(refused, ApiError::NotAReader));
    let mut response = refused.into_response();
    if let Some(form) = form {
        response.extensions_mut().insert(form);
    }
    response
}

/// Runs the handler; one that panics answers 500 like every other fault of ours.
async fn run(request: Request, next: Next) -> Response {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(MAX_HANDLING, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::Internal("the handler panicked".into()).into_response(),
        Err(_) => ApiError::Overdue.into_response(),
    }
}

/// Headers for all answers; what a handler set stays.
fn secure(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

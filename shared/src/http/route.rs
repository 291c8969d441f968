//! The one route table.

use http::Method;

use crate::config::ApiSwitch;

/// The function that answers a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Takes heartbeats.
    Ingest,
    /// Takes external alerts.
    Alert,
    /// Shows pages and answers the read APIs.
    Dashboard,
}

/// Who may use a route. Keys of what is posted are checked by the handler, after the body was
/// understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Everybody.
    Open,
    /// The key of a service (`API_KEYS`), or that of the canary, which passes even a switched-off
    /// endpoint, because Flatline must hear itself to trust any silence.
    ServiceKey,
    /// `ALERT_API_KEY`.
    AlertKey,
    /// Everybody if `dashboard.access` is `public`, else the login or `READ_API_KEY`. Not the handler
    /// but the wrapper around it checks this, so that no route can forget it.
    Read,
    /// The login, `READ_API_KEY` or `ALERT_API_KEY`, whatever `dashboard.access` is; checked by the
    /// wrapper.
    ReadInFull,
    /// `DASHBOARD_PASSWORD`, which opens a login; nothing is stored.
    Password,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// GET (answers HEAD too) or POST.
    pub method: Method,
    /// The path, without a trailing slash; with one it is the same route.
    pub path: &'static str,
    /// Who answers.
    pub function: Function,
    /// Who may ask.
    pub auth: Auth,
    /// The switch in `settings.json` `api` that turns it off.
    pub switch: Option<ApiSwitch>,
}

const fn route(
    method: Method,
    path: &'static str,
    function: Function,
    auth: Auth,
    switch: Option<ApiSwitch>,
) -> Route {
    Route { method, path, function, auth, switch }
}

use ApiSwitch as Switch;
use Auth::{AlertKey, Open, Password, Read, ReadInFull, ServiceKey};
use Function::{Alert, Dashboard, Ingest};

/// Every route there is.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    route(Method::POST, "/api/heartbeat",         Ingest,    ServiceKey, Some(Switch::Heartbeat)),
    route(Method::POST, "/api/alert",             Alert,     AlertKey,   Some(Switch::Alert)),
    route(Method::POST, "/api/alert/{format}",    Alert,     AlertKey,   Some(Switch::Alert)),
    route(Method::POST, "/api/test-notification", Alert,     AlertKey,   Some(Switch::TestNotification)),
    route(Method::POST, "/api/deliveries/replay", Alert,     AlertKey,   None),
    route(Method::GET,  "/",                      Dashboard, Read,       None),
    route(Method::GET,  "/login",                 Dashboard, Open,       None),
    route(Method::POST, "/login",                 Dashboard, Password,   None),
    route(Method::POST, "/logout",                Dashboard, Password,   None),
    route(Method::GET,  "/board",                 Dashboard, Read,       None),
    route(Method::GET,  "/services/{id}",         Dashboard, Read,       None),
    route(Method::GET,  "/alerts",                Dashboard, Read,       Some(Switch::AlertHistory)),
    route(Method::GET,  "/export",                Dashboard, Read,       Some(Switch::Uptime)),
    route(Method::GET,  "/api/export.csv",        Dashboard, Read,       Some(Switch::Uptime)),
    route(Method::GET,  "/badge/{file}",          Dashboard, Read,       None),
    route(Method::GET,  "/feed.atom",             Dashboard, Read,       Some(Switch::AlertHistory)),
    route(Method::GET,  "/metrics",               Dashboard, Read,       None),
    route(Method::GET,  "/openapi.json",          Dashboard, Open,       None),
    route(Method::GET,  "/app.js",                Dashboard, Open,       None),
    route(Method::GET,  "/health",                Dashboard, Open,       None),
    route(Method::GET,  "/favicon.ico",           Dashboard, Open,       None),
    route(Method::GET,  "/robots.txt",            Dashboard, Open,       None),
    route(Method::GET,  "/api/status",            Dashboard, Read,       Some(Switch::Status)),
    route(Method::GET,  "/api/uptime",            Dashboard, Read,       Some(Switch::Uptime)),
    route(Method::GET,  "/api/services",          Dashboard, Read,       Some(Switch::Services)),
    route(Method::GET,  "/api/logs",              Dashboard, Read,       None),
    route(Method::GET,  "/api/deliveries",        Dashboard, ReadInFull, None),
    route(Method::GET,  "/api/alerts/recent",     Dashboard, Read,       Some(Switch::AlertHistory)),
];

impl Route {
    /// Whether the route answers requests with `method`.
    pub fn answers(&self, method: &Method) -> bool {
        self.method == *method || self.method == Method::GET && *method == Method::HEAD
    }
}

/// The routes of one path, in the order of the table.
pub(super) fn routes_of(path: &str) -> Vec<&'static Route> {
    ROUTES.iter().filter(|route| route.path == path).collect()
}

/// The methods that these routes answer, for `Allow` and `Access-Control-Allow-Methods`.
pub(super) fn methods(routes: &[&Route]) -> String {
    let mut names = Vec::new();
    for route in routes {
        names.push(route.method.as_str());
        if route.method == Method::GET {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    names.join(", ")
}

/// Whether programs ask for a path, not people: it is shared with other origins, and refused in JSON.
pub(super) fn is_api(path: &str) -> bool {
    let alone = ["/feed.atom", "/metrics", "/openapi.json"];
    ["/api/", "/badge/"].iter().any(|start| path.starts_with(start))
        || alone.contains(&path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_is_there_twice_and_none_ends_with_a_slash() {
        for (index, route) in ROUTES.iter().enumerate() {
            let twin = |other: &Route| other.path == route.path && other.method == route.method;
            assert!(!ROUTES[index + 1..].iter().any(twin), "{} twice", route.path);
            assert!(route.path == "/" || !route.path.ends_with('/'), "{}", route.path);
        }
    }

    #[test]
    fn a_path_names_the_methods_it_answers() {
        assert_eq!(methods(&routes_of("/api/heartbeat")), "POST, OPTIONS");
        assert_eq!(methods(&routes_of("/api/status")), "GET, HEAD, OPTIONS");
        assert!(routes_of("/api/nope").is_empty());
    }

    #[test]
    fn what_writes_needs_a_key() {
        for route in ROUTES.iter().filter(|route| route.method == Method::POST) {
            assert!(matches!(route.auth, ServiceKey | AlertKey | Password), "{}", route.path);
        }
    }

    #[test]
    fn what_is_read_is_checked_by_the_wrapper() {
        let open = ["/login", "/health", "/favicon.ico", "/robots.txt", "/openapi.json", "/app.js"];
        for route in ROUTES.iter().filter(|route| route.method == Method::GET) {
            let checked = matches!(route.auth, Read | ReadInFull);
            assert_eq!(checked, !open.contains(&route.path), "{}", route.path);
        }
    }
}

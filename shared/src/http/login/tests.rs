use super::*;
use crate::config::Env;

const NOW: UnixMs = UnixMs(1_795_348_800_000);

fn config(variables: &[(&str, &str)]) -> Config {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_json([("services.json", r#"{"services":[]}"#)], &Env::of(variables)).unwrap()
}

fn of_host(host: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::HOST, host.parse().unwrap())])
}

/// The cookie as the browser sends it back to this host.
fn with(set_cookie: &HeaderValue, host: &str) -> HeaderMap {
    let pair = set_cookie.to_str().unwrap().split(';').next().unwrap();
    let mut headers = of_host(host);
    headers.insert(header::COOKIE, format!("theme=dark; {pair}").parse().unwrap());
    headers
}

fn signed_in(config: &Config, host: &str) -> HeaderValue {
    let password = config.dashboard_password.clone().unwrap();
    cookie(config, &password, &of_host(host), NOW)
}

#[test]
fn a_cookie_is_for_this_host_by_tls_or_for_this_machine() {
    let config = config(&[("DASHBOARD_PASSWORD", "s3cret")]);
    let text = |host: &str| signed_in(&config, host).to_str().unwrap().to_owned();
    for host in ["status.example.com", "10.0.0.7:8080", "localhost.example.com", "127.example.com"]
    {
        assert!(text(host).starts_with("__Host-flatline-login="), "{host}");
        let end = "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure";
        assert!(text(host).ends_with(end), "{host}");
    }
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"] {
        assert!(text(host).starts_with("flatline-login="), "{host}");
        assert!(text(host).ends_with("; HttpOnly; SameSite=Lax"), "{host}");
    }
    let mut proxied = of_host("127.0.0.1:8080");
    proxied.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    assert!(
        no_cookie(&proxied)
            .to_str()
            .unwrap()
            .starts_with("__Host-flatline-login=; Path=/; Max-Age=0")
    );
}

#[test]
fn a_login_holds_for_twelve_hours() {
    let config = config(&[("DASHBOARD_PASSWORD", "s3cret")]);
    for host in ["status.example.com", "localhost:8080"] {
        let headers = with(&signed_in(&config, host), host);
        assert!(is_signed_in(&config, &headers, NOW), "{host}");
        assert!(is_signed_in(&config, &headers, NOW.plus_ms(HOLDS_MS - 1)), "{host}");
        assert!(!is_signed_in(&config, &headers, NOW.plus_ms(HOLDS_MS)), "{host}");
    }
}

#[test]
fn a_login_is_worth_nothing_anywhere_else() {
    let ours = config(&[("DASHBOARD_PASSWORD", "s3cret")]);
    let host = "status.example.com";
    let headers = with(&signed_in(&ours, host), host);
    for (sentence, other) in [
        ("another password", config(&[("DASHBOARD_PASSWORD", "other")])),
        ("no password any more", config(&[])),
        ("another key", config(&[("DASHBOARD_PASSWORD", "s3cret"), ("READ_API_KEY", "key")])),
    ] {
        assert!(!is_signed_in(&other, &headers, NOW), "{sentence}");
    }
    let of_loopback = signed_in(&ours, "localhost");
    assert!(!is_signed_in(&ours, &with(&of_loopback, host), NOW), "the cookie without Secure");
}

#[test]
fn what_was_changed_does_not_sign_in() {
    let config = config(&[("DASHBOARD_PASSWORD", "s3cret")]);
    let host = "status.example.com";
    let whole = signed_in(&config, host).to_str().unwrap().to_owned();
    let (until, signature) = whole.split(';').next().unwrap().split_once('.').unwrap();
    let until: i64 = until.split_once('=').unwrap().1.parse().unwrap();
    let later = until + 1;
    for token in [
        format!("{later}.{signature}"),
        format!("{until}."),
        format!("{until}.{}", &signature[1..]),
        format!("{until}"),
        String::new(),
        ".".to_owned(),
        format!("{}.{signature}", i64::MAX),
    ] {
        let value = format!("__Host-flatline-login={token}").parse().unwrap();
        assert!(!is_signed_in(&config, &with(&value, host), NOW), "{token}");
    }
}

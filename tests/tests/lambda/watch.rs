//! `cargo lambda watch` and `cargo lambda invoke`, as people try the functions on their own machine.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::http_client;
use flatline_harness::process::{Launch, Process, Profile, binary};
use serde_json::json;

use crate::stage::LONG_MS;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// cargo-lambda with these words and where it listens; `None`, and a line that says so, if it was not
/// installed.
fn cargo_lambda(words: &[&str], port: u16) -> Option<Launch> {
    let path = PathBuf::from(ROOT).join("target/tools/cargo-lambda/bin/cargo-lambda");
    if !path.exists() {
        eprintln!("skipped: no {}; `cargo xtask test` makes it", path.display());
        return None;
    }
    let cargo = Path::new(env!("CARGO")).parent().expect("a folder").display();
    #[expect(
        clippy::disallowed_methods,
        reason = "where cargo lives, whom it asks about the workspace"
    )]
    let homes = ["HOME", "CARGO_HOME", "RUSTUP_HOME"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let launch = Launch::of(path).arg("lambda").env("PATH", &format!("{cargo}:/usr/bin:/bin"));
    let launch = homes.fold(launch, |launch, (name, value)| launch.env(name, &value));
    let launch = words.iter().fold(launch, |launch, word| launch.arg(*word));
    let here = launch.arg("--invoke-address").arg("127.0.0.1");
    Some(here.arg("--invoke-port").arg(port.to_string()))
}

/// The function as `cargo lambda watch` would start it, already built.
fn function(deployment: &Deployment, name: &str, port: u16) -> anyhow::Result<Process> {
    let url = format!("http://127.0.0.1:{port}");
    let runtime = format!("{url}/.rt/{name}");
    let launch = Launch::of(binary(&format!("flatline-{name}"), name, Profile::of_tests())?)
        .env("AWS_LAMBDA_RUNTIME_API", &runtime)
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", name)
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("FLATLINE_CANARY_URL", &url);
    let variables = deployment.variables(name);
    let launch = variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
    Ok(launch.start()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_paths_of_production_are_served_here_and_the_checker_is_rung_by_hand()
-> anyhow::Result<()> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let manifest = format!("{ROOT}/Cargo.toml");
    let words = ["watch", "--only-lambda-apis", "--manifest-path", manifest.as_str()];
    let Some(launch) = cargo_lambda(&words, port) else { return Ok(()) };
    let mut watch = launch.start()?;
    let listens = |_: &Process| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    watch.wait_until("cargo lambda watch listens", LONG_MS, listens).await?;
    let deployment = Deployment::of(ConfigDir::new()?.service("api", 600)?).await?;
    let names = ["ingest", "alert", "dashboard", "checker"];
    let running: Result<Vec<_>, _> =
        names.iter().map(|name| function(&deployment, name, port)).collect();
    let running = running?;

    let url = format!("http://127.0.0.1:{port}");
    let heartbeat = http_client().post(format!("{url}/api/heartbeat"));
    let answer = heartbeat.bearer_auth(KEY).json(&json!({"serviceId": "api"})).send().await?;
    assert_eq!(answer.status(), 200, "{}", watch.output());
    let event = format!("{ROOT}/events/checker-schedule.json");
    let words = ["invoke", "checker", "--data-file", event.as_str()];
    let mut invoke = cargo_lambda(&words, port).expect("it is there").start()?;
    let status = invoke.wait(LONG_MS).await?;
    assert!(status.success(), "{}", invoke.output());
    assert!(deployment.store().tick_mark().await?.is_some(), "the checker ran");
    assert!(deployment.store().sight_log().await?.last_proof.is_some(), "its canary was heard");
    for (path, sign) in [
        ("/", "All services operational"),
        ("/services/api", "api"),
        ("/api/status", "\"serviceId\":\"api\""),
        ("/lambda-url/dashboard/", "All services operational"),
    ] {
        let answer = http_client().get(format!("{url}{path}")).send().await?;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await?;
        assert!(text.contains(sign), "{path}: {text}");
    }
    let alert = http_client().post(format!("{url}/api/alert"));
    let alert = alert.json(&json!({"title": "t", "message": "m"})).send().await?;
    assert_eq!(alert.status(), 401, "the function alert answers, without a key");
    drop(running);
    Ok(())
}

//! `flatline serve`: start, run until told to stop, stop cleanly.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use flatline_checker::Checker;
use flatline_embedded::{DataLock, Engine, Execution};
use flatline_shared::app::App;
use flatline_shared::clock::SharedClock;
use flatline_shared::config::{Config, Env};
use flatline_shared::telemetry;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::args::ServeArgs;
use crate::data::{DATABASE, LocalKeys, local_alert_key, local_keys};
use crate::failure::Failure;
use crate::{ready, server, wiring};

/// How often the checker ticks and expired rows are looked for, in ms.
const TICK_MS: i64 = 60_000;

/// A tick that could not begin is tried again after this long, in ms.
const TICK_RETRY_MS: i64 = 2_000;

/// How often expired rows are removed, in ms.
const TTL_SWEEP_MS: i64 = 3_600_000;

/// Runs `flatline serve`.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let env = Env::from_process();
    telemetry::start(args.log_format.into(), env.get("FLATLINE_LOG").unwrap_or("info"));
    wiring::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args, &env))
}

async fn serve(args: &ServeArgs, env: &Env) -> Result<(), Failure> {
    let wanted = args.address().map_err(Failure::Address)?;
    // Judged before anything is touched: a mistake in it changes nothing.
    Config::load(&args.config, env)?;
    let lock = DataLock::take(&args.data)?;
    let (config, keys) = with_keys(args, env, &lock)?;
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));

    let listen = |source| Failure::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    if lock.is_open_to_others() {
        let directory = lock.directory().display();
        tracing::warn!("others may look into the data directory: chmod 700 {directory}");
    }
    let engine = match args.endpoint_url {
        Some(_) => None,
        None => Some(Engine::open(&lock.directory().join(DATABASE))?),
    };
    let carrier = engine.as_ref().map(|engine| engine.http_client(Execution::Blocking));
    let app = wiring::app(config, env, args, carrier.as_ref(), address).await?;
    if engine.is_some() {
        app.store.void_leases(&wiring::known_channels(&app).await?).await?;
    }
    let ready = ready::text(&app.config, address, keys.as_ref());
    if let Err(error) = std::io::stdout().write_all(ready.as_bytes()) {
        tracing::warn!(error = %error, "nobody reads stdout; ready all the same");
    }
    let ingest = wiring::ingest(&app, env, args, carrier.as_ref()).await?;
    let router = wiring::router(&app, ingest);
    run_until_told(app, engine, listener, router).await
}

/// The configuration; without `API_KEYS` or `ALERT_API_KEY` with keys of the data directory.
fn with_keys(
    args: &ServeArgs,
    env: &Env,
    lock: &DataLock,
) -> Result<(Config, Option<LocalKeys>), Failure> {
    let (mut complete, mut keys) = (env.clone(), None);
    if env.get("ALERT_API_KEY").is_none() {
        complete = complete.with("ALERT_API_KEY", &local_alert_key(lock.directory())?);
    }
    if env.get("API_KEYS").is_none() {
        let local = local_keys(lock.directory())?;
        complete = complete.with("API_KEYS", &local.api_keys);
        keys = Some(local);
    }
    Ok((Config::load(&args.config, &complete)?, keys))
}

async fn run_until_told(
    app: App,
    engine: Option<Engine>,
    listener: TcpListener,
    router: Router,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let mut server = tokio::spawn(server::serve(listener, router, stopped.clone()));
    let (end_ticks, ticks_end) = oneshot::channel::<()>();
    let ticks = tokio::spawn(tick_until(app.clone(), ticks_end));
    let mut stopping = stopped;
    let shutdown = async move {
        // An error means that nobody is left to tell us: that is a stop as well.
        let _ = stopping.changed().await;
    };
    let drains = tokio::spawn(flatline_notifier::run(app.clone(), shutdown));
    let sweeps = engine.map(|engine| tokio::spawn(sweep_for_ever(app.clone(), engine)));
    tokio::select! {
        told = told_to_stop() => told?,
        // Whoever runs and hears nobody is worse than one that is restarted.
        ended = &mut server => {
            let why = ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            return Err(std::io::Error::other(format!("the listener broke off: {why}")).into());
        }
    }
    tracing::info!("stopping: requests and deliveries under way are finished first");
    // The checker goes first: a canary that found the door closed would count as blind time.
    drop(end_ticks);
    if let Err(error) = ticks.await {
        tracing::error!(error = %error, "the checker broke off");
    }
    // Nobody waits on the other side once the server has ended.
    let _ = stop.send(true);
    if let Some(sweeps) = sweeps {
        sweeps.abort();
    }
    let limit = Duration::from_secs(10);
    if tokio::time::timeout(limit, async { tokio::join!(server, drains) }).await.is_err() {
        tracing::warn!(
            limit_s = limit.as_secs(),
            "stopped with work under way; it is redone at the next start"
        );
    }
    Ok(())
}

/// One tick begins each minute; each lasts until it sees the next one's mark, or `end` is dropped.
async fn tick_until(app: App, mut end: oneshot::Receiver<()>) {
    let clock = app.clock.clone();
    let checker = Arc::new(Checker::new(app));
    let mut ticks = JoinSet::new();
    loop {
        ticks.spawn(tick(Arc::clone(&checker), clock.clone()));
        while let Some(ended) = ticks.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(error = %error, "a tick broke off; the next one begins now");
            }
        }
        tokio::select! {
            _ = &mut end => break,
            () = clock.sleep(TICK_MS) => {}
        }
    }
    ticks.shutdown().await;
}

/// A tick that failed is tried again until the next one is due.
async fn tick(checker: Arc<Checker>, clock: SharedClock) {
    let until_ms = clock.monotonic_ms() + TICK_MS - TICK_RETRY_MS;
    while let Err(error) = checker.tick().await {
        tracing::warn!(error = %error, "this tick failed, trying again");
        if clock.monotonic_ms() >= until_ms {
            return;
        }
        clock.sleep(TICK_RETRY_MS).await;
    }
}

async fn sweep_for_ever(app: App, engine: Engine) {
    loop {
        app.clock.sleep(TTL_SWEEP_MS).await;
        let engine = engine.clone();
        match tokio::task::spawn_blocking(move || engine.sweep_ttl()).await {
            Ok(Ok(removed)) => tracing::debug!(removed, "expired rows removed"),
            Ok(Err(error)) => tracing::warn!(error = %error, "expired rows stay for now"),
            Err(error) => tracing::error!(error = %error, "the sweep of expired rows broke off"),
        }
    }
}

async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

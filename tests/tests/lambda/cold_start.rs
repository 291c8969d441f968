//! What a cold start costs, for information: figures are judged by the benchmark.

use crate::stage::{LONG_MS, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_comes_to_its_first_poll() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 60)]).await?;
    let (checker, notifier) = (stage.checker().await?, stage.notifier().await?);
    for (name, function) in [
        ("ingest", &stage.ingest),
        ("alert", &stage.alert),
        ("dashboard", &stage.dashboard),
        ("checker", &checker),
        ("notifier", &notifier),
    ] {
        let process = function.ready(LONG_MS).await?;
        let process = process.as_ref().expect("it is ready");
        let (cpu_ms, rss_mib) =
            (process.cpu_us()? as f64 / 1e3, process.rss_kib()? as f64 / 1024.0);
        println!("{name}: {cpu_ms:.1} ms CPU to the first poll, {rss_mib:.1} MiB resident");
    }
    Ok(())
}

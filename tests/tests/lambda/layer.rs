//! The configuration as Lambda brings it: a layer, unpacked in /opt, and no variable that names it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::process::{Process, Profile, binary};
use flatline_harness::runtime_api::LambdaProcess;

use crate::stage::{LONG_MS, sample};

/// Ways to a /opt of one's own: as root, and as anybody where the system allows it.
const WAYS: [&str; 2] = ["unshare --mount", "unshare --user --map-root-user --mount"];

/// A script that runs a function with this folder as its /opt; `None` where nobody may do that.
fn in_layer(home: &Path, layer: &Path, function: &Path) -> Option<PathBuf> {
    let way = WAYS.iter().find(|way| may_mount(way, layer))?;
    let (layer, function) = (layer.display(), function.display());
    let script = format!(
        "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
         exec {way} /bin/sh -c 'mount --bind {layer} /opt && exec {function}'\n"
    );
    let path = home.join("start");
    fs::write(&path, script).ok()?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).ok()?;
    Some(path)
}

fn may_mount(way: &str, layer: &Path) -> bool {
    let script = format!("{way} mount --bind {} /opt", layer.display());
    let tried = Command::new("/bin/sh").args(["-c", &script]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_layer_in_opt_is_the_configuration() -> anyhow::Result<()> {
    let layer = ConfigDir::new()?.service("api", 600)?.hook("http://127.0.0.1:9/")?;
    let folder = layer.path().to_owned();
    let deployment = Deployment::of(layer).await?;
    for name in ["ingest", "alert", "dashboard", "checker", "notifier"] {
        let home = tempfile::tempdir()?;
        let function = binary(&format!("flatline-{name}"), name, Profile::of_tests())?;
        let Some(program) = in_layer(home.path(), &folder, &function) else {
            println!("nobody may mount here: only the other tests say where the configuration is");
            return Ok(());
        };
        let mut variables = deployment.variables(name);
        variables.retain(|(name, _)| name != "FLATLINE_CONFIG");
        variables.push(("FLATLINE_CANARY_URL".into(), "http://127.0.0.1:9".into()));
        let function = LambdaProcess::start(name, program, &variables).await?;
        let process = function.ready(LONG_MS).await?;
        let log = process.as_ref().map(Process::stderr).unwrap_or_default();
        drop(process);
        assert!(!log.contains("ERROR"), "{name}: {log}");
        if name == "ingest" {
            let mut event = sample("ingest-heartbeat");
            event["headers"]["authorization"] = format!("Bearer {KEY}").into();
            event["body"] = r#"{"serviceId":"api"}"#.into();
            let answer = function.invoke(&event).await?;
            assert_eq!(answer["statusCode"], 200, "{answer}");
        }
    }
    Ok(())
}

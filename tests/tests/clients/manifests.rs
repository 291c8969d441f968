//! The manifests and units: valid by their schemas, and as careful as examples have to be.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::bench::{clients, installed};

const MANIFESTS: [&str; 4] = ["cronjob", "daemonset", "sidecar", "test-job"];

/// A program of the Python environment that `cargo xtask test` makes; `None` if it was not made.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = clients().join("../target/venv/bin").join(name);
    if !path.exists() {
        eprintln!("skipped: no {}; `cargo xtask test clients` makes it", path.display());
        return None;
    }
    Some(path)
}

/// The documents of a YAML file.
pub fn documents(file: &str) -> Option<Vec<Value>> {
    let script =
        "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let output =
        Command::new(tool("python")?).args(["-c", script]).arg(clients().join(file)).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn succeeds(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(said)
}

/// The pod of whatever makes pods.
pub fn pod(manifest: &Value) -> &Value {
    match manifest["kind"].as_str() {
        Some("CronJob") => &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        Some("Pod") => &manifest["spec"],
        _ => &manifest["spec"]["template"]["spec"],
    }
}

/// What makes a pod less careful than an example should be.
fn careless(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut expect = |what: &str, holds: bool| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    for container in pod["containers"].as_array().expect("containers") {
        let security = &container["securityContext"];
        let (_, tag) =
            container["image"].as_str().expect("an image").rsplit_once(':').unwrap_or_default();
        expect("an image with its version", tag.starts_with(|c: char| c.is_ascii_digit()));
        expect("a root file system that is read-only", security["readOnlyRootFilesystem"] == true);
        expect("no more rights than at the start", security["allowPrivilegeEscalation"] == false);
        expect("no capabilities", security["capabilities"]["drop"] == json!(["ALL"]));
        let non_root = [&pod["securityContext"], security].map(|it| it["runAsNonRoot"] == true);
        expect("a user that is not root", non_root.contains(&true));
        let users = [&pod["securityContext"], security].map(|it| it["runAsUser"].as_u64());
        expect(
            "a user by number",
            users.iter().flatten().all(|id| *id > 0) && users != [None, None],
        );
        for (kind, name) in
            [("limits", "memory"), ("limits", "cpu"), ("requests", "memory"), ("requests", "cpu")]
        {
            expect("resources", container["resources"][kind][name].is_string());
        }
    }
    found
}

#[test]
fn manifests_of_kubernetes_are_valid_and_careful() -> Result<()> {
    let Some(validate) = tool("kubernetes-validate") else { return Ok(()) };
    for name in MANIFESTS {
        let file = format!("kubernetes/{name}.yaml");
        succeeds(Command::new(&validate).arg("--strict").arg(clients().join(&file)))?;
        for manifest in documents(&file).context("the environment is there")? {
            let pod = pod(&manifest);
            ensure!(
                pod["automountServiceAccountToken"] == false,
                "{file}: a token that nobody needs"
            );
            let careless = careless(pod);
            ensure!(careless.is_empty(), "{file} lacks {careless:?}");
        }
    }
    Ok(())
}

#[test]
fn helm_values_make_a_valid_pod() -> Result<()> {
    let Some(validate) = tool("kubernetes-validate") else { return Ok(()) };
    let values = documents("kubernetes/helm-values.yaml").context("the environment is there")?;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "of-a-chart"},
        "spec": {"containers": values[0]["extraContainers"], "volumes": values[0]["extraVolumes"]}});
    let careless = careless(&pod["spec"]);
    ensure!(careless.is_empty(), "helm-values.yaml lacks {careless:?}");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("pod.json");
    std::fs::write(&file, pod.to_string())?;
    succeeds(Command::new(&validate).arg("--strict").arg(&file))?;
    let mounted = pod["spec"]["containers"][0]["volumeMounts"].as_array().context("mounts")?;
    let volumes = pod["spec"]["volumes"].as_array().context("volumes")?;
    ensure!(
        mounted.iter().all(|mount| volumes.iter().any(|volume| volume["name"] == mount["name"]))
    );
    Ok(())
}

#[test]
fn kustomizations_name_files_that_are_there() -> Result<()> {
    for file in ["kustomization.yaml", "kubernetes/kustomization.yaml"] {
        let Some(documents) = documents(file) else { return Ok(()) };
        let folder = clients().join(file).parent().map(Path::to_path_buf).context("a folder")?;
        let resources = documents[0]["resources"].as_array().into_iter().flatten();
        let files = documents[0]["configMapGenerator"][0]["files"].as_array().into_iter().flatten();
        for name in resources.chain(files) {
            ensure!(folder.join(name.as_str().context("a name")?).exists(), "{file}: {name}");
        }
    }
    let Some(kubectl) = installed("kubectl") else { return Ok(()) };
    let made = succeeds(Command::new(kubectl).arg("kustomize").arg(clients()))?;
    let (_, rest) = made.split_once("kind: ConfigMap").context("a ConfigMap")?;
    let name =
        rest.lines().find_map(|line| line.trim().strip_prefix("name: ")).context("its name")?;
    ensure!(made.matches(name).count() == 3, "both pods mount {name}:\n{made}");
    Ok(())
}

#[test]
fn the_compose_file_is_valid_and_careful() -> Result<()> {
    let file = clients().join("docker-compose.yml");
    let Some(check) = tool("check-jsonschema") else { return Ok(()) };
    succeeds(Command::new(check).args(["--builtin-schema", "vendor.compose-spec"]).arg(&file))?;
    let documents = documents("docker-compose.yml").context("the environment is there")?;
    let service = &documents[0]["services"]["heartbeat"];
    ensure!(service["read_only"] == true && service["cap_drop"] == json!(["ALL"]));
    ensure!(
        service["user"] != "0" && service["user"].is_string() && service["mem_limit"].is_string()
    );
    ensure!(!service["image"].as_str().unwrap_or(":latest").ends_with(":latest"));
    Ok(())
}

#[test]
fn units_are_valid_and_hardened() -> Result<()> {
    let Some(analyze) = installed("systemd-analyze") else {
        eprintln!("skipped: systemd-analyze is not installed");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let here = clients().join("heartbeat-client.sh").canonicalize()?;
    for name in ["heartbeat.service", "heartbeat.timer"] {
        let text = std::fs::read_to_string(clients().join("systemd").join(name))?;
        let text = text.replace("/usr/local/bin/heartbeat-client.sh", &here.display().to_string());
        std::fs::write(folder.path().join(name), text)?;
    }
    let unit = |name: &str| folder.path().join(name);
    let said = succeeds(
        Command::new(&analyze)
            .arg("verify")
            .args([unit("heartbeat.service"), unit("heartbeat.timer")]),
    )?;
    // Unknown keys are warnings only. What other units of this machine lack is not ours.
    ensure!(!said.contains("heartbeat."), "{said}");
    let exposure = ["security", "--offline=true", "--no-pager", "--threshold=20"];
    succeeds(Command::new(&analyze).args(exposure).arg(unit("heartbeat.service")))?;
    Ok(())
}

//! `deploy/deploy.sh` with stand-ins for SAM and Flatline: what it calls, and when it refuses.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::tools::root;

/// Something that finds the programs of a folder before all others; its arguments are the command.
pub fn with_programs(folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "PATH=\"$PROGRAMS:$PATH\" exec \"$@\"", "sh"]).env("PROGRAMS", folder);
    shell
}

/// A folder that looks like this repository.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["deploy", "config", "functions", "shared", "bin"] {
            fs::create_dir(project.path().join(folder)).expect("a folder");
        }
        let script = project.path().join("deploy/deploy.sh");
        fs::copy(root().join("deploy/deploy.sh"), script).expect("the script");
        for file in ["Cargo.toml", "Cargo.lock", "template.yaml", "samconfig.toml"] {
            project.write(file, "first");
        }
        project.write("functions/main.rs", "first");
        project.write("config/services.json", "good");
        project.program("flatline", "echo flatline \"$@\" >> calls; ! grep -q bad config/*.json");
        let built = "mkdir -p .aws-sam/build && touch .aws-sam/build/template.yaml";
        project.program(
            "sam",
            &format!("echo sam \"$@\" >> calls; [ $1 != build ] || {{ {built}; }}"),
        );
        let git = Command::new("git").args(["init", "-q"]).current_dir(project.path()).status();
        assert!(git.expect("git").success());
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file");
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("its mode");
    }

    /// Whether it succeeded, and what it called.
    fn deploy(&self, arguments: &[&str]) -> (bool, Vec<String>) {
        let bin = self.path().join("bin");
        let output = with_programs(&bin)
            .arg(self.path().join("deploy/deploy.sh"))
            .args(arguments)
            .env("FLATLINE", bin.join("flatline"))
            .output()
            .expect("it starts");
        let calls = self.path().join("calls");
        let told = fs::read_to_string(&calls).unwrap_or_default();
        let _ = fs::remove_file(calls);
        (output.status.success(), told.lines().map(str::to_owned).collect())
    }
}

const CHECK: &str = "flatline check --config config";

#[test]
fn a_configuration_that_cannot_be_loaded_is_not_deployed() {
    let project = Project::new();
    project.write("config/services.json", "bad");
    assert_eq!(project.deploy(&["prod"]), (false, vec![CHECK.to_owned()]));
}

#[test]
fn what_was_built_is_deployed_again_with_another_configuration() {
    let project = Project::new();
    let build = "sam build --config-env prod";
    let deploy = "sam deploy --config-env prod --no-confirm-changeset";
    let deployed = || project.deploy(&["prod", "--no-confirm-changeset"]);
    let all = [CHECK, build, deploy].map(str::to_owned).to_vec();
    let without_build = [CHECK, deploy].map(str::to_owned).to_vec();
    assert_eq!(deployed(), (true, all.clone()), "the first time");
    assert_eq!(deployed(), (true, without_build.clone()), "nothing has changed");
    project.write("config/services.json", "other");
    assert_eq!(deployed(), (true, without_build), "the configuration has changed");
    for file in ["functions/main.rs", "template.yaml", "samconfig.toml", "shared/new.rs"] {
        project.write(file, "other");
        assert_eq!(deployed(), (true, all.clone()), "{file} has changed");
    }
    fs::remove_file(project.path().join("shared/new.rs")).expect("it is there");
    assert_eq!(deployed(), (true, all), "a file was removed");
}

#[test]
fn each_environment_has_its_own_build_and_one_that_failed_is_none() {
    let project = Project::new();
    assert_eq!(project.deploy(&[]).1[1], "sam build --config-env default");
    assert_eq!(project.deploy(&["dev"]).1[1], "sam build --config-env dev");
    project.write("functions/main.rs", "broken");
    project.program("sam", "echo sam \"$@\" >> calls; exit 1");
    for _ in 0..2 {
        let (is_content, calls) = project.deploy(&["dev"]);
        assert_eq!((is_content, calls.len()), (false, 2), "{calls:?}");
    }
}

/// By environment of samconfig.toml, the stack and the parameters that are given to it.
fn environments() -> BTreeMap<String, (String, BTreeMap<String, String>)> {
    let text = fs::read_to_string(root().join("samconfig.toml")).expect("the settings");
    let mut all: BTreeMap<String, (String, BTreeMap<String, String>)> = BTreeMap::new();
    for section in text.split("\n[").skip(1) {
        let (head, body) = section.split_once("]\n").expect("a section");
        let (environment, kind) = head.split_once('.').expect("a name");
        let about = all.entry(environment.to_owned()).or_default();
        let texts: Vec<_> = body.split('"').skip(1).step_by(2).collect();
        match kind {
            "global.parameters" => texts[0].clone_into(&mut about.0),
            "deploy.parameters" => {
                let pairs = texts.iter().filter_map(|text| text.split_once('='));
                about.1.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn environments_of_one_stack_do_not_contradict_each_other() {
    let all = environments();
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["default", "dev", "prod"]);
    for (one, (stack, parameters)) in &all {
        for (other, (_, others)) in all.iter().filter(|(_, about)| about.0 == *stack) {
            for (name, value) in parameters {
                assert!(others.get(name).is_none_or(|it| it == value), "{name} in {one}, {other}");
            }
        }
    }
    assert_eq!(all["prod"].1["ReserveConcurrency"], "yes", "what people rely on");
    assert_ne!(all["dev"].0, all["prod"].0);
}

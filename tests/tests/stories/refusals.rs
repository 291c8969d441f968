//! What `flatline` refuses to start with: one clear sentence each, the exit code, and nothing touched.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use flatline_harness::config::ConfigDir;
use flatline_harness::process::{Launch, Process, Profile, binary};
use serde_json::json;

use crate::site::PATIENCE_MS;

/// A start that must fail.
struct Attempt {
    launch: Launch,
}

impl Attempt {
    fn of(config: &ConfigDir, data: &Path) -> Result<Self> {
        let program = binary("flatline", "flatline", Profile::Debug)?;
        Ok(Self::by(Launch::of(program), config, data))
    }

    /// By a program that runs the one named by its last argument.
    fn by(launch: Launch, config: &ConfigDir, data: &Path) -> Self {
        let mut launch = launch.arg("--config").arg(config.path()).arg("--data").arg(data);
        for (name, value) in config.variables() {
            launch = launch.env(&name, &value);
        }
        Self { launch: launch.env("FLATLINE_LISTEN", "127.0.0.1:0") }
    }

    fn env(self, name: &str, value: &str) -> Self {
        Self { launch: self.launch.env(name, value) }
    }

    fn arg(self, argument: &str) -> Self {
        Self { launch: self.launch.arg(argument) }
    }

    /// What it said on stderr; nothing may have gone to stdout.
    async fn refused(self, code: i32) -> Result<String> {
        let mut process: Process = self.launch.start()?;
        let ended = process.wait(PATIENCE_MS).await?;
        ensure!(ended.code() == Some(code), "{ended} instead of {code}\n{}", process.output());
        ensure!(process.stdout().is_empty(), "{}", process.output());
        Ok(process.stderr())
    }
}

/// A sentence on one line, from us, that holds these words.
fn is_one_sentence(text: &str, words: &[&str]) -> Result<()> {
    let line = text.trim_end();
    ensure!(line.starts_with("flatline: ") && !line.contains('\n'), "not one sentence:\n{text}");
    holds(text, words)
}

fn holds(text: &str, words: &[&str]) -> Result<()> {
    for word in words {
        ensure!(text.contains(word), "no '{word}' in:\n{text}");
    }
    Ok(())
}

fn config() -> Result<ConfigDir> {
    Ok(ConfigDir::new()?.service("api", 60)?)
}

#[tokio::test]
async fn a_bad_configuration_is_told_whole_and_nothing_is_touched() -> Result<()> {
    let home = tempfile::tempdir()?;
    let data = home.path().join("data");
    let wrong = config()?
        .service_json(json!({"id": "a#b", "name": "x", "stalenessThreshold": 60}))?
        .service_json(json!({"id": "api", "name": "twice", "stalenessThreshold": 60}))?
        .service_json(json!({"id": "slow", "name": "x", "stalenessThreshold": "soon"}))?;
    let said = Attempt::of(&wrong, &data)?.refused(2).await?;
    holds(&said, &["services.json", "services[1]", "services[2]", "services[3]", "'#'", "unique"])?;
    ensure!(said.starts_with("flatline: the configuration has 3 problems\n"), "{said}");
    ensure!(said.lines().count() == 4, "one line for each problem and one before:\n{said}");

    let unread = config()?;
    fs::write(unread.path().join("services.json"), "{\"services\": [")?;
    let said = Attempt::of(&unread, &data)?.refused(2).await?;
    holds(&said, &["services.json", "line 1"])?;

    let missing = config()?;
    fs::remove_file(missing.path().join("services.json"))?;
    let said = Attempt::of(&missing, &data)?.refused(2).await?;
    holds(&said, &["services.json"])?;

    for (keys, word) in [("{\"*\": 5}", "API_KEYS"), ("fl_secret_in_the_wrong_form", "API_KEYS")] {
        let said = Attempt::of(&config()?, &data)?.env("API_KEYS", keys).refused(2).await?;
        holds(&said, &[word])?;
        ensure!(!said.contains("fl_secret"), "{said}");
    }

    let authority = home.path().join("authority.pem");
    let file = authority.display().to_string();
    let good = config()?;
    let judge = || Attempt::of(&good, &data).map(|it| it.env("FLATLINE_CA_FILE", &file));
    holds(&judge()?.refused(2).await?, &["FLATLINE_CA_FILE", "the file cannot be read"])?;
    fs::write(&authority, "garbage")?;
    holds(&judge()?.refused(2).await?, &["FLATLINE_CA_FILE", "certificates in PEM form"])?;

    let said = Attempt::of(&config()?, &data)?.arg("--lissen").refused(2).await?;
    holds(&said, &["--lissen", "--listen"])?;
    let said = Attempt::of(&config()?, &data)?.env("FLATLINE_LISTEN", "here").refused(2).await?;
    holds(&said, &["here", "--listen"])?;
    let said =
        Attempt::of(&config()?, &data)?.env("FLATLINE_LISTEN", "localhost:80").refused(2).await?;
    is_one_sentence(&said, &["localhost:80", "127.0.0.1:8080"])?;
    ensure!(!data.exists(), "the data directory was made");
    fs::write(&data, "")?;
    let said = Attempt::of(&config()?, &data)?.refused(1).await?;
    is_one_sentence(&said, &["it is a file and must be a directory"])?;
    Ok(())
}

#[tokio::test]
async fn a_bad_configuration_leaves_an_existing_data_directory_alone() -> Result<()> {
    let data = tempfile::tempdir()?;
    fs::write(data.path().join("flatline.db"), "what was there")?;
    let config = config()?.service("api", 5)?;
    Attempt::of(&config, data.path())?.refused(2).await?;
    let left: Vec<_> = fs::read_dir(data.path())?.collect::<Result<_, _>>()?;
    ensure!(left.len() == 1, "{left:?}");
    ensure!(fs::read_to_string(data.path().join("flatline.db"))? == "what was there");
    Ok(())
}

#[tokio::test]
async fn a_data_directory_in_use_is_left_to_its_owner() -> Result<()> {
    let data = tempfile::tempdir()?;
    let _owner = flatline_embedded::DataLock::take(data.path())?;
    let said = Attempt::of(&config()?, data.path())?.refused(75).await?;
    is_one_sentence(&said, &["in use by another process", &data.path().display().to_string()])
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_written_is_named() -> Result<()> {
    let home = tempfile::tempdir()?;
    let file = home.path().join("data");
    fs::write(&file, "a file")?;
    let said = Attempt::of(&config()?, &file)?.refused(1).await?;
    is_one_sentence(&said, &["cannot be written", &file.display().to_string()])?;
    ensure!(fs::read_to_string(&file)? == "a file");

    let locked = home.path().join("locked");
    fs::create_dir(&locked)?;
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555))?;
    // Mode bits mean nothing to root.
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
    let config = config()?;
    let attempt = if is_root {
        as_nobody(&config, &locked, home.path())?
    } else {
        Attempt::of(&config, &locked)?
    };
    let said = attempt.refused(1).await?;
    is_one_sentence(&said, &["cannot be written", &locked.display().to_string()])
}

/// Nobody may read neither the target directory nor ours, so the program is copied and all is opened.
fn as_nobody(config: &ConfigDir, data: &Path, home: &Path) -> Result<Attempt> {
    let program = home.join("flatline");
    // By another process: a file that this one has open for writing, while other stories start theirs,
    // cannot be executed.
    let original = binary("flatline", "flatline", Profile::Debug)?;
    let copied = Command::new("cp").arg(original).arg(&program).status()?;
    ensure!(copied.success(), "cp: {copied}");
    for folder in [home, config.path()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    let launch = Launch::of("/usr/bin/setpriv")
        .arg("--reuid=65534")
        .arg("--regid=65534")
        .arg("--clear-groups")
        .arg(program);
    Ok(Attempt::by(launch, config, data))
}

#[tokio::test]
async fn an_address_in_use_is_named_with_the_way_out() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    // With a channel, so that there is nothing to warn about.
    let (config, data) = (config()?.hook("https://example.org/x")?, tempfile::tempdir()?);
    let attempt = Attempt::of(&config, data.path())?.env("FLATLINE_LISTEN", &address);
    is_one_sentence(&attempt.refused(1).await?, &[&address, "in use", "--listen"])
}

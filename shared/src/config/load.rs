//! From files and environment to a [`Config`], or to everything that is wrong with them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;
use url::Url;

use super::entry::Surroundings;
use super::names::ChannelNames;
use super::notifications::Texts;
use super::reader::{Judge, Place};
use super::{
    AlertKeys, ApiKeys, Config, ConfigErrors, Dashboard, Env, Problem, Secret, Settings,
    authorities, fingerprint, keys, notifications, senders, services, settings, twice,
};

/// The files of the folder. Only the first must be there.
const FILES: [&str; 5] =
    ["services.json", "notifications.json", "settings.json", "dashboard.json", "ui.json"];

impl Config {
    /// Loads and judges everything; reports every problem at once.
    pub fn load(dir: &Path, env: &Env) -> Result<Self, ConfigErrors> {
        Self::load_with(Texts::JUDGED, dir, env)
    }

    /// The same without what is only for texts of messages, for a function that writes none: templates
    /// are not there, and whether they and the time zone can be used is not judged.
    pub fn load_without_texts(dir: &Path, env: &Env) -> Result<Self, ConfigErrors> {
        Self::load_with(Texts::LEFT_OUT, dir, env)
    }

    fn load_with(texts: Texts, dir: &Path, env: &Env) -> Result<Self, ConfigErrors> {
        let judge = Judge::default();
        if !dir.is_dir() {
            let what = if dir.exists() { "is a file" } else { "does not exist" };
            let sentence = format!("{what}, and must be the folder with services.json");
            judge.error(&Place::file(&dir.display().to_string()), sentence);
            let errors = [judge.verdict().0, env.problems().to_vec()].concat();
            return Err(ConfigErrors(errors, Vec::new()));
        }
        let mut files = BTreeMap::new();
        for name in FILES {
            match std::fs::read(dir.join(name)) {
                Ok(bytes) => {
                    files.insert(name, bytes);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    judge.error(&Place::file(name), format!("cannot be read: {error}"));
                }
            }
        }
        let mut documents = BTreeMap::new();
        for (name, bytes) in &files {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    documents.insert(*name, text);
                }
                Err(error) => judge.error(&Place::file(name), format!("must be UTF-8: {error}")),
            }
        }
        Self::judge(judge, texts, &documents, env)
    }

    /// The same from texts by file name, as tests have them.
    pub fn from_json<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        env: &Env,
    ) -> Result<Self, ConfigErrors> {
        Self::judge(Judge::default(), Texts::JUDGED, &files.into_iter().collect(), env)
    }

    fn judge(
        judge: Judge,
        texts: Texts,
        documents: &BTreeMap<&str, &str>,
        env: &Env,
    ) -> Result<Self, ConfigErrors> {
        let mut config = Self::assemble(&judge, texts, &Documents::parse(&judge, documents), env);
        let (mut errors, mut warnings) = judge.verdict();
        errors.extend_from_slice(env.problems());
        errors.sort_by_key(rank);
        warnings.sort_by_key(rank);
        if !errors.is_empty() {
            return Err(ConfigErrors(errors, warnings));
        }
        config.warnings = warnings;
        Ok(config)
    }

    /// What can be made of the documents; of use only if nothing is wrong with them.
    fn assemble(judge: &Judge, texts: Texts, documents: &Documents, env: &Env) -> Self {
        let (settings, dashboard) = documents.settings(judge, env);
        let told = notifications::read(judge, texts, documents.get("notifications.json"), env);
        let around = Surroundings {
            channels: ChannelNames {
                channels: &told.channels,
                is_lost: judge.is_lost("notifications.json"),
            },
            notifications_enabled: told.enabled,
            threshold_sets: (!judge.is_lost("settings.json"))
                .then(|| settings.threshold_sets.keys().map(String::as_str).collect()),
            threshold_profile: &settings.threshold_profile,
        };
        let document = documents.get("services.json");
        let read = document.map(|document| services::read(judge, document, &around));
        let (services, groups) = read.unwrap_or_default();
        let api_keys = ApiKeys::read(judge, env.get("API_KEYS"));
        keys::judge(judge, &api_keys, &services, &groups);
        let alert_keys = AlertKeys::read(judge, env.get("ALERT_API_KEY"), &told.channels);
        let index = services.iter().enumerate();
        let hash = fingerprint::of(&services, &told.channels);
        Self {
            index: index.map(|(at, service)| (service.spec.id.clone(), at)).collect(),
            services,
            groups,
            channels: told.channels,
            notifications_enabled: told.enabled,
            notify: told.settings,
            templates: told.templates,
            settings,
            dashboard,
            api_keys,
            alert_keys,
            alert_senders: senders::read(judge, env),
            read_key: env.secret("READ_API_KEY"),
            dashboard_password: env.secret("DASHBOARD_PASSWORD"),
            public_url: read_public_url(judge, env),
            watchdog_url: read_watchdog_url(judge, env),
            authorities: authorities::read(judge, env),
            hash,
            warnings: Vec::new(),
        }
    }
}

/// Problems are told file by file, the environment last.
fn rank(problem: &Problem) -> usize {
    FILES.iter().position(|name| *name == problem.file).unwrap_or(FILES.len())
}

/// The files that are there and are JSON.
struct Documents(BTreeMap<String, Value>);

impl Documents {
    fn parse(judge: &Judge, texts: &BTreeMap<&str, &str>) -> Self {
        let mut documents = BTreeMap::new();
        for (name, text) in texts {
            let text = text.trim_start_matches('\u{feff}');
            match serde_json::from_str(text) {
                Ok(value) => {
                    documents.insert((*name).to_owned(), value);
                    for place in twice::find(text, Place::file(name)) {
                        judge.warn(&place, "stands here twice: only the last one counts");
                    }
                }
                Err(error) => {
                    judge.error(&Place::file(name), format!("is not valid JSON: {error}"));
                }
            }
        }
        if !documents.contains_key(FILES[0]) && !judge.is_lost(FILES[0]) {
            let sentence = "is missing: it must name the services, as {\"services\": [{\"id\": \"my-service\"}]}";
            judge.error(&Place::file(FILES[0]), sentence);
        }
        Self(documents)
    }

    fn settings(&self, judge: &Judge, env: &Env) -> (Settings, Dashboard) {
        let [settings, page, ui] = ["settings.json", "dashboard.json", "ui.json"];
        settings::read_either(judge, self.get(settings), self.get(page), self.get(ui), env)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// `FLATLINE_PUBLIC_URL`, which links in messages begin with.
fn read_public_url(judge: &Judge, env: &Env) -> Option<String> {
    let text = env.get("FLATLINE_PUBLIC_URL")?;
    let is_right = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if !is_right {
        let sentence = "must be the http or https URL of the page, such as https://status.example.com, \
                        without user name, query and fragment";
        judge.error(&Place::variable("FLATLINE_PUBLIC_URL"), sentence);
    }
    Some(text.trim_end_matches('/').to_owned())
}

/// `FLATLINE_WATCHDOG_PING_URL`; whoever knows it could silence the alarm, so it is a secret.
fn read_watchdog_url(judge: &Judge, env: &Env) -> Option<Secret> {
    const NAME: &str = "FLATLINE_WATCHDOG_PING_URL";
    let text = env.get(NAME)?;
    if !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        let sentence = "must be an http or https URL that another monitor gave you";
        judge.error(&Place::variable(NAME), sentence);
    }
    env.secret(NAME)
}

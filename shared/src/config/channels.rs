//! `channels` of `notifications.json`.

use std::collections::HashMap;

use flatline_domain::{ChannelRoute, EventFilter};

use super::channel_options::Need;
use super::credentials::variable_name;
use super::entry::{judge_name, read_events};
use super::reader::{Judge, Place, Section, choice, quoted};
use super::{Channel, ChannelKind, ChannelOptions, Env, NotifySettings, notifications};

/// One transaction writes a row for each: more would not fit into it with the rest.
const ENABLED_LIMIT: usize = 24;

/// Reads the list; the ranges of `settings` decide which addresses are allowed.
pub(super) fn read(file: &mut Section<'_>, settings: &NotifySettings, env: &Env) -> Vec<Channel> {
    let judge = file.judge();
    let place = file.place().key("channels");
    let mut channels = Vec::new();
    for mut object in file.sections("channels") {
        channels.push((object.place().clone(), read_one(&mut object, settings, env)));
        object.close();
    }
    if channels.is_empty() {
        judge.warn(&place, "no channel is configured, so nobody is told of anything");
    }
    let mut told = channels.iter().filter(|(_, channel)| channel.enabled).peekable();
    if told.peek().is_some() && !told.any(|(_, channel)| channel.route.events.down) {
        let sentence =
            "no enabled channel takes 'down', so nobody is told when a service falls silent";
        judge.warn(&place, sentence);
    }
    judge_names(judge, &channels);
    judge_fallback(judge, &channels);
    let enabled = channels.iter().filter(|(_, channel)| channel.enabled).count();
    if enabled > ENABLED_LIMIT {
        let sentence = format!("at most {ENABLED_LIMIT} channels can be enabled, not {enabled}");
        judge.error(&place, sentence);
    }
    let channels: Vec<_> = channels.into_iter().map(|(_, channel)| channel).collect();
    judge_variables(judge, &channels, env);
    channels
}

fn read_one(object: &mut Section<'_>, settings: &NotifySettings, env: &Env) -> Channel {
    let kind = read_kind(object);
    let name = read_name(object);
    let is_known = kind.is_some() && !name.is_empty();
    // A channel without a type ends in an error anyway; any type lets the rest be read.
    let kind = kind.unwrap_or_else(ChannelKind::any);
    let enabled = object.flag("enabled").unwrap_or(true);
    let fallback = object.flag("fallback").unwrap_or(false);
    let events = read_events(object).unwrap_or(EventFilter::ALL);
    let mut config = object.free("config");
    let external_alerts = config.flag("externalAlerts").unwrap_or(true);
    let fold_above = config.whole("foldAbove", "messages", &notifications::FOLD_ABOVE);
    let need = if enabled && is_known { Need::Enforced } else { Need::Waived };
    let mut options = ChannelOptions::open(config, kind, &name, &settings.allow_private, env, need);
    if fold_above.is_some() && kind.tracks_incidents() {
        let sentence = "a channel of this type holds an incident for each service, so messages are \
                        never told as one: remove it";
        options.error("foldAbove", sentence);
    }
    options.base_url();
    (kind.about().read)(&mut options);
    let (options, credentials) = options.close();
    let route = ChannelRoute { name, enabled, events, tracks_incidents: kind.tracks_incidents() };
    Channel {
        route,
        kind,
        enabled,
        fallback,
        external_alerts,
        fold_above: fold_above.map(|number| number as u32),
        options,
        secrets: credentials.into_secrets(),
    }
}

fn read_kind(object: &mut Section<'_>) -> Option<ChannelKind> {
    if object.value("type").is_none() {
        let words: Vec<_> = ChannelKind::words().collect();
        let sentence = format!("must be one of {}, and is missing", words.join(", "));
        object.judge().error(&object.place().key("type"), sentence);
    }
    let words: Vec<_> = ChannelKind::all().map(|kind| (kind.as_str(), kind)).collect();
    let word = object.text("type")?;
    choice(object.judge(), &object.place().key("type"), word, &words)
}

fn read_name(object: &mut Section<'_>) -> String {
    let name = object.required_text("name");
    if let Some(name) = name {
        judge_name(object.judge(), &object.place().key("name"), name);
    }
    name.unwrap_or_default().to_owned()
}

/// Names are identities, and each has variables of its own.
fn judge_names(judge: &Judge, channels: &[(Place, Channel)]) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (place, channel) in channels.iter().filter(|(_, channel)| !channel.route.name.is_empty()) {
        let name = channel.route.name.as_str();
        let variables = variable_name(name, "");
        let by_name = seen.insert(format!("name {}", name.to_lowercase()), name);
        let by_variable = seen.insert(variables.clone(), name);
        let sentence = match (by_name, by_variable) {
            (Some(_), _) => {
                format!("must be unique in any case, and {} is used twice", quoted(name))
            }
            (None, Some(other)) => format!(
                "must differ from {} by more than punctuation: the variables of both would begin \
                 with {variables}",
                quoted(other)
            ),
            (None, None) => continue,
        };
        judge.error(&place.key("name"), sentence);
    }
}

fn judge_fallback(judge: &Judge, channels: &[(Place, Channel)]) {
    let fallbacks = || channels.iter().filter(|(_, channel)| channel.fallback);
    for (place, _) in fallbacks().skip(1) {
        judge.error(&place.key("fallback"), "must be true on one channel only");
    }
    for (place, _) in fallbacks().take(1).filter(|(_, channel)| !channel.enabled) {
        let sentence = "the channel is disabled, so nothing falls back to it";
        judge.warn(&place.key("fallback"), sentence);
    }
}

/// A misspelt variable would otherwise show only when an alarm does not arrive.
fn judge_variables(judge: &Judge, channels: &[Channel], env: &Env) {
    let known: Vec<String> = channels.iter().flat_map(Channel::variables).collect();
    for name in env.names().filter(|name| name.starts_with("NOTIFICATION_")) {
        if !name.ends_with("_FILE") && !known.iter().any(|known| known == name) {
            let hint = judge.nearest(name, known.iter().map(String::as_str));
            judge.warn(&Place::variable(name), format!("no channel has this variable{hint}"));
        }
    }
}

impl Channel {
    /// Names of the variables that hold its credentials.
    pub fn variables(&self) -> Vec<String> {
        let keys = self.kind.about().credentials.iter();
        keys.map(|key| variable_name(&self.route.name, key)).collect()
    }
}

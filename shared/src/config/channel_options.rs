//! `config` of one channel: what is common to all types, and how a type asks for its own.

use http::HeaderValue;
use ipnet::IpNet;
use serde_json::{Map, Value};

use super::address::check_url;
use super::credentials::{Credentials, options, variable_name};
use super::reader::{Object, Place, wanted};
use super::{ChannelKind, Env, Secret};

/// Whether what is missing matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The channel is enabled.
    Enforced,
    /// It is not, or something else is wrong with it already.
    Waived,
}

/// `config` of one channel while it is read. Asking for a key declares it.
pub struct ChannelOptions<'a> {
    config: Object<'a>,
    name: &'a str,
    credentials: Credentials,
    options: Map<String, Value>,
    allow_private: &'a [IpNet],
    env: &'a Env,
    need: Need,
}

impl<'a> ChannelOptions<'a> {
    pub(super) fn open(
        mut config: Object<'a>,
        kind: ChannelKind,
        name: &'a str,
        allow_private: &'a [IpNet],
        env: &'a Env,
        need: Need,
    ) -> Self {
        let credentials = Credentials::read(&mut config, kind, name, env);
        let options = options(&config);
        Self { config, name, credentials, options, allow_private, env, need }
    }

    /// Ends the reading: options without credentials and comments, and the credentials.
    pub(super) fn close(self) -> (Map<String, Value>, Credentials) {
        self.config.close();
        (self.options, self.credentials)
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.config.text(key)
    }

    /// A text that must not be empty, and is needed by an enabled channel.
    pub fn needed_text(&mut self, key: &'static str) -> Option<&'a str> {
        if self.config.value(key).is_none() {
            if self.need == Need::Enforced {
                self.error(key, "the channel is enabled and needs this text");
            }
            return None;
        }
        let text = self.config.text(key)?;
        if text.trim().is_empty() {
            self.error(key, "must not be empty");
        }
        Some(text)
    }

    /// true or false.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.config.flag(key)
    }

    /// A whole number of some unit in a range.
    pub fn whole(
        &mut self,
        key: &'static str,
        unit: &str,
        range: &std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        self.config.whole(key, unit, range)
    }

    /// One of some words, in any case; kept as the word is written here.
    pub fn choice(&mut self, key: &'static str, words: &[&'static str]) -> Option<&'static str> {
        let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
        let word = self.config.choice(key, &words)?;
        self.options.insert(key.to_owned(), word.into());
        Some(word)
    }

    /// Texts with the path of each.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<(Place, &'a str)>> {
        self.config.texts(key)
    }

    /// The keys and values of an object, with the place of each; `None` if it is absent.
    pub fn entries(&mut self, key: &'static str) -> Option<Vec<(Place, &'a str, &'a Value)>> {
        let object = self.config.object(key);
        let entry = |(name, value)| (object.place.key(name), name, value);
        object.is_present().then(|| object.entries().map(entry).collect())
    }

    /// Any value.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.config.value(key)
    }

    /// A credential by its upper-case key.
    pub fn credential(&self, key: &str) -> Option<&str> {
        self.credentials.get(key).map(|(text, _)| text)
    }

    /// The variable of a credential.
    pub fn variable(&self, key: &str) -> String {
        variable_name(self.name, key)
    }

    /// A credential that an enabled channel needs; `what` it is for people. Returns whether it is
    /// there and can be sent in a header.
    pub fn need_credential(&self, key: &str, what: &str) -> bool {
        let Some((text, place)) = self.credentials.get(key) else {
            if self.need == Need::Enforced && !self.credentials.may_be_elsewhere() {
                let variable = self.variable(key);
                let sentence = format!("the channel is enabled and has no {what}: set {variable}");
                self.config.judge.error(&self.config.place, sentence);
            }
            return false;
        };
        self.can_be_sent(text, place)
    }

    /// Judges an optional credential that is sent as part of a header or an address.
    pub fn sendable_credential(&self, key: &str) {
        if let Some((text, place)) = self.credentials.get(key) {
            self.can_be_sent(text, place);
        }
    }

    /// A credential that is an address.
    pub fn need_url(&self, key: &str) {
        // An address with a control character is none anyway; one complaint is enough.
        if self.credentials.get(key).is_none() {
            self.need_credential(key, "address");
        }
        if self.need == Need::Enforced
            && let Some((url, place)) = self.credentials.get(key)
            && let Err(sentence) = check_url(url, self.allow_private)
        {
            self.config.judge.error(place, sentence);
        }
    }

    /// `baseUrl`, which stands in for a vendor's address.
    pub(super) fn base_url(&mut self) {
        let Some(url) = self.config.text("baseUrl") else { return };
        if let Err(sentence) = check_url(url, self.allow_private) {
            self.error("baseUrl", sentence);
        }
    }

    /// The ranges of addresses that may be reached although they are not public.
    pub const fn allow_private(&self) -> &'a [IpNet] {
        self.allow_private
    }

    /// Takes a variable that is not the channel's own for a credential of it, if it has none.
    pub fn borrow_variable(&mut self, key: &str, variable: &str) {
        if let Some(secret) = self.env.secret(variable) {
            self.credentials.offer(key, secret, Place::variable(variable));
        }
    }

    /// Whether a credential was taken from such a variable.
    pub fn is_borrowed(&self, key: &str) -> bool {
        let own = Place::variable(&self.variable(key));
        self.credentials.get(key).is_some_and(|(_, place)| *place != own && place.is_variable())
    }

    /// A plain variable of the environment.
    pub fn environment(&self, variable: &str) -> Option<&'a str> {
        self.env.get(variable)
    }

    /// Sets an option as `request` will read it.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.options.insert(key.to_owned(), value.into());
    }

    /// Whether the environment of another function has what is missing here.
    pub fn may_be_elsewhere(&self) -> bool {
        self.credentials.may_be_elsewhere()
    }

    /// Whether something that is missing is an error.
    pub fn is_enforced(&self) -> bool {
        self.need == Need::Enforced
    }

    /// Notes what is wrong with a key.
    pub fn error(&self, key: &str, sentence: impl Into<String>) {
        self.config.judge.error(&self.config.place.key(key), sentence);
    }

    /// Notes what is wrong with a part of a key.
    pub fn error_at(&self, place: &Place, sentence: impl Into<String>) {
        self.config.judge.error(place, sentence);
    }

    /// Notes that a part of a key is of another kind than it must be.
    pub fn refuse_at(&self, place: &Place, what: &str, found: &Value) {
        self.config.judge.error(place, wanted(what, found));
    }

    /// Notes what is odd about a part of a key.
    pub fn warn_at(&self, place: &Place, sentence: impl Into<String>) {
        self.config.judge.warn(place, sentence);
    }

    fn can_be_sent(&self, text: &str, place: &Place) -> bool {
        let is_fine = HeaderValue::from_str(text).is_ok();
        if !is_fine {
            let sentence = "must be a text without line breaks and control characters";
            self.config.judge.error(place, sentence);
        }
        is_fine
    }
}

impl std::fmt::Debug for ChannelOptions<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChannelOptions").field("name", &self.name).finish_non_exhaustive()
    }
}

impl super::Channel {
    /// A text of `config`; absent and empty are the same.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// A credential by its upper-case key.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<&str> {
        self.secrets.get(key).map(Secret::expose)
    }
}

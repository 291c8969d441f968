//! Types of channels, as the configuration knows them.

use std::fmt;

use super::ChannelOptions;
use super::template::TemplateShape;

/// What the configuration may say about channels of one type. Each stands with its format in
/// `notify`, so that a type is one file.
pub struct ChannelType {
    /// The word of `type`.
    pub word: &'static str,
    /// Its credentials, as `config` of old files names them; in upper case they end the names of
    /// variables.
    pub credentials: &'static [&'static str],
    /// Whether it keeps an incident open until it is told of the end.
    pub tracks_incidents: bool,
    /// Whether programs read it, so that many messages are never told as one unless that is asked for.
    pub is_for_programs: bool,
    /// What `templates.<type>` may say.
    pub template: TemplateShape,
    /// Reads and judges `config`; what nobody asks for is unknown.
    pub read: fn(&mut ChannelOptions<'_>),
}

/// A type of channels.
#[derive(Clone, Copy)]
pub struct ChannelKind(&'static ChannelType);

impl ChannelKind {
    /// The kind of this type.
    pub const fn of(of: &'static ChannelType) -> Self {
        Self(of)
    }

    /// Every type. (The one place that reads the list in `notify`.)
    pub fn all() -> impl Iterator<Item = Self> {
        crate::notify::types().map(Self)
    }

    /// One of them.
    pub(super) fn any() -> Self {
        Self::all().next().expect("the list of types is not empty")
    }

    /// The words of every type.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::as_str)
    }

    /// The word of `type`.
    pub const fn as_str(self) -> &'static str {
        self.0.word
    }

    /// Whether it keeps an incident open until it is told of the end.
    pub const fn tracks_incidents(self) -> bool {
        self.0.tracks_incidents
    }

    /// Whether programs read it.
    pub const fn is_for_programs(self) -> bool {
        self.0.is_for_programs
    }

    pub(super) const fn about(self) -> &'static ChannelType {
        self.0
    }
}

impl PartialEq for ChannelKind {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ChannelKind {}

impl fmt::Debug for ChannelKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

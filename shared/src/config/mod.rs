//! `config/*.json` and the environment: typed, judged whole, with every problem at once.
//!
//! Reading asks for each key by name and type and notes what is wrong on the way; nothing stops at
//! the first problem. A known key of a wrong type or value is an error, an unknown key a warning.

mod address;
mod alert_keys;
mod authorities;
mod channel_options;
mod channels;
mod credentials;
mod dashboard;
mod entry;
pub mod env;
mod fingerprint;
mod keys;
mod kind;
mod load;
mod looks;
mod markup;
mod names;
mod notifications;
mod reader;
mod reference;
mod senders;
mod services;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod twice;
mod types;

pub use alert_keys::{AlertKey, AlertKeys, full_alert_key};
pub use channel_options::ChannelOptions;
pub use credentials::variable_name;
pub use env::{Env, Secret};
pub use keys::ApiKeys;
pub use kind::{ChannelKind, ChannelType};
pub use reader::Place;
pub use senders::AlertSenders;
pub use template::{Audience, Part, Probe, TemplateShape, Templates};
pub use types::*;

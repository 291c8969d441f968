//! What vendors say, without the secrets of the channel that they may repeat.

use url::{Url, form_urlencoded};

use crate::config::{Channel, Secret};

/// Shorter values are no secrets and would blot out ordinary words.
const SECRET_MIN_BYTES: usize = 6;
/// A text of this many characters may have been cut in the midst of a secret.
const CUT_FROM_CHARS: usize = 150;
/// So much of the beginning of a secret is a part of it.
const PART_MIN_BYTES: usize = 4;
/// What stands where a secret was.
const MASK: &str = "***";

/// The secrets of one channel, as they may be repeated: its credentials, and of those that are addresses
/// the path, the query and their parts, plain and URL-encoded.
pub struct Mask(Vec<String>);

impl Mask {
    /// The secrets of this channel.
    #[must_use]
    pub fn of(channel: &Channel) -> Self {
        let mut secrets = Vec::new();
        for value in channel.secrets.values().map(Secret::expose) {
            secrets.push(value.trim().to_owned());
            if let Ok(url) = value.parse::<Url>() {
                secrets.extend(parts(&url));
            }
        }
        let encoded: Vec<String> = secrets.iter().map(|secret| encoded(secret)).collect();
        secrets.extend(encoded);
        for secret in &mut secrets {
            secret.make_ascii_lowercase();
        }
        secrets.retain(|secret| secret.len() >= SECRET_MIN_BYTES);
        // A part of a secret is found only where the whole does not stand.
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self(secrets)
    }

    /// The text with `***` in place of each secret, in any case of letters.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for secret in &self.0 {
            hidden = without(&hidden, secret);
        }
        if text.chars().count() >= CUT_FROM_CHARS { self.without_part(hidden) } else { hidden }
    }

    /// Without the beginning of a secret at the end of the text.
    fn without_part(&self, mut text: String) -> String {
        let lower = text.to_ascii_lowercase();
        let part_bytes = |secret: &String| {
            let starts = secret.char_indices().map(|(at, _)| at).rev();
            starts.take_while(|at| *at >= PART_MIN_BYTES).find(|at| lower.ends_with(&secret[..*at]))
        };
        if let Some(bytes) = self.0.iter().filter_map(part_bytes).max() {
            text.truncate(text.len() - bytes);
            text.push_str(MASK);
        }
        text
    }
}

/// `text` without `secret`, which is in lower case.
fn without(text: &str, secret: &str) -> String {
    // Lower case of ASCII alone keeps every place.
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in lower.match_indices(secret) {
        out.push_str(&text[from..at]);
        out.push_str(MASK);
        from = at + secret.len();
    }
    out.push_str(&text[from..]);
    out
}

/// What is secret of an address: all but its host.
fn parts(url: &Url) -> Vec<String> {
    let mut parts = vec![url.username().to_owned(), url.path().to_owned()];
    parts.extend(url.password().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.path_segments().into_iter().flatten().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    let decoded: Vec<String> = parts.iter().map(|part| decoded(part)).collect();
    parts.extend(decoded);
    parts
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn decoded(text: &str) -> String {
    // What means something in a form only stands for itself here.
    let form = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

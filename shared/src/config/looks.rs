//! What may stand in the page: colours and addresses.

use url::Url;

/// Where a browser would put an address that stands in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Followed by a click.
    Link,
    /// Shown as a picture.
    Picture,
}

/// Whether `text` is a CSS colour, otherwise what would be right.
pub(super) fn check_color(text: &str) -> Result<(), &'static str> {
    // Comments are CSS as well, and may hold what ends a style sheet.
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "#(),.%/+- ".contains(c));
    if is_plain && color::parse_color(text).is_ok() {
        return Ok(());
    }
    Err("must be a CSS colour, such as #10b981, teal or rgb(16 185 129)")
}

/// Whether `text` is an address that the page may have, otherwise what would be right. Parsed as
/// browsers do, which skip line breaks and blanks in it.
pub(super) fn check_address(text: &str, usage: Use) -> Result<(), &'static str> {
    let page = Url::parse("https://page.invalid/").expect("a constant address is valid");
    let Ok(url) = page.join(text) else { return Err(usage.wanted()) };
    let is_fine = match (usage, url.scheme()) {
        (_, "http" | "https") | (Use::Link, "mailto") => true,
        (Use::Picture, "data") => url.path().starts_with("image/"),
        _ => false,
    };
    if is_fine { Ok(()) } else { Err(usage.wanted()) }
}

impl Use {
    const fn wanted(self) -> &'static str {
        match self {
            Self::Link => {
                "must be an http or https address, a path such as /docs, or mailto: with an address"
            }
            Self::Picture => {
                "must be an http or https address, a path such as /logo.svg, or data:image/..."
            }
        }
    }
}

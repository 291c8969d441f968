//! Keys of dashboard.json.

use super::Shape::{Color, Css, Flag, Html, Link, List, Object, Picture, Text, Word};
use super::{Key, key, settings};

pub(in crate::config) const FILE: &[Key] = &[
    key("header", Object(HEADER), "The top of the page"),
    key("branding", Object(BRANDING), "How a browser's tab looks, and two colours"),
    key("theme", Object(THEME), "Light and dark"),
    key("footer", Object(FOOTER), "The end of the page"),
    key("customCss", Css, "CSS that comes after the page's own").or("\"\""),
    key(
        "customHtml",
        Object(CUSTOM_HTML),
        "HTML that becomes part of the page. Nothing in it runs: scripts, event handlers, frames and forms are refused",
    ),
    settings::THRESHOLDS,
];

const HEADER: &[Key] = &[
    key("title", Text, "What the page is called").or("\"Flatline\""),
    key("subtitle", Text, "Stands under the title"),
    key("logoUrl", Picture, "A picture beside the title: http, https, a path, or `data:image/...`")
        .or_else("Flatline's own"),
    key("logoAlt", Text, "What stands for the picture where it is not seen").or_else("the title"),
    key("showLogo", Flag, "Whether there is a logo").or("true"),
    key("links", List(&Object(LINK)), "Links in the header").or("[]"),
];

const LINK: &[Key] = &[
    key("text", Text, "What people read").required(),
    key("url", Link, "http, https, mailto, or a path").required(),
    key("highlight", Flag, "Whether it looks like a button").or("false"),
];

const BRANDING: &[Key] = &[
    key("pageTitle", Text, "The name of the browser's tab").or_else("`header.title`"),
    key(
        "favicon",
        Picture,
        "The picture in the browser's tab: http, https, a path, or `data:image/...`",
    )
    .or_else("Flatline's own"),
    key("primaryColor", Color, "Links and buttons").or_else("the page's own"),
    key("accentColor", Color, "What is marked").or_else("the page's own"),
];

/// The words of `theme.defaultMode`.
pub(in crate::config) const MODES: &[&str] = &["auto", "light", "dark"];

const THEME: &[Key] = &[
    key("defaultMode", Word(MODES), "`auto`: as the visitor's system says").or("\"auto\""),
    key("showToggle", Flag, "Whether a visitor can choose").or("true"),
    key("colors", Object(COLORS), "Colours of either mode; what is absent keeps the page's own"),
];

const COLORS: &[Key] =
    &[key("light", Object(PALETTE), "Light"), key("dark", Object(PALETTE), "Dark")];

const PALETTE: &[Key] = &[
    key("primary", Color, "The background of the page"),
    key("secondary", Color, "The background of cards"),
    key("text", Color, "Text"),
    key("textSecondary", Color, "Text that matters less"),
    key("border", Color, "Lines"),
    key("statusUp", Color, "Up"),
    key("statusDown", Color, "Down"),
    key("statusDegraded", Color, "Degraded"),
];

const FOOTER: &[Key] = &[
    key("text", Text, "A line at the end of the page"),
    key("links", List(&Object(LINK)), "Links beside it").or("[]"),
];

const CUSTOM_HTML: &[Key] = &[
    key("headerExtra", Html, "At the end of the header").or("\"\""),
    key("footerExtra", Html, "At the end of the footer").or("\"\""),
];

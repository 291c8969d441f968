//! `dashboard.json`: accepted and judged by its keys; the page does not use it yet.

use super::reader::Object;

const SECTIONS: [(&str, &[&str]); 5] = [
    ("header", &["title", "subtitle", "logoUrl", "logoAlt", "showLogo", "links"]),
    ("branding", &["pageTitle", "favicon", "primaryColor", "accentColor"]),
    ("theme", &["defaultMode", "showToggle", "colors"]),
    ("footer", &["text", "links"]),
    ("customHtml", &["headerExtra", "footerExtra"]),
];

/// Reads the file's keys.
pub(super) fn read(file: &mut Object<'_>) {
    for (section, keys) in SECTIONS {
        let mut object = file.object(section);
        object.accept(keys);
        object.close();
    }
    file.accept(&["customCss"]);
}

//! The templates, compiled in; pages as one string of HTML.

use serde::Serialize;
use tera::{Context, Tera};

use crate::banner::Banner;
use crate::look::Look;
use crate::page::{Moment, Switches};
use crate::sign_in::Session;

const TEMPLATES: [(&str, &str); 11] = [
    ("alerts.html", include_str!("../templates/alerts.html")),
    ("base.html", include_str!("../templates/base.html")),
    ("board.html", include_str!("../templates/board.html")),
    ("export.html", include_str!("../templates/export.html")),
    ("page.html", include_str!("../templates/page.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("row.html", include_str!("../templates/row.html")),
    ("service.html", include_str!("../templates/service.html")),
    ("service_main.html", include_str!("../templates/service_main.html")),
    ("sign_in.html", include_str!("../templates/sign_in.html")),
    ("unreadable.html", include_str!("../templates/unreadable.html")),
];

/// Renders pages; built once per process.
#[derive(Debug)]
pub struct Templates {
    tera: Tera,
}

/// What is shown while the database cannot be read.
#[derive(Debug, Serialize)]
pub struct UnreadablePage {
    /// Says so.
    pub banner: Banner,
    /// When it was tried.
    pub read: Moment,
    /// What is shown at all.
    pub switches: Switches,
}

impl Templates {
    /// Parses the templates. Names that end in `.html` are escaped.
    pub fn new() -> Self {
        let mut tera = Tera::default();
        tera.add_raw_templates(TEMPLATES)
            .expect("the templates are compiled in, and every test parses them");
        Self { tera }
    }

    /// A page as HTML.
    ///
    /// # Errors
    /// The template names something that the page does not have.
    pub fn render(
        &self,
        name: &str,
        look: &Look,
        session: Session,
        page: &impl Serialize,
    ) -> Result<String, tera::Error> {
        let mut context = Context::from_serialize(page)?;
        context.insert("look", look);
        context.insert("session", &session);
        // Relative, so that pages also hold behind a proxy that serves them below a path of its own.
        let is_below = name.starts_with("service") || name == "parts.html";
        context.insert("root", if is_below { "../" } else { "./" });
        self.tera.render(name, &context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_template_has_inline_styles_handlers_or_scripts_of_its_own() {
        for (name, template) in TEMPLATES {
            for forbidden in [" style=", " onclick=", "javascript:", "http-equiv"] {
                assert!(!template.contains(forbidden), "{name}: {forbidden}");
            }
            let scripts = match name {
                "base.html" => 2,
                "sign_in.html" => 1,
                _ => 0,
            };
            assert_eq!(template.matches("<script").count(), scripts, "{name}");
        }
    }
}

//! The templates and the stylesheet, compiled in; pages as one string of HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use crate::banner::Banner;
use crate::page::{Moment, Page};
use crate::sign_in::SignInPage;

const STYLE: &str = include_str!("../templates/style.css");

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
    /// Flatline's version.
    pub version: &'static str,
}

impl Templates {
    /// Parses the templates. Names that end in `.html` are escaped.
    pub fn new() -> Self {
        let mut tera = Tera::default();
        tera.add_raw_templates([
            ("base.html", include_str!("../templates/base.html")),
            ("page.html", include_str!("../templates/page.html")),
            ("row.html", include_str!("../templates/row.html")),
            ("sign_in.html", include_str!("../templates/sign_in.html")),
        ])
        .expect("the templates are compiled in, and every test parses them");
        Self { tera }
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// The template names something that the page does not have.
    pub fn page(&self, page: &Page) -> Result<String, tera::Error> {
        self.render("page.html", page)
    }

    /// The page without content.
    ///
    /// # Errors
    /// The template names something that the page does not have.
    pub fn unreadable(&self, page: &UnreadablePage) -> Result<String, tera::Error> {
        self.render("base.html", page)
    }

    /// The form to sign in as HTML.
    ///
    /// # Errors
    /// The template names something that the page does not have.
    pub fn sign_in(&self, page: &SignInPage) -> Result<String, tera::Error> {
        self.render("sign_in.html", page)
    }

    fn render(&self, name: &str, page: &impl Serialize) -> Result<String, tera::Error> {
        let mut context = Context::from_serialize(page)?;
        context.insert("css", STYLE);
        self.tera.render(name, &context)
    }
}

/// The policy of all pages: nothing may be loaded or run, and only our stylesheet counts.
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_cannot_end_its_element_and_loads_nothing() {
        for forbidden in ["</", "@import", "url(", "expression("] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn no_template_has_inline_styles_or_scripts() {
        let templates = [
            include_str!("../templates/base.html"),
            include_str!("../templates/page.html"),
            include_str!("../templates/row.html"),
            include_str!("../templates/sign_in.html"),
        ];
        for template in templates {
            for forbidden in [" style=", "<script", " onclick=", "javascript:", "http-equiv"] {
                assert!(!template.contains(forbidden), "{forbidden}");
            }
        }
    }

    #[test]
    fn the_policy_names_the_stylesheet_and_nothing_that_is_unsafe() {
        let policy = content_security_policy();
        assert!(policy.contains("style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

//! Which services are wanted: `?status=down&q=shop`.

use serde::{Deserialize, Serialize};

use crate::board::Standing;

/// As asked for. Every service is sent; those that are not wanted are hidden, so that a page that
/// runs our module can show them again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    /// The class of a standing; empty or unknown: any.
    pub status: String,
    /// Text in name, id or group, in any case; empty: any.
    pub q: String,
}

impl Filter {
    /// From a request's query; what cannot be read asks for everything.
    pub fn of(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "status" => filter.status = value.trim().to_lowercase(),
                "q" => value.trim().clone_into(&mut filter.q),
                _ => {}
            }
        }
        if !Standing::ALL.iter().any(|standing| standing.class() == filter.status) {
            filter.status.clear();
        }
        filter
    }

    /// Whether anything is left out.
    pub fn is_set(&self) -> bool {
        !self.status.is_empty() || !self.q.is_empty()
    }

    /// Whether a service with this standing and these texts is wanted.
    pub fn wants(&self, standing: Standing, texts: [&str; 3]) -> bool {
        let wanted = self.q.to_lowercase();
        (self.status.is_empty() || self.status == standing.class())
            && (wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted)))
    }

    /// `?q=..&status=..` with another status.
    pub fn with_status(&self, status: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("status", status), ("q", self.q.as_str())] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "./".to_owned() } else { format!("?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_what_is_wanted() {
        let rows = [
            ("nothing", None, "", ""),
            ("a status", Some("status=down"), "down", ""),
            ("in any case", Some("status=Down&q=+Shop+"), "down", "Shop"),
            ("an unknown status is any", Some("status=broken&q=a%26b"), "", "a&b"),
            ("broken escapes are text", Some("q=%ff%zz"), "", "\u{fffd}%zz"),
            ("the last one counts", Some("q=a&q=b"), "", "b"),
        ];
        for (why, query, status, q) in rows {
            let expected = Filter { status: status.to_owned(), q: q.to_owned() };
            assert_eq!(Filter::of(query), expected, "{why}");
        }
    }

    #[test]
    fn a_service_is_wanted_for_its_standing_and_its_texts() {
        let texts = ["Web shop", "shop-1", "Core"];
        let rows = [
            ("", "", true),
            ("up", "", true),
            ("down", "", false),
            ("up", "SHOP-1", true),
            ("", "core", true),
            ("down", "shop", false),
            ("", "mail", false),
        ];
        for (status, q, expected) in rows {
            let filter = Filter { status: status.to_owned(), q: q.to_owned() };
            assert_eq!(filter.wants(Standing::Up, texts), expected, "{status:?} {q:?}");
        }
    }

    #[test]
    fn links_keep_the_text() {
        let filter = Filter { status: "up".to_owned(), q: "a&b".to_owned() };
        assert_eq!(filter.with_status("down"), "?status=down&q=a%26b");
        assert_eq!(filter.with_status(""), "?q=a%26b");
        assert_eq!(Filter::default().with_status(""), "./");
    }
}

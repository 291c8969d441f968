//! Whatever stands in names and texts stays text: pages are read back with the parser of browsers.

use flatline_domain::{ServiceRecord, Status};
use flatline_shared::config::{Config, Env};
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use crate::banner::Vigil;
use crate::board::Board;
use crate::fixture::{DAY_MS, NOW, record, swept};
use crate::look::Look;
use crate::page::{Filter, Page, Sources};
use crate::reading::Past;
use crate::sign_in::Session;
use crate::template::Templates;

/// What breaks out of text, attributes, scripts, styles, comments, titles and templates.
const PIECES: [&str; 26] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'><svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    " onmouseover=alert(1) ",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "<!--",
    "]]><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 1 + 1 }}",
    "{% raw %}<b>",
    "{{ x | safe }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "<a href=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><input name=q>",
    "<style>*{display:none}</style>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
];

/// Around each piece, so that there are more than a hundred.
const FRAMES: [(&str, &str); 4] =
    [("", ""), ("x\"'`", ""), ("</a></li></ul>", "<"), ("\u{202e}", "\u{0}")];

/// Every element in order, with its attributes' names.
fn shape(html: &str) -> Vec<String> {
    fn walk(node: &Handle, shape: &mut Vec<String>) {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let mut line = name.local.to_string();
            for attribute in attrs.borrow().iter() {
                line.push(' ');
                line.push_str(&attribute.name.local);
                let is_address = ["href", "src", "action"].contains(&&*attribute.name.local);
                let runs = attribute.value.trim_start().starts_with("javascript:");
                assert!(!(is_address && runs), "{line}: {}", attribute.value);
            }
            shape.push(line);
        }
        node.children.borrow().iter().for_each(|child| walk(child, shape));
    }
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut found = Vec::new();
    walk(&dom.document, &mut found);
    found
}

/// The page of two services where every text is `text`, ids included.
fn page(text: &str) -> String {
    let id = text.replace(['#', '\u{0}'], "");
    let id: String = id.chars().filter(|one| !one.is_control()).take(60).collect();
    let name = serde_json::json!(text);
    let services = serde_json::json!({
        "groups": [{ "id": format!("g{id}"), "name": name, "services": [format!("a{id}")] }],
        "services": [
            { "id": format!("a{id}"), "name": name, "description": name },
            { "id": format!("b{id}"), "name": name },
        ],
    });
    let dashboard = serde_json::json!({
        "header": { "title": name, "subtitle": name, "links": [{ "text": name, "url": "/" }] },
        "branding": { "pageTitle": name },
        "footer": { "text": name, "links": [{ "text": name, "url": "/" }] },
    });
    let settings = serde_json::json!({
        "alertNotifications": { "localStorageKey": name, "severityFilter": [name] },
        "uptimeThresholds": [{ "name": name, "min": 0, "color": "#123456", "label": name }],
    });
    let files = [
        ("services.json", services.to_string()),
        ("dashboard.json", dashboard.to_string()),
        ("settings.json", settings.to_string()),
    ];
    let files = files.iter().map(|(name, text)| (*name, text.as_str()));
    let config = Config::from_json(files, &Env::default()).unwrap();
    let records: Vec<ServiceRecord> = config
        .services
        .iter()
        .map(|service| record(service, Status::Down, DAY_MS, DAY_MS))
        .collect();
    let look = Look::of(&config, "app.js".to_owned());
    let swept = swept(records);
    let page = Page::of(&Sources {
        config: &config,
        look: &look,
        board: &Board::of(&config, &swept, NOW),
        past: Some(&Past::default()),
        vigil: Vigil { ticked_at: Some(NOW), ..Vigil::default() },
        filter: &Filter { status: "down".to_owned(), q: text.to_owned() },
        base_url: "http://127.0.0.1:8080",
    });
    Templates::new().render("page.html", &look, Session::None, &page).unwrap()
}

#[test]
fn no_text_becomes_an_element_or_an_attribute() {
    let harmless = shape(&page("name"));
    assert!(harmless.len() > 80, "the parser saw the page: {}", harmless.len());
    let mut tried = 0;
    for piece in PIECES {
        for (before, after) in FRAMES {
            let text = format!("{before}{piece}{after}");
            assert_eq!(shape(&page(&text)), harmless, "{text}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

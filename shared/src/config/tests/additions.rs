//! What of colours, addresses, CSS and HTML may become part of the page.

use super::{errors, warnings};

fn told(file: &str, told: Vec<String>, path: &str) -> Vec<String> {
    let prefix = format!("{file} {path}: ");
    let told = told.into_iter().map(|sentence| {
        let rest = sentence.strip_prefix(&prefix);
        rest.unwrap_or_else(|| panic!("{sentence} is about {path}")).to_owned()
    });
    told.collect()
}

#[test]
fn colors_are_css_colors() {
    let wrong = "must be a CSS colour, such as #10b981, teal or rgb(16 185 129)";
    let rows = [
        ("#10b981", true),
        ("#fff", true),
        ("#10b981cc", true),
        ("Teal", true),
        ("transparent", true),
        ("rgb(16, 185, 129)", true),
        ("rgb(16 185 129 / 50%)", true),
        ("hsl(160deg 84% 39%)", true),
        ("oklch(0.7 0.15 160)", true),
        ("10b981", false),
        ("#10b98", false),
        ("greenish", false),
        ("red;", false),
        ("red; } body { display: none", false),
        ("rgb(1 2 3", false),
        ("rgb(1/*</style>*/ 2 3)", false),
        ("url(https://a.example/)", false),
        ("var(--text)", false),
        ("expression(alert(1))", false),
    ];
    for (color, is_right) in rows {
        let file = serde_json::json!({"branding": {"primaryColor": color}}).to_string();
        let found = errors(&[("dashboard.json", &file)], &[]);
        let found = told("dashboard.json", found, "branding.primaryColor");
        assert_eq!(found, if is_right { vec![] } else { vec![wrong.to_owned()] }, "{color}");
    }
}

#[test]
fn addresses_are_those_that_a_page_may_have() {
    let link = "must be an http or https address, a path such as /docs, or mailto: with an address";
    let picture = "must be an http or https address, a path such as /logo.svg, or data:image/...";
    let rows = [
        ("https://a.example/b?c#d", true, true),
        ("http://10.0.0.1:8080", true, true),
        ("/", true, true),
        ("docs/index.html", true, true),
        ("//cdn.example/x.png", true, true),
        ("#top", true, true),
        ("mailto:ops@example.com", true, false),
        ("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>", false, true),
        ("data:text/html,<script>alert(1)</script>", false, false),
        ("javascript:alert(1)", false, false),
        ("JavaScript:alert(1)", false, false),
        ("java\nscript:alert(1)", false, false),
        ("\u{1} javascript:alert(1)", false, false),
        ("vbscript:x", false, false),
        ("file:///etc/passwd", false, false),
        ("ftp://a.example", false, false),
        ("blob:https://a.example/x", false, false),
        ("https://", false, false),
    ];
    for (address, is_link, is_picture) in rows {
        let links = serde_json::json!({"footer": {"links": [{"text": "x", "url": address}]}});
        let found = errors(&[("dashboard.json", &links.to_string())], &[]);
        let found = told("dashboard.json", found, "footer.links[0].url");
        assert_eq!(found, if is_link { vec![] } else { vec![link.to_owned()] }, "{address}");
        let logo = serde_json::json!({"header": {"logoUrl": address}}).to_string();
        let found = errors(&[("dashboard.json", &logo)], &[]);
        let found = told("dashboard.json", found, "header.logoUrl");
        assert_eq!(found, if is_picture { vec![] } else { vec![picture.to_owned()] }, "{address}");
    }
}

const HANDLER: &str = "event handlers are not allowed: nothing in customHtml runs";
const LINK: &str =
    "must be an http or https address, a path such as /docs, or mailto: with an address";
const PICTURE: &str =
    "must be an http or https address, a path such as /logo.svg, or data:image/...";
const FRAME: &str = "pages within the page are not allowed";
const SWALLOWS: &str = "ends within a tag or a comment, and so would swallow the page";

#[test]
fn html_that_does_something_is_refused() {
    let rows: &[(&str, &[String])] = &[
        ("<script>x</script>", &["<script> is not allowed: nothing in customHtml runs".into()]),
        ("<SCRIPT/src=x>", &["<script> is not allowed: nothing in customHtml runs".into()]),
        ("<scr<script>ipt>", &["<scr<script> is not allowed: it is not one of the elements that only show something".into()]),
        ("<b onclick=x>y</b>", &[format!("<b onclick>: {HANDLER}")]),
        ("<img src=/a.png OnError='x'>", &[format!("<img onerror>: {HANDLER}")]),
        ("<b/onmouseover=x>y</b>", &[format!("<b onmouseover>: {HANDLER}")]),
        ("<iframe src=/></iframe>", &[format!("<iframe> is not allowed: {FRAME}")]),
        ("<object data=x></object><embed>", &[
            format!("<embed> is not allowed: {FRAME}"),
            format!("<object> is not allowed: {FRAME}"),
        ]),
        ("<b srcdoc=x>y</b>", &[format!("<b srcdoc>: {FRAME}")]),
        ("<a href='javascript:x'>y</a>", &[format!("<a href>: {LINK}")]),
        ("<a href='java&#115;cript:x'>y</a>", &[format!("<a href>: {LINK}")]),
        ("<a href='&#x6A;avascript&colon;x'>y</a>", &[format!("<a href>: {LINK}")]),
        ("<a href='/' ping='data:x'>y</a>", &[format!("<a ping>: {LINK}")]),
        ("<img src='javascript:x'>", &[format!("<img src>: {PICTURE}")]),
        ("<img srcset='/a.png 1x, javascript:x 2x'>", &[format!("<img srcset>: {PICTURE}")]),
        ("<svg onload=x></svg>", &["<svg> is not allowed: put the picture into a file and show it by <img src=\"...\">".into()]),
        ("<style>h1{}</style>", &["<style> is not allowed: put styles into customCss".into()]),
        ("<link rel=stylesheet href=/x.css>", &["<link> is not allowed: put styles into customCss".into()]),
        ("<base href=//evil.example>", &["<base> is not allowed: it is a part of a page".into()]),
        ("<meta http-equiv=refresh>", &["<meta> is not allowed: it is a part of a page".into()]),
        ("<!doctype html>", &["must have no doctype: it is a part of a page".into()]),
        ("<form action=/x>y</form>", &["<form> is not allowed: the page sends nothing; use a link".into()]),
        ("<textarea><b onclick=x></b></textarea>", &[
            "<b onclick>: event handlers are not allowed: nothing in customHtml runs".into(),
            "<textarea> is not allowed: the page sends nothing; use a link".into(),
        ]),
        ("<template><b>x</b></template>", &["<template> is not allowed: it is not one of the elements that only show something".into()]),
        ("x <!-- y", &[SWALLOWS.into()]),
        ("<b title='", &[SWALLOWS.into()]),
        ("x <", &[SWALLOWS.into()]),
    ];
    for (html, expected) in rows {
        let file = serde_json::json!({"customHtml": {"headerExtra": html}}).to_string();
        let found = errors(&[("dashboard.json", &file)], &[]);
        assert_eq!(told("dashboard.json", found, "customHtml.headerExtra"), *expected, "{html}");
    }
}

#[test]
fn html_that_shows_something_is_kept_as_it_is() {
    let rows = [
        "",
        "Just text & more",
        "<p>Call <a href='tel'>us</a>, <a href=\"mailto:ops@example.com\">write</a>",
        "<div class=note style='color: red' id=n data-x='1'><img src='/a.png' alt='A'><br>x</div>",
        "<ul><li>a<li>b</ul><!-- a comment with <script> in it -->",
        "<img src='data:image/png;base64,AAAA' alt=''>",
        "<center><font color=red>old</font></center>",
        "<p title='onclick=x <script>'>1 < 2 and 3 > 2</p>",
    ];
    for html in rows {
        let file = serde_json::json!({"customHtml": {"footerExtra": html}}).to_string();
        let files = [("dashboard.json", file.as_str())];
        assert_eq!(warnings(&files, &[]), Vec::<String>::new(), "{html}");
        let config = super::load(&files, &[]).expect("loads");
        assert_eq!(config.dashboard.custom_html.footer_extra, html);
    }
}

#[test]
fn html_that_does_not_end_where_it_began_is_told() {
    let rows: &[(&str, &[&str])] = &[
        ("<div><b>x</b>", &["<div> is never closed"]),
        ("x</div>", &["</div> ends what was not begun here, and so parts of the page"]),
        ("<div></span></div>", &["</span> ends what was not begun here, and so parts of the page"]),
    ];
    for (html, expected) in rows {
        let file = serde_json::json!({"customHtml": {"footerExtra": html}}).to_string();
        let found = warnings(&[("dashboard.json", &file)], &[]);
        assert_eq!(told("dashboard.json", found, "customHtml.footerExtra"), *expected, "{html}");
    }
}

#[test]
fn css_cannot_leave_its_element() {
    for css in ["</style><script>x</script>", "a{} </STYLE >"] {
        let file = serde_json::json!({"customCss": css}).to_string();
        assert_eq!(
            errors(&[("dashboard.json", &file)], &[]),
            [
                "dashboard.json customCss: must have no </style>: it would end the page's style sheet"
            ]
        );
    }
}

//! Files made from the reference: every key, every default, every wrong value.

use serde_json::{Map, Value, json};

use super::super::{Key, Shape, Standard};
use super::{FILES, load};
use crate::config::Config;
use crate::config::tests::mistakes_of_type;

/// Something that is right for a key.
fn right(key: &Key, shape: &Shape) -> Value {
    match *shape {
        Shape::Text => match key.name {
            "uptimeThresholdSet" | "thresholdProfile" => "default".into(),
            "timezone" => "Europe/Berlin".into(),
            "allowPrivate" => "10.0.0.0/8".into(),
            "allowedOrigins" => "https://a.example".into(),
            _ => "x".into(),
        },
        Shape::Flag => true.into(),
        Shape::Whole(_, from, _) => from.into(),
        Shape::Number(_, from, _) => from.into(),
        Shape::Word(words) => words[0].into(),
        Shape::Kind => "webhook".into(),
        Shape::Color => "#10b981".into(),
        Shape::Link | Shape::Picture => "/x".into(),
        Shape::Css => "h1 { color: teal }".into(),
        Shape::Html => "<b>x</b>".into(),
        Shape::List(element) => json!([right(key, element)]),
        Shape::Object(keys) => object(keys),
        Shape::Map(element) => json!({"default": right(key, element)}),
        Shape::Free => json!({}),
        Shape::Either(one, _) | Shape::OrNull(one) => right(key, one),
    }
}

fn object(keys: &[Key]) -> Value {
    let entry = |key: &Key| (key.name.to_owned(), right(key, &key.shape));
    keys.iter().map(entry).collect::<Map<_, _>>().into()
}

/// The same with defaults alone, and what must be there.
fn defaults(keys: &[Key]) -> Value {
    let entry = |key: &Key| {
        let value = match (key.standard, &key.shape) {
            (Standard::Json(text), _) => serde_json::from_str(text).expect("is JSON"),
            (_, Shape::Object(keys)) => defaults(keys),
            _ => return None,
        };
        Some((key.name.to_owned(), value))
    };
    keys.iter().filter_map(entry).collect::<Map<_, _>>().into()
}

/// Wrong where some words are allowed. All other wrong texts are of the right type.
const NO_WORD: &str = "no such word";

/// Something that is wrong for a key, if anything is.
fn wrong(shape: &Shape) -> Value {
    match *shape {
        Shape::Whole(_, _, to) => (to + 1).into(),
        Shape::Number(_, _, to) => (to + 0.5).into(),
        Shape::Word(_) | Shape::Kind => NO_WORD.into(),
        Shape::Color => "#10b98".into(),
        Shape::Link | Shape::Picture => "javascript:alert(1)".into(),
        Shape::Css => "</style>".into(),
        Shape::Html => "<script>".into(),
        Shape::OrNull(some) => wrong(some),
        Shape::Text
        | Shape::Flag
        | Shape::List(_)
        | Shape::Object(_)
        | Shape::Map(_)
        | Shape::Free
        | Shape::Either(..) => 5.into(),
    }
}

/// What another judge of the files is asked: those that are right, the sample of each with one value
/// that is wrong, and files that are wrong for their types.
pub(super) fn exam() -> Value {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (file, keys) in FILES {
        right.push(json!({"file": file, "document": object(keys)}));
        right.push(json!({"file": file, "document": whole(file, keys)}));
        let mut all = Vec::new();
        mistakes(keys, "", "", &mut all);
        for (pointer, _, value) in all {
            let is_text = value.as_str().is_some_and(|text| text != NO_WORD);
            if !is_text {
                wrong.push(json!({"file": file, "pointer": pointer, "value": value}));
            }
        }
    }
    let more = mistakes_of_type().into_iter().filter_map(|(file, text)| {
        let document: Value = serde_json::from_str(text).ok()?;
        Some(json!({"file": file, "document": document}))
    });
    wrong.extend(more);
    json!({"right": right, "wrong": wrong})
}

/// Every path of a table with a wrong value for it, as JSON pointer and as problems name it.
fn mistakes(keys: &[Key], pointer: &str, path: &str, all: &mut Vec<(String, String, Value)>) {
    for key in keys {
        let pointer = format!("{pointer}/{}", key.name);
        let path =
            if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match key.shape {
            Shape::Object(keys) => mistakes(keys, &pointer, &path, all),
            Shape::List(Shape::Object(keys)) => {
                mistakes(keys, &format!("{pointer}/0"), &format!("{path}[0]"), all);
            }
            Shape::List(element) => {
                all.push((format!("{pointer}/0"), format!("{path}[0]"), wrong(element)));
            }
            Shape::Either(Shape::Map(Shape::List(Shape::Object(keys))), _) => {
                let pointer = format!("{pointer}/default/0");
                mistakes(keys, &pointer, &format!("{path}.default[0]"), all);
            }
            _ => {}
        }
        all.push((pointer, path, wrong(&key.shape)));
    }
}

#[test]
fn a_file_with_every_key_loads_and_none_is_unknown() {
    for (file, keys) in FILES {
        let document = object(keys);
        let config = load(file, &document).unwrap_or_else(|errors| panic!("{file}: {errors:?}"));
        let unknown = config.warnings.iter().find(|warning| warning.sentence.contains("known key"));
        assert_eq!(unknown, None, "{file}: {document:#}");
    }
}

/// A file in which every default is written out.
fn whole(file: &str, keys: &'static [Key]) -> Value {
    if file != "services.json" {
        return defaults(keys);
    }
    let mut written = json!({"services": [defaults(service(keys))], "groups": []});
    written["services"][0]["id"] = "x".into();
    written
}

#[test]
fn a_default_that_is_written_out_changes_nothing() {
    for (file, keys) in FILES {
        let written = whole(file, keys);
        let absent = match file {
            "services.json" => json!({"services": [{"id": "x"}]}),
            _ => json!({}),
        };
        let shown = |document: &Value| {
            let config = load(file, document).expect("defaults are right");
            let services =
                config.services.iter().map(|service| (&service.spec, service.auth_required));
            let services: Vec<_> = services.collect();
            let Config { groups, notify, settings, dashboard, .. } = &config;
            format!("{services:#?} {groups:#?} {notify:#?} {settings:#?} {dashboard:#?}")
        };
        assert_eq!(shown(&written), shown(&absent), "{file}: {written:#}");
    }
}

fn service(file: &[Key]) -> &'static [Key] {
    let key = file.iter().find(|key| key.name == "services").expect("is there");
    let Shape::List(Shape::Object(keys)) = key.shape else { panic!("is a list of objects") };
    keys
}

#[test]
fn a_wrong_value_is_told_of_every_key_with_its_path() {
    let mut judged = 0;
    for (file, keys) in FILES {
        let mut all = Vec::new();
        mistakes(keys, "", "", &mut all);
        for (pointer, path, value) in all {
            let mut document = object(keys);
            *document.pointer_mut(&pointer).expect("the specimen has every key") = value.clone();
            let Err(errors) = load(file, &document) else {
                panic!("{file} {path}: {value} is fine")
            };
            let told = errors.0.iter().any(|problem| problem.file == file && problem.path == path);
            assert!(told, "{file} {path} = {value}: {errors:?}");
            judged += 1;
        }
    }
    assert!(judged > 130, "{judged} keys only");
}

//! JSON schemas (draft 07, which editors know best) made from the reference.

use serde_json::{Map, Value, json};

use super::super::ChannelKind;
use super::{Key, Shape, Standard};

/// The schema of one file.
pub(super) fn of_file(title: &str, keys: &'static [Key]) -> Value {
    let mut schema = object(keys);
    schema.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
    schema.insert("title".to_owned(), title.into());
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let properties = properties.expect("the schema of an object has properties");
    properties.insert("$schema".to_owned(), json!({"type": "string"}));
    Value::Object(schema)
}

fn object(keys: &'static [Key]) -> Map<String, Value> {
    let required: Vec<_> = keys.iter().filter(|key| key.standard == Standard::Required).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    let properties: Map<_, _> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        let names: Vec<_> = required.iter().map(|key| key.name).collect();
        schema.insert("required".to_owned(), names.into());
    }
    schema.insert("patternProperties".to_owned(), json!({"^_": {}}));
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

fn property(key: &'static Key) -> Value {
    let mut schema = of_shape(&key.shape);
    schema.insert("description".to_owned(), description(key).into());
    match key.standard {
        Standard::Json(text) => {
            let default = serde_json::from_str(text).expect("a default of the reference is JSON");
            schema.insert("default".to_owned(), default);
        }
        Standard::Old => {
            schema.insert("deprecated".to_owned(), true.into());
        }
        Standard::Required | Standard::Nothing | Standard::Words(_) => {}
    }
    Value::Object(schema)
}

fn description(key: &Key) -> String {
    match key.standard {
        Standard::Words(words) => format!("{}. Default: {words}", key.about),
        _ => key.about.to_owned(),
    }
}

fn of_shape(shape: &'static Shape) -> Map<String, Value> {
    let schema = match *shape {
        Shape::Text | Shape::Css | Shape::Html => json!({"type": "string"}),
        Shape::Color => json!({"type": "string", "format": "color"}),
        Shape::Link | Shape::Picture => json!({"type": "string", "format": "uri-reference"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole(_, from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        Shape::Number(_, from, to) => json!({"type": "number", "minimum": from, "maximum": to}),
        Shape::Word(words) => json!({"type": "string", "enum": words}),
        Shape::Kind => {
            json!({"type": "string", "enum": ChannelKind::words().collect::<Vec<_>>()})
        }
        Shape::List(element) => json!({"type": "array", "items": of_shape(element)}),
        Shape::Object(keys) => return object(keys),
        Shape::Map(value) => json!({
            "type": "object", "patternProperties": {"^_": {}},
            "additionalProperties": of_shape(value)
        }),
        Shape::Free => json!({"type": "object"}),
        Shape::Either(one, other) => json!({"anyOf": [of_shape(one), of_shape(other)]}),
        Shape::OrNull(some) => json!({"anyOf": [of_shape(some), {"type": "null"}]}),
    };
    schema.as_object().cloned().expect("a schema is an object")
}

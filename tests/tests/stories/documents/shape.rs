//! Whether two pieces of JSON have the same keys with values of the same types.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde_json::Value;

/// What senders choose the keys of.
const FREE: [&str; 3] = ["labels", "annotations", "metadata"];

/// The types that stand at each path; elements of a list share one.
type Shape = BTreeMap<String, BTreeSet<&'static str>>;

fn collect(value: &Value, path: &str, shape: &mut Shape) {
    let types = shape.entry(path.to_owned()).or_default();
    match value {
        // May stand for every type.
        Value::Null => {}
        Value::Bool(_) => drop(types.insert("true or false")),
        Value::Number(_) => drop(types.insert("number")),
        Value::String(_) => drop(types.insert("text")),
        Value::Array(values) => {
            types.insert("list");
            for value in values {
                collect(value, &format!("{path}[]"), shape);
            }
        }
        Value::Object(fields) => {
            types.insert("object");
            let name = path.rsplit('.').next().unwrap_or_default();
            for (key, value) in fields.iter().filter(|_| !FREE.contains(&name)) {
                collect(value, &format!("{path}.{key}"), shape);
            }
        }
    }
}

fn shape(value: &Value) -> Shape {
    let mut shape = Shape::new();
    collect(value, "", &mut shape);
    shape
}

/// An error if something is only in one of the two, or of another type.
pub fn alike(sample: &Value, real: &Value) -> Result<()> {
    let (shown, found) = (shape(sample), shape(real));
    let all: BTreeSet<_> = shown.keys().chain(found.keys()).collect();
    for path in all {
        let (Some(shown), Some(found)) = (shown.get(path), found.get(path)) else {
            let known = if shown.contains_key(path) { "shown" } else { "real" };
            anyhow::bail!("{path} is only {known}:\n{sample:#}\n{real:#}");
        };
        let is_same = shown.is_empty() || found.is_empty() || !shown.is_disjoint(found);
        ensure!(is_same, "{path} is shown as {shown:?} and is {found:?}");
    }
    Ok(())
}

#[test]
fn keys_and_types_must_be_the_same() {
    let one = serde_json::json!({"a": [{"b": 1}, {"b": null, "c": "x"}], "metadata": {"x": 1}});
    let rows = [
        ("itself", one.clone(), true),
        (
            "other values",
            serde_json::json!({"a": [{"b": 7, "c": "y"}], "metadata": {"z": 2}}),
            true,
        ),
        ("a key less", serde_json::json!({"a": [{"b": 7}], "metadata": {}}), false),
        (
            "a key more",
            serde_json::json!({"a": [{"b": 7, "c": "", "d": 1}], "metadata": {}}),
            false,
        ),
        ("another type", serde_json::json!({"a": [{"b": "7", "c": "y"}], "metadata": {}}), false),
    ];
    for (sentence, other, expected) in rows {
        assert_eq!(alike(&one, &other).is_ok(), expected, "{sentence}");
    }
}

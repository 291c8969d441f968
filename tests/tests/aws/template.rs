//! The template as AWS sees it: transformed, as JSON.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::tools::{root, tool};

/// Where the transformed template is, for tools that read files; `None` if SAM is not installed.
pub fn file() -> Option<&'static PathBuf> {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    FILE.get_or_init(|| {
        let python = tool("sam", "python")?;
        let file = root().join("target/tools/template.json");
        let output = Command::new(python)
            .arg(root().join("tests/tests/aws/transform.py"))
            .args([root().join("template.yaml"), file.clone()])
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .output()
            .expect("python starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the template cannot be transformed: {told}");
        Some(file)
    })
    .as_ref()
}

/// The transformed template.
pub fn transformed() -> Option<&'static Value> {
    static TEMPLATE: OnceLock<Option<Value>> = OnceLock::new();
    TEMPLATE
        .get_or_init(|| {
            let text = std::fs::read_to_string(file()?).expect("it was written");
            Some(serde_json::from_str(&text).expect("it is JSON"))
        })
        .as_ref()
}

/// The resources of one type, with their names.
pub fn of_type<'a>(template: &'a Value, wanted: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().expect("resources");
    let some = all.iter().filter(|(_, resource)| resource["Type"] == wanted);
    some.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
}

/// The properties of a resource.
pub fn properties<'a>(template: &'a Value, name: &str) -> &'a Value {
    let found = &template["Resources"][name]["Properties"];
    assert!(found.is_object(), "the template has no {name}");
    found
}

/// What a value refers to, in one word: `Table.Arn` for a GetAtt, a name for a Ref, the text of a Sub.
pub fn meaning(value: &Value) -> String {
    let part = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Value::Array(parts) = &value["Fn::GetAtt"] {
        return parts.iter().map(part).collect::<Vec<_>>().join(".");
    }
    let known = ["Ref", "Fn::Sub"].iter().find_map(|key| value.get(key));
    part(known.unwrap_or(value))
}

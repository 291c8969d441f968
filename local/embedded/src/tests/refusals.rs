use crate::Engine;

/// (what is wrong, operation, body, the error that DynamoDB answers)
const REFUSALS: [(&str, &str, &str, &str); 6] = [
    (
        "an unknown table",
        "GetItem",
        r#"{"TableName":"none","Key":{"k":{"S":"x"}}}"#,
        "ResourceNotFoundException",
    ),
    ("an unknown operation", "Frobnicate", "{}", "ValidationException"),
    ("a body that is no JSON", "GetItem", "{", "SerializationException"),
    ("a wrong JSON type", "GetItem", r#"{"TableName":23,"Key":{}}"#, "SerializationException"),
    (
        "a number that is none",
        "PutItem",
        r#"{"TableName":"none","Item":{"k":{"N":"abc"}}}"#,
        "ValidationException",
    ),
    (
        "a value of two types",
        "PutItem",
        r#"{"TableName":"none","Item":{"k":{"N":"1","S":"a"}}}"#,
        "ValidationException",
    ),
];

#[test]
fn each_refusal_is_one_of_dynamodbs_and_shows_nothing_private() {
    let engine = Engine::memory().unwrap();
    for (what, operation, body, wanted) in REFUSALS {
        let answer = engine.call(&format!("DynamoDB_20120810.{operation}"), body.as_bytes());
        let said = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 400, "{what}: {said}");
        let kind = serde_json::from_str::<serde_json::Value>(&said).unwrap()["__type"].to_string();
        assert!(kind.ends_with(&format!("#{wanted}\"")), "{what}: {said}");
        for private in ["VALIDATION", "SERIALIZATION:", "SERIALIZATION_AS_READ", " at line "] {
            assert!(!said.contains(private), "{what}: {said}");
        }
    }
}

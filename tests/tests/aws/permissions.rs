//! Who may do what. The table was written by hand before the template; `docs/security.md` has the same.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{self, meaning, properties};
use crate::tools::root;

/// An action and what it may be done to.
pub type Grant = (&'static str, &'static str);

/// What every function may do.
const EVERYBODY: [Grant; 2] =
    [("logs:CreateLogStream", "its log"), ("logs:PutLogEvents", "its log")];

const INGEST: [Grant; 5] = [
    ("ssm:GetParametersByPath", "its secrets"),
    ("dynamodb:GetItem", "Table"),
    ("dynamodb:PutItem", "Table"),
    ("dynamodb:UpdateItem", "Table"),
    ("dynamodb:Query", "Table"),
];

const ALERT: [Grant; 6] = [
    ("ssm:GetParametersByPath", "its secrets"),
    ("dynamodb:GetItem", "Table"),
    ("dynamodb:PutItem", "Table"),
    ("dynamodb:UpdateItem", "Table"),
    ("dynamodb:Query", "Table"),
    ("sqs:SendMessage", "DeadLetters"),
];

const DASHBOARD: [Grant; 3] = [
    ("ssm:GetParametersByPath", "its secrets"),
    ("dynamodb:GetItem", "Table"),
    ("dynamodb:Query", "Table"),
];

const CHECKER: [Grant; 6] = [
    ("ssm:GetParametersByPath", "its secrets"),
    ("dynamodb:GetItem", "Table"),
    ("dynamodb:PutItem", "Table"),
    ("dynamodb:UpdateItem", "Table"),
    ("dynamodb:Query", "Table"),
    ("dynamodb:BatchGetItem", "Table"),
];

const NOTIFIER: [Grant; 13] = [
    ("ssm:GetParametersByPath", "its secrets"),
    ("dynamodb:GetItem", "Table"),
    ("dynamodb:PutItem", "Table"),
    ("dynamodb:UpdateItem", "Table"),
    ("dynamodb:DeleteItem", "Table"),
    ("dynamodb:Query", "Table"),
    ("dynamodb:BatchGetItem", "Table"),
    ("dynamodb:DescribeStream", "the table's stream"),
    ("dynamodb:GetRecords", "the table's stream"),
    ("dynamodb:GetShardIterator", "the table's stream"),
    ("dynamodb:ListStreams", "the table's streams"),
    ("sqs:SendMessage", "DeadLetters"),
    ("ses:SendEmail", "identities, from EmailFrom only"),
];

/// The scheduler is no function: it has no log and no secrets.
const SCHEDULER: [Grant; 3] = [
    ("lambda:InvokeFunction", "Checker"),
    ("lambda:InvokeFunction", "Notifier"),
    ("sqs:SendMessage", "DeadLetters"),
];

/// Every role with what it may do.
pub fn table() -> [(&'static str, Vec<Grant>); 6] {
    let function = |own: &[Grant]| [&EVERYBODY[..], own].concat();
    [
        ("Ingest", function(&INGEST)),
        ("Alert", function(&ALERT)),
        ("Dashboard", function(&DASHBOARD)),
        ("Checker", function(&CHECKER)),
        ("Notifier", function(&NOTIFIER)),
        ("Scheduler", SCHEDULER.to_vec()),
    ]
}

/// In words, what a resource of a statement is for the role's function.
fn resource(function: &str, value: &Value) -> String {
    let arn = "arn:${AWS::Partition}:";
    let here = "${AWS::Region}:${AWS::AccountId}:";
    let own = function.to_lowercase();
    let secrets = format!("{arn}ssm:{here}parameter/flatline/${{AWS::StackName}}/{own}");
    let below = format!("{secrets}/*");
    let identities = format!("{arn}ses:{here}identity/*");
    match meaning(value).as_str() {
        "Table.Arn" => "Table".to_owned(),
        "Table.StreamArn" => "the table's stream".to_owned(),
        "${Table.Arn}/stream/*" => "the table's streams".to_owned(),
        log if log == format!("{function}Log.Arn") => "its log".to_owned(),
        path if path == secrets || path == below => "its secrets".to_owned(),
        all if all == identities => "identities".to_owned(),
        other => other.strip_suffix(".Arn").unwrap_or(other).to_owned(),
    }
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

/// What the role of a function may do.
fn granted(template: &Value, function: &str) -> BTreeSet<(String, String)> {
    let role = properties(template, &format!("{function}Role"));
    assert!(role.get("ManagedPolicyArns").is_none(), "{function}: policies of AWS allow too much");
    let mut all = BTreeSet::new();
    for policy in role["Policies"].as_array().expect("policies") {
        for statement in policy["PolicyDocument"]["Statement"].as_array().expect("statements") {
            // A statement under a condition of the stack.
            let statement = statement.get("Fn::If").map_or(statement, |choice| &choice[1]);
            assert_eq!(statement["Effect"], "Allow", "{function}");
            let condition = &statement["Condition"]["StringEquals"]["ses:FromAddress"];
            let only = if condition.is_null() { "" } else { ", from EmailFrom only" };
            assert!(condition.is_null() || meaning(condition) == "EmailFrom", "{condition}");
            for action in list(&statement["Action"]) {
                for target in list(&statement["Resource"]) {
                    let action = action.as_str().expect("an action").to_owned();
                    all.insert((action, resource(function, target) + only));
                }
            }
        }
    }
    all
}

/// What differs between the table and the template, one line each.
fn differences(template: &Value, function: &str) -> Vec<String> {
    let wanted = table().into_iter().find(|(name, _)| *name == function).expect("in the table").1;
    let owned = |(action, resource): Grant| (action.to_owned(), resource.to_owned());
    let wanted: BTreeSet<_> = wanted.into_iter().map(owned).collect();
    let granted = granted(template, function);
    let line =
        |what: &str, (action, on): &(String, String)| format!("{function} {what} {action} on {on}");
    let missing = wanted.difference(&granted).map(|grant| line("must be granted", grant));
    let more = granted.difference(&wanted).map(|grant| line("needs no", grant));
    missing.chain(more).collect()
}

fn holds(function: &str) {
    let Some(template) = template::transformed() else { return };
    assert_eq!(differences(template, function), Vec::<String>::new());
}

#[test]
fn ingest_may_do_what_the_table_says() {
    holds("Ingest");
}

#[test]
fn alert_may_do_what_the_table_says() {
    holds("Alert");
}

#[test]
fn the_dashboard_may_read_and_nothing_else() {
    holds("Dashboard");
}

#[test]
fn the_checker_may_do_what_the_table_says() {
    holds("Checker");
}

#[test]
fn the_notifier_may_do_what_the_table_says() {
    holds("Notifier");
}

#[test]
fn the_scheduler_may_ring_and_nothing_else() {
    holds("Scheduler");
}

#[test]
fn one_action_less_in_the_template_is_noticed() {
    let Some(template) = template::transformed() else { return };
    let mut tried = 0;
    for (function, grants) in table() {
        let role = format!("{function}Role");
        for (action, _) in grants {
            let mut less = template.clone();
            let statements = &mut less["Resources"][&role]["Properties"]["Policies"][0]["PolicyDocument"]
                ["Statement"];
            for statement in statements.as_array_mut().expect("statements") {
                let choice = statement.get("Fn::If").is_some();
                let statement = if choice { &mut statement["Fn::If"][1] } else { statement };
                let left = list(&statement["Action"]).into_iter().filter(|one| *one != action);
                statement["Action"] = left.cloned().collect();
            }
            let noticed = differences(&less, function);
            assert!(noticed.iter().any(|line| line.contains(action)), "{function} {action}");
            tried += 1;
        }
    }
    assert_eq!(tried, 46);
}

#[test]
fn every_function_has_a_role_of_its_own() {
    let Some(template) = template::transformed() else { return };
    let functions = template::of_type(template, "AWS::Lambda::Function");
    assert_eq!(functions.len(), 5);
    for (name, function) in functions {
        assert_eq!(meaning(&function["Role"]), format!("{name}Role.Arn"));
    }
    assert_eq!(template::of_type(template, "AWS::IAM::Role").len(), table().len());
}

#[test]
fn the_document_has_the_same_table() {
    let text = std::fs::read_to_string(root().join("docs/security.md")).expect("the document");
    let mut told = BTreeSet::new();
    for line in text.lines().filter(|line| line.contains('`') && line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [function, actions, resource, ..] = cells[..] else { continue };
        for action in actions.split(", ").map(|action| action.trim_matches('`')) {
            told.insert(format!("{function} {action} {resource}"));
        }
    }
    let mut wanted = BTreeSet::new();
    for (function, grants) in table() {
        let own = |grant: &&Grant| !EVERYBODY.contains(grant);
        let lines = grants.iter().filter(own);
        wanted
            .extend(lines.map(|(action, on)| format!("{} {action} {on}", function.to_lowercase())));
    }
    wanted.extend(EVERYBODY.map(|(action, on)| format!("each {action} {on}")));
    assert_eq!(told, wanted);
}

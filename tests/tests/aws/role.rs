//! The role with which GitHub deploys, and the boundary of the roles that it makes.

use serde_json::json;

use crate::permissions;
use crate::template::{self, properties};
use crate::tools::root;

fn text() -> String {
    std::fs::read_to_string(root().join("deploy/github-role.yaml")).expect("the template")
}

/// The lines of one resource.
fn resource(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n  {name}:\n")).expect("the resource");
    let lines = rest.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_boundary_allows_what_the_functions_need() {
    let boundary = resource(&text(), "Boundary");
    for (function, grants) in permissions::table() {
        for (action, _) in grants {
            assert!(boundary.contains(action), "{function} needs {action}");
        }
    }
    assert!(!boundary.contains("iam:"), "or a role could make another");
}

#[test]
fn each_role_of_the_stack_can_be_kept_within_it() {
    let Some(template) = template::transformed() else { return };
    for (name, role) in template::of_type(template, "AWS::IAM::Role") {
        let boundary = json!({"Fn::If": [
            "HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"},
        ]});
        assert_eq!(role["PermissionsBoundary"], boundary, "{name}");
    }
    assert_eq!(template["Parameters"]["PermissionsBoundary"]["Default"], "");
    assert!(properties(template, "IngestRole")["Policies"].is_array());
}

#[test]
fn it_is_for_jobs_of_one_repository_and_makes_no_role_beyond_the_boundary() {
    let deployer = resource(&text(), "Deployer");
    for condition in [
        "token.actions.githubusercontent.com:aud: sts.amazonaws.com",
        "- !Sub repo:${Repository}:environment:prod",
        "StringEquals: {iam:PermissionsBoundary: !Ref Boundary}",
        "iam:PassedToService: [lambda.amazonaws.com, scheduler.amazonaws.com]",
    ] {
        assert!(deployer.contains(condition), "{condition}");
    }
    let statements: Vec<_> = deployer.split("- Sid: ").collect();
    for action in ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"] {
        let all: Vec<_> = statements.iter().filter(|it| it.contains(action)).collect();
        assert!(all.len() == 1 && all[0].contains("iam:PermissionsBoundary:"), "{action}");
    }
    // Who may take the boundary off makes roles of any power.
    for action in ["iam:*", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"] {
        assert!(!deployer.contains(action), "{action}");
    }
}

//! What stand-ins of AWS skip without a word, asserted from the template: HTTP API, Function URLs,
//! schedules, alarms, identity, time to live, backups.

use serde_json::{Value, json};

use crate::template::{self, meaning, of_type, properties};

#[test]
fn the_table_is_backed_up_protected_and_cleaned() {
    let Some(template) = template::transformed() else { return };
    let table = properties(template, "Table");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["DeletionProtectionEnabled"]["Fn::If"], json!(["IsProtected", true, false]));
    assert_eq!(table["TimeToLiveSpecification"], json!({"AttributeName": "x", "Enabled": true}));
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
    let keys = json!([
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ]);
    assert_eq!(table["KeySchema"], keys);
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(template["Resources"]["Table"][policy], "Retain", "{policy}");
    }
    assert_eq!(template["Parameters"]["DeletionProtection"]["Default"], "yes");
    assert_eq!(template["Parameters"]["Billing"]["Default"], "PAY_PER_REQUEST");
    for kind in ["ScalableTarget", "ScalingPolicy"] {
        let kind = format!("AWS::ApplicationAutoScaling::{kind}");
        assert_eq!(of_type(template, &kind).len(), 2, "reads and writes");
    }
}

#[test]
fn the_functions_are_small_and_run_the_binaries_of_their_name() {
    let Some(template) = template::transformed() else { return };
    for (name, time_limit_s) in
        [("Ingest", 10), ("Alert", 30), ("Dashboard", 30), ("Checker", 150), ("Notifier", 120)]
    {
        let function = properties(template, name);
        assert_eq!(function["Runtime"], "provided.al2023", "{name}");
        assert_eq!(function["Architectures"], json!([{"Ref": "Architecture"}]), "{name}");
        assert_eq!(function["Timeout"], time_limit_s, "{name}");
        let build = &template["Resources"][name]["Metadata"];
        assert_eq!(build["BuildMethod"], "rust-cargolambda", "{name}");
        assert_eq!(build["BuildProperties"]["Binary"], name.to_lowercase(), "{name}");
        let log = &function["LoggingConfig"];
        assert_eq!((&log["LogFormat"], &log["SystemLogLevel"]), (&json!("JSON"), &json!("WARN")));
        assert_eq!(
            log["ApplicationLogLevel"], "TRACE",
            "{name}: Lambda would drop what LogFilter lets through"
        );
        assert_eq!(meaning(&log["LogGroup"]), format!("{name}Log"));
        let variables = &function["Environment"]["Variables"];
        assert_eq!(meaning(&variables["FLATLINE_TABLE"]), "Table");
        let secrets = format!("/flatline/${{AWS::StackName}}/{}", name.to_lowercase());
        assert_eq!(meaning(&variables["FLATLINE_SECRETS_PATH"]), secrets);
    }
    assert_eq!(template["Parameters"]["Architecture"]["Default"], "arm64");
}

#[test]
fn no_variable_of_a_function_is_a_secret() {
    let Some(template) = template::transformed() else { return };
    for (name, function) in of_type(template, "AWS::Lambda::Function") {
        for variable in function["Environment"]["Variables"].as_object().expect("variables").keys()
        {
            let is_secret = ["_KEY", "PASSWORD", "TOKEN", "NOTIFICATION_"];
            assert!(!is_secret.iter().any(|part| variable.contains(part)), "{name}: {variable}");
        }
    }
}

#[test]
fn every_log_is_deleted_in_time() {
    let Some(template) = template::transformed() else { return };
    let logs = of_type(template, "AWS::Logs::LogGroup");
    assert_eq!(logs.len(), 6);
    for (name, log) in logs {
        assert_eq!(meaning(&log["RetentionInDays"]), "LogRetentionDays", "{name}");
    }
}

#[test]
fn checker_and_notifier_are_rung_each_minute_and_never_twice() {
    let Some(template) = template::transformed() else { return };
    for name in ["Checker", "Notifier"] {
        let schedule = properties(template, &format!("{name}EachMinute"));
        assert_eq!(schedule["ScheduleExpression"], "rate(1 minute)", "{name}");
        assert_eq!(schedule["FlexibleTimeWindow"], json!({"Mode": "OFF"}), "{name}");
        assert!(schedule.get("Name").is_none(), "two stacks may stand side by side");
        let target = &schedule["Target"];
        assert_eq!(meaning(&target["Arn"]), format!("{name}.Arn"));
        assert_eq!(meaning(&target["RoleArn"]), "SchedulerRole.Arn");
        assert_eq!(meaning(&target["DeadLetterConfig"]["Arn"]), "DeadLetters.Arn");
        let retry = json!({"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0});
        assert_eq!(target["RetryPolicy"], retry, "{name}");
        let asynchronous = properties(template, &format!("{name}EventInvokeConfig"));
        assert_eq!(asynchronous["MaximumRetryAttempts"], 0, "{name}");
        assert_eq!(asynchronous["MaximumEventAgeInSeconds"], 60, "{name}");
    }
}

#[test]
fn the_stream_rings_the_notifier_for_new_rows_of_the_outbox_only() {
    let Some(template) = template::transformed() else { return };
    let mapping = properties(template, "NotifierOutbox");
    assert_eq!(meaning(&mapping["EventSourceArn"]), "Table.StreamArn");
    assert_eq!(mapping["MaximumBatchingWindowInSeconds"], 1);
    assert_eq!(mapping["BisectBatchOnFunctionError"], true);
    let failed = &mapping["DestinationConfig"]["OnFailure"]["Destination"];
    assert_eq!(meaning(failed), "DeadLetters.Arn");
    let filters = mapping["FilterCriteria"]["Filters"].as_array().expect("filters");
    let [filter] = &filters[..] else { panic!("{filters:?}") };
    let pattern: Value = serde_json::from_str(filter["Pattern"].as_str().expect("a text")).unwrap();
    let wanted = json!({
        "eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "Q#"}]}}},
    });
    assert_eq!(pattern, wanted);
}

#[test]
fn an_open_function_url_has_both_permissions_and_is_off_unless_asked_for() {
    let Some(template) = template::transformed() else { return };
    for (name, condition) in [("Ingest", "HasIngestUrl"), ("Dashboard", "HasOpenDashboardUrl")] {
        let permission = |suffix: &str| {
            let name = format!("{name}Url{suffix}");
            assert_eq!(template["Resources"][&name]["Condition"], condition, "{name}");
            properties(template, &name)
        };
        let url = permission("Permission");
        assert_eq!(url["Action"], "lambda:InvokeFunctionUrl");
        assert_eq!((&url["FunctionUrlAuthType"], &url["Principal"]), (&json!("NONE"), &json!("*")));
        let invoke = permission("InvokePermission");
        assert_eq!(invoke["Action"], "lambda:InvokeFunction");
        assert_eq!(invoke["InvokedViaFunctionUrl"], true, "and in no other way");
        assert_eq!(template["Parameters"][format!("{name}Url")]["Default"], "no");
    }
    let kinds = &template["Parameters"]["DashboardUrl"]["AllowedValues"];
    assert_eq!(kinds, &json!(["no", "NONE", "AWS_IAM"]));
}

#[test]
fn everything_that_can_go_wrong_has_an_alarm() {
    let Some(template) = template::transformed() else { return };
    let alarms = of_type(template, "AWS::CloudWatch::Alarm");
    let names: Vec<_> = alarms.iter().map(|(name, _)| *name).collect();
    let mut wanted = [
        "CheckerErrorsAlarm",
        "CheckerSilentAlarm",
        "DeadLettersAlarm",
        "DeadMessagesAlarm",
        "NotifierErrorsAlarm",
        "NotifierSilentAlarm",
        "OldestMessageAlarm",
        "ServerErrorsAlarm",
        "ThrottlesAlarm",
    ];
    wanted.sort_unstable();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
    let operations = include_str!("../../../docs/operations.md");
    for (name, alarm) in alarms {
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], json!([{"Ref": "AlarmTopic"}]), "{name}");
        }
        let missing = if name.ends_with("SilentAlarm") { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], missing, "{name}");
        assert!(operations.contains(&format!("### {name}")), "docs/operations.md has no {name}");
    }
    for function in ["Checker", "Notifier"] {
        let silent = properties(template, &format!("{function}SilentAlarm"));
        assert_eq!((&silent["Period"], &silent["EvaluationPeriods"]), (&json!(60), &json!(3)));
        assert_eq!(meaning(&silent["Dimensions"][0]["Value"]), function);
    }
    assert_eq!(properties(template, "OldestMessageAlarm")["Threshold"], 600);
    let errors = properties(template, "ServerErrorsAlarm")["Metrics"].as_array().expect("metrics");
    let stat = |metric: &Value| {
        let about = &metric["MetricStat"]["Metric"];
        (about["MetricName"].clone(), meaning(&about["Dimensions"][0]["Value"]))
    };
    let found: Vec<_> = errors.iter().skip(1).map(stat).collect();
    let wanted = [("5xx", "HttpApi"), ("Url5xxCount", "Ingest"), ("Url5xxCount", "Dashboard")];
    assert_eq!(found, wanted.map(|(name, of)| (json!(name), of.to_owned())));
}

#[test]
fn the_metrics_of_messages_read_what_the_notifier_logs() {
    let Some(template) = template::transformed() else { return };
    let source = |name| std::fs::read_to_string(crate::tools::root().join(name)).expect("a source");
    for (filter, message, field, file) in [
        ("OldestMessageFilter", "rows wait", "$.oldest_s", "functions/notifier/src/desk.rs"),
        ("DeadMessagesFilter", "dead", "1", "functions/notifier/src/ending.rs"),
    ] {
        let filter = properties(template, filter);
        assert_eq!(filter["FilterPattern"], format!("{{ $.message = \"{message}\" }}"));
        assert_eq!(filter["MetricTransformations"][0]["MetricValue"], field);
        let source = source(file);
        assert!(source.contains(&format!("\"{message}\"")), "{file} does not log {message}");
        let field = field.trim_start_matches("$.");
        assert!(field == "1" || source.contains(field), "{file} does not log {field}");
    }
}

#[test]
fn the_revision_is_the_version_of_the_layer() {
    let Some(template) = template::transformed() else { return };
    let layers = of_type(template, "AWS::Lambda::LayerVersion");
    let [(layer, _)] = &layers[..] else { panic!("{layers:?}") };
    // arn:aws:lambda:<region>:<account>:layer:<name>:<version>
    let revision = json!({"Fn::Select": [7, {"Fn::Split": [":", {"Ref": layer}]}]});
    for name in ["Checker", "Notifier"] {
        let function = properties(template, name);
        assert_eq!(function["Environment"]["Variables"]["FLATLINE_REVISION"], revision, "{name}");
        assert_eq!(function["Layers"], json!([{"Ref": layer}]), "{name}");
    }
}

#[test]
fn the_outputs_say_where_everything_is() {
    let Some(template) = template::transformed() else { return };
    let outputs = template["Outputs"].as_object().expect("outputs");
    for name in ["Url", "HeartbeatCommand", "ApiUrl", "AlertUrl", "SecretsPath", "TableName"] {
        assert!(outputs.contains_key(name), "no {name}");
    }
    for name in ["DashboardFunctionUrl", "IngestFunctionUrl", "DomainTarget"] {
        assert!(outputs[name]["Condition"].is_string(), "{name}");
    }
}

#[test]
fn what_documents_refer_to_is_in_the_template() {
    let Some(template) = template::transformed() else { return };
    let known = |name: &str| {
        ["Resources", "Parameters"].iter().any(|kind| template[kind].get(name).is_some())
    };
    let mut seen = 0;
    for file in std::fs::read_dir(crate::tools::root().join("docs")).expect("documents") {
        let path = file.expect("a file").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let own = |name: &str| text.contains(&format!("\n{name}:\n"));
        for part in text.split("!GetAtt ").skip(1).chain(text.split("!Ref ").skip(1)) {
            let name = part.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            assert!(known(name) || own(name), "{}: {name}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}

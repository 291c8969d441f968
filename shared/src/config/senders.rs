//! Senders of alerts that cannot carry a key: `ALERT_SNS_TOPICS` and `ALERT_SENTRY_SECRET`.

use super::reader::{Judge, Place};
use super::{Env, Secret};

/// Who may send alerts without `ALERT_API_KEY`, because what they send is signed.
#[derive(Clone, Debug, Default)]
pub struct AlertSenders {
    /// ARNs of topics of Amazon SNS.
    pub sns_topics: Vec<String>,
    /// With this Sentry signs.
    pub sentry_secret: Option<Secret>,
}

/// The topics are separated by commas or blanks.
pub(super) fn read(judge: &Judge, env: &Env) -> AlertSenders {
    let variable = "ALERT_SNS_TOPICS";
    let listed = env.get(variable).unwrap_or_default();
    let topics = listed.split([',', ' ', '\n']).map(str::trim).filter(|topic| !topic.is_empty());
    let sns_topics: Vec<_> = topics.map(str::to_owned).collect();
    for topic in sns_topics.iter().filter(|topic| !is_topic(topic)) {
        let sentence = format!(
            "\"{topic}\" is no ARN of a topic such as arn:aws:sns:eu-west-1:123456789012:alarms"
        );
        judge.error(&Place::variable(variable), sentence);
    }
    AlertSenders { sns_topics, sentry_secret: env.secret("ALERT_SENTRY_SECRET") }
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    let [scheme, _, service, region, account, name] = parts.as_slice() else { return false };
    *scheme == "arn" && *service == "sns" && ![region, account, name].iter().any(|it| it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_or_refused_with_a_sentence() {
        let good = "arn:aws:sns:eu-west-1:123456789012:alarms";
        for (sentence, text, topics, problems) in [
            ("not set", String::new(), 0, 0),
            ("one", good.to_owned(), 1, 0),
            ("two", format!(" {good}, {good}2,"), 2, 0),
            ("a name", "alarms".to_owned(), 1, 1),
            ("another service", good.replace(":sns:", ":sqs:"), 1, 1),
            ("a subscription", format!("{good}:1"), 1, 1),
        ] {
            let judge = Judge::default();
            let senders = read(&judge, &Env::default().with("ALERT_SNS_TOPICS", &text));
            assert_eq!(senders.sns_topics.len(), topics, "{sentence}");
            assert_eq!(judge.verdict().0.len(), problems, "{sentence}");
        }
    }
}

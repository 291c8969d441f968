//! Messages of Amazon SNS: from a topic that is listed, signed by Amazon
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>).

use bytes::Bytes;
use flatline_shared::app::App;
use flatline_shared::http::ApiError;
use flatline_shared::notify::{Answer, HttpRequest, Outgoing};
use http::{HeaderMap, Method};
use url::Url;

use super::{Certificates, certificate, refuse, require_fresh};
use crate::format::{Envelope, Kind};

/// Refuses an envelope that is not of a listed topic, or not signed; agrees to a subscription.
pub(super) async fn require(
    app: &App,
    certificates: &Certificates,
    envelope: &Envelope,
) -> Result<(), ApiError> {
    let topics = &app.config.alert_senders.sns_topics;
    if topics.is_empty() {
        return Err(ApiError::NotSet("ALERT_SNS_TOPICS"));
    }
    if !topics.contains(&envelope.topic) {
        return Err(refuse("the topic is not in ALERT_SNS_TOPICS"));
    }
    require_fresh(app, envelope.sent_at)?;
    let url = certificate_url(&envelope.certificate_url, &envelope.topic)
        .ok_or_else(|| refuse("SigningCertURL is not a certificate of SNS"))?;
    let certificate = certificates.at(app, url).await?;
    certificate::verify(&certificate, envelope).map_err(refuse)?;
    match &envelope.kind {
        Kind::SubscriptionConfirmation(url) => confirm(app, url, &envelope.topic).await,
        _ => Ok(()),
    }
}

async fn confirm(app: &App, url: &str, topic: &str) -> Result<(), ApiError> {
    let url =
        amazon_url(url, topic).ok_or_else(|| refuse("SubscribeURL is not an address of SNS"))?;
    get(app, url, "the address that confirms a subscription").await?;
    tracing::info!("a subscription to a topic was confirmed");
    Ok(())
}

/// What is at an address of Amazon; `what` names it in an error.
pub(super) async fn get(app: &App, url: Url, what: &'static str) -> Result<Answer, ApiError> {
    let request =
        HttpRequest { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
    let why = match app.transport.send(Outgoing::Http(request)).await {
        Ok(answer) if answer.status == 200 => return Ok(answer),
        Ok(answer) => format!("HTTP {}", answer.status),
        Err(error) => error.to_string(),
    };
    tracing::warn!(why, "{what} cannot be reached");
    Err(ApiError::OutOfReach(what))
}

/// The address of a certificate with which SNS signs for this topic.
fn certificate_url(text: &str, topic: &str) -> Option<Url> {
    let url = amazon_url(text, topic)?;
    let name = url.path().strip_prefix("/SimpleNotificationService-")?.strip_suffix(".pem")?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(url)
}

/// An address of SNS in the region of this topic, by https, and nothing odd in it. Any other host below
/// `amazonaws.com` may be somebody's bucket.
fn amazon_url(text: &str, topic: &str) -> Option<Url> {
    let mut arn = topic.split(':').skip(1);
    let (partition, service, region) = (arn.next()?, arn.next()?, arn.next()?);
    let end = if partition == "aws-cn" { ".cn" } else { "" };
    let url: Url = text.parse().ok()?;
    let at_sns = url.host_str()? == format!("sns.{region}.amazonaws.com{end}");
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    (service == "sns" && at_sns && bare && url.scheme() == "https").then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-2:123456789012:alarms";

    #[test]
    fn china_has_an_end_of_its_own() {
        let topic = "arn:aws-cn:sns:cn-north-1:123456789012:alarms";
        let url = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-f3ec.pem";
        assert!(certificate_url(url, topic).is_some());
        assert!(certificate_url(&url.replace(".cn/", "/"), topic).is_none());
    }

    #[test]
    fn only_addresses_of_sns_are_visited() {
        for (url, expected) in [
            ("https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem", true),
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://sns.s3.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://sns.s3-eu-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://sns.s3-accelerate.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("http://sns.eu-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://sns.eu-west-2.amazonaws.com:8443/SimpleNotificationService-f3ec.pem", false),
            ("https://sns.eu-west-2.amazonaws.com/bucket/key.pem", false),
            ("https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-f3ec.txt", false),
            ("https://sns.a.b.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://sns..amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            ("https://s3.eu-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem", false),
            (
                "https://sns.eu-west-2.amazonaws.com.evil.example/SimpleNotificationService-f.pem",
                false,
            ),
            ("https://evil.example/SimpleNotificationService-f3ec.pem", false),
            (
                "https://user:pass@sns.eu-west-2.amazonaws.com/SimpleNotificationService-f.pem",
                false,
            ),
            ("https://127.0.0.1/SimpleNotificationService-f3ec.pem", false),
            (
                "https://sns.eu-west-2.amazonaws.com@evil.example/SimpleNotificationService-f.pem",
                false,
            ),
            ("nonsense", false),
        ] {
            assert_eq!(certificate_url(url, TOPIC).is_some(), expected, "{url}");
        }
    }
}

//! Events of AWS Health
//! (<https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>).

use flatline_domain::UnixMs;
use jiff::fmt::rfc2822::DateTimeParser;

use super::super::fields::{Fields, labels};
use super::super::{Alert, FormatError, Phase};

/// Entities that are listed; the others are counted.
const LISTED: usize = 20;

/// Reads the event. An event of many entities comes as several pages, which are one alert.
pub(super) fn alert(body: &Fields<'_>, detail: &Fields<'_>) -> Result<Alert, FormatError> {
    let arn = detail.needed("eventArn")?;
    let code = detail.needed("eventTypeCode")?;
    let account = detail.word("affectedAccount").or_else(|| body.word("account"));
    let region = detail.word("eventRegion");
    let closed = detail.word("statusCode").is_some_and(|status| status == "closed");
    Ok(Alert {
        title: title(detail, &code, region.as_deref()),
        message: description(detail).unwrap_or_default(),
        severity: severity(detail.word("eventTypeCategory").as_deref()).to_owned(),
        source: "aws.health".to_owned(),
        phase: if closed { Phase::Resolved } else { Phase::Firing },
        // The same event has the same ARN in every account.
        dedup_key: Some(format!("{} {arn}", account.as_deref().unwrap_or("-"))),
        link: Some("https://health.aws.amazon.com/health/home".to_owned()),
        started_at: detail.word("startTime").and_then(|text| rfc2822(&text)),
        changed_at: detail.word("lastUpdatedTime").and_then(|text| rfc2822(&text)),
        labels: labels([
            ("account", account),
            ("affected", affected(detail)),
            ("code", Some(code)),
            ("page", page(detail)),
            ("region", region),
            ("service", detail.word("service")),
        ]),
        ..Alert::default()
    })
}

fn title(detail: &Fields<'_>, code: &str, region: Option<&str>) -> String {
    let service = detail.word("service").unwrap_or_else(|| "AWS".to_owned());
    let prefix = format!("AWS_{service}_");
    let what = code.strip_prefix(&prefix).unwrap_or(code).replace('_', " ").to_lowercase();
    let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
    format!("{service}: {what}{place}")
}

fn severity(category: Option<&str>) -> &'static str {
    match category {
        Some("issue") => "critical",
        Some("accountNotification") => "info",
        _ => "warning",
    }
}

/// The English text, or else the first.
fn description(detail: &Fields<'_>) -> Option<String> {
    let texts = detail.objects("eventDescription").ok()?;
    let english = |text: &&Fields<'_>| {
        text.word("language").is_some_and(|language| language.starts_with("en"))
    };
    texts.iter().find(english).or(texts.first())?.word("latestDescription")
}

/// The affected entities: as many as are listed, and how many more.
fn affected(detail: &Fields<'_>) -> Option<String> {
    let entities = detail.objects("affectedEntities").ok()?;
    let names: Vec<_> = entities.iter().filter_map(|entity| entity.word("entityValue")).collect();
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(LISTED);
    let text = if more > 0 { format!("{shown} and {more} more") } else { shown };
    Some(text).filter(|text| !text.is_empty())
}

/// `2 of 3`, where there are several.
fn page(detail: &Fields<'_>) -> Option<String> {
    let total = detail.word("totalPages").filter(|total| total != "1")?;
    Some(format!("{} of {total}", detail.word("page")?))
}

fn rfc2822(text: &str) -> Option<UnixMs> {
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(UnixMs(at.as_millisecond()))
}

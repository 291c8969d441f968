//! What an answer means for a delivery.

use flatline_domain::UnixMs;
use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::Answer;
use super::fit::one_line;

/// The longest wait that a receiver may ask for, in ms.
pub const RETRY_AFTER_MAX_MS: i64 = 3_600_000;

/// What to do after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was accepted.
    Delivered,
    /// It was not, and may be later.
    Retry {
        /// The wait that was asked for, in ms; at most [`RETRY_AFTER_MAX_MS`].
        after_ms: Option<i64>,
        /// Why, for people; no secrets.
        reason: String,
    },
    /// The channel wants fewer messages.
    RateLimited {
        /// The wait that was asked for, in ms; at most [`RETRY_AFTER_MAX_MS`].
        after_ms: Option<i64>,
        /// Why, for people; no secrets.
        reason: String,
    },
    /// It wants to be told at another place: once more with this credential.
    Moved {
        /// The upper-case key of the credential.
        key: &'static str,
        /// Its new value.
        value: String,
    },
    /// It never will be.
    Permanent {
        /// Why, for people; no secrets.
        reason: String,
    },
}

/// Judges by the HTTP status alone: 2xx is delivered; 408, 425 and 5xx are worth another try, and so
/// are redirects, which are never followed, unless they are permanent; 429 wants fewer; all else is
/// permanent.
#[must_use]
pub fn by_status(answer: &Answer, now: UnixMs) -> Verdict {
    let after_ms = retry_after_ms(&answer.headers, now);
    let reason = format!("HTTP {}", answer.status);
    match answer.status {
        200..=299 => Verdict::Delivered,
        429 => Verdict::RateLimited { after_ms, reason },
        301 | 308 => {
            Verdict::Permanent { reason: format!("{reason}: it moved; redirects are not followed") }
        }
        408 | 425 | 300..=399 | 500..=599 => Verdict::Retry { after_ms, reason },
        410 => Verdict::Permanent { reason: format!("{reason}: the receiver is gone") },
        _ => Verdict::Permanent { reason },
    }
}

/// A status of success under which the vendor did not say that it accepted: a proxy's page, perhaps.
#[must_use]
pub fn unconfirmed(answer: &Answer) -> Verdict {
    let reason = format!("HTTP {}, but not with the words of an acceptance", answer.status);
    Verdict::Retry { after_ms: None, reason }
}

impl Verdict {
    /// With what the vendor said about it, unless it accepted; one line, cut to 200 characters.
    #[must_use]
    pub fn because(mut self, why: Option<&str>) -> Self {
        let why = why.map(one_line).filter(|why| !why.is_empty());
        if let (Some(reason), Some(why)) = (self.reason_mut(), why) {
            reason.push_str(": ");
            reason.extend(why.chars().take(200));
        }
        self
    }

    /// With this reason alone, unless it accepted.
    #[must_use]
    pub fn only_because(mut self, why: String) -> Self {
        if let Some(reason) = self.reason_mut() {
            *reason = why;
        }
        self
    }

    const fn reason_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Retry { reason, .. }
            | Self::RateLimited { reason, .. }
            | Self::Permanent { reason } => Some(reason),
            Self::Delivered | Self::Moved { .. } => None,
        }
    }
}

/// The verdict with the wait that a field of the vendor asks for, in seconds, if that is a sensible
/// number; the longer one, if a header asked for one too.
#[must_use]
pub fn with_wait_s(mut verdict: Verdict, wait_s: Option<f64>) -> Verdict {
    let Some(wait_s) = wait_s.filter(|wait_s| *wait_s >= 0.0) else { return verdict };
    // Anything too large for the type becomes its maximum, which is cut like all others.
    let asked_ms = ((wait_s * 1_000.0).ceil() as i64).min(RETRY_AFTER_MAX_MS);
    if let Verdict::Retry { after_ms, .. } | Verdict::RateLimited { after_ms, .. } = &mut verdict {
        *after_ms = Some(after_ms.map_or(asked_ms, |ms| ms.max(asked_ms)));
    }
    verdict
}

/// The wait that `Retry-After` asks for, in ms: seconds or an HTTP date (RFC 9110, 10.2.3). What is
/// neither, or in the past, counts as absent.
#[must_use]
pub fn retry_after_ms(headers: &HeaderMap, now: UnixMs) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait_ms = match text.parse::<u64>() {
        Ok(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000),
        Err(_) => http_date(text)?.since_ms(now),
    };
    (wait_ms >= 0).then_some(wait_ms.min(RETRY_AFTER_MAX_MS))
}

fn http_date(text: &str) -> Option<UnixMs> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(UnixMs(date.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_795_344_741_000); // 2026-11-22T10:52:21Z

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
        }
        Answer { status, headers, body: bytes::Bytes::new() }
    }

    #[test]
    fn statuses_are_judged() {
        let permanent = |reason: &str| Verdict::Permanent { reason: reason.to_owned() };
        let retry = |reason: &str| Verdict::Retry { after_ms: None, reason: reason.to_owned() };
        let limited =
            |reason: &str| Verdict::RateLimited { after_ms: None, reason: reason.to_owned() };
        let rows = [
            (200, Verdict::Delivered, "accepted"),
            (202, Verdict::Delivered, "accepted for later"),
            (204, Verdict::Delivered, "accepted without a word"),
            (301, permanent("HTTP 301: it moved; redirects are not followed"), "moved for good"),
            (308, permanent("HTTP 308: it moved; redirects are not followed"), "moved for good"),
            (302, retry("HTTP 302"), "a login page during maintenance, perhaps"),
            (400, permanent("HTTP 400"), "the body will never please it"),
            (401, permanent("HTTP 401"), "the token is wrong"),
            (404, permanent("HTTP 404"), "nobody is there"),
            (408, retry("HTTP 408"), "it gave up waiting"),
            (410, permanent("HTTP 410: the receiver is gone"), "gone"),
            (422, permanent("HTTP 422"), "the body will never please it"),
            (425, retry("HTTP 425"), "too early"),
            (429, limited("HTTP 429"), "too many"),
            (500, retry("HTTP 500"), "its trouble"),
            (503, retry("HTTP 503"), "its trouble"),
            (599, retry("HTTP 599"), "its trouble"),
        ];
        for (status, verdict, what) in rows {
            assert_eq!(by_status(&answer(status, None), NOW), verdict, "{status}: {what}");
        }
    }

    #[test]
    fn what_a_vendor_says_is_told_in_one_line() {
        let told = by_status(&answer(503, None), NOW).because(Some("over\r\nloaded  now"));
        let reason = "HTTP 503: over loaded now".to_owned();
        assert_eq!(told, Verdict::Retry { after_ms: None, reason });
        let long = by_status(&answer(429, None), NOW).because(Some(&"\u{1f525}".repeat(300)));
        let reason = format!("HTTP 429: {}", "\u{1f525}".repeat(200));
        assert_eq!(long, Verdict::RateLimited { after_ms: None, reason });
        assert_eq!(Verdict::Delivered.because(Some("fine")), Verdict::Delivered);
    }

    #[test]
    fn waits_are_honoured_within_reason() {
        let rows = [
            ("30", Some(30_000), "seconds"),
            (" 5 ", Some(5_000), "seconds with spaces"),
            ("0", Some(0), "at once"),
            ("3600", Some(3_600_000), "one hour"),
            ("86400", Some(3_600_000), "more than one hour is one hour"),
            ("99999999999999999999", None, "no number of seconds"),
            ("18446744073709551615", Some(3_600_000), "more than fits into milliseconds"),
            ("-1", None, "negative"),
            ("1.5", None, "not whole"),
            ("soon", None, "garbage"),
            ("", None, "empty"),
            ("Sun, 22 Nov 2026 10:53:21 GMT", Some(60_000), "a date in a minute"),
            ("Sun, 22 Nov 2026 10:51:21 GMT", None, "a date in the past"),
            ("Sat, 22 Nov 2036 10:53:21 GMT", Some(3_600_000), "a date in ten years"),
        ];
        for (text, after_ms, what) in rows {
            let headers = answer(503, Some(text)).headers;
            assert_eq!(retry_after_ms(&headers, NOW), after_ms, "{text:?}: {what}");
        }
        let limited = by_status(&answer(429, Some("7")), NOW);
        let reason = "HTTP 429".to_owned();
        assert_eq!(limited, Verdict::RateLimited { after_ms: Some(7_000), reason });
    }
}

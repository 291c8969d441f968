//! How often heartbeats come, and what threshold would do.

use std::collections::BTreeSet;

use flatline_domain::UnixMs;
use flatline_shared::render::duration::words;
use flatline_shared::store::LogEntry;
use serde::Serialize;

use crate::dossier::Past;

/// Intervals that are drawn at most.
const DRAWN: usize = 30;

/// Fewer intervals say nothing.
const LEAST: usize = 3;

/// So many times the usual interval is none of its kind.
const STANDS_OUT: i64 = 3;

/// Where the line of a threshold stands that is above the drawing.
const EDGE: f64 = 1.5;

/// Height of the drawing.
const HEIGHT: f64 = 100.0;

/// The newest intervals between two heartbeats.
#[derive(Debug, Serialize)]
pub struct Pace {
    /// What it all means, in a sentence.
    pub advice: String,
    /// One bar per interval, oldest first.
    pub bars: Vec<Bar>,
    /// How many units wide the drawing is.
    pub width: usize,
    /// Where the line of the threshold is.
    pub line: String,
    /// The threshold is so far above that its line stands at the upper edge.
    pub is_far: bool,
    /// The longest interval that is drawn.
    pub longest: String,
    /// All of it, for those who do not see it.
    pub label: String,
}

/// One interval.
#[derive(Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Its place.
    pub x: usize,
    /// Its top.
    pub y: String,
    /// Its height.
    pub height: String,
}

impl Pace {
    /// Of the times that are known. `None`: too few to say anything.
    pub fn of(past: &Past, rows: &[LogEntry], window_ms: i64) -> Option<Self> {
        let ring = past.record.as_ref().map_or(&[][..], |record| &record.ring);
        let times: BTreeSet<UnixMs> =
            ring.iter().copied().chain(rows.iter().map(|row| row.at)).collect();
        let times: Vec<UnixMs> = times.into_iter().collect();
        let mut intervals: Vec<i64> =
            times.windows(2).map(|pair| pair[1].since_ms(pair[0])).filter(|ms| *ms > 0).collect();
        // Rows of long ago lie far apart although plain heartbeats came between: the ring has no
        // such gaps, so that its intervals are the ones that count.
        let oldest = ring.last().copied().unwrap_or_default();
        let in_ring = times.iter().filter(|at| **at >= oldest).count().saturating_sub(1);
        intervals.drain(..intervals.len().saturating_sub(in_ring.min(DRAWN)));
        let intervals = without_silence(&intervals, window_ms);
        (intervals.len() >= LEAST).then(|| Self::drawn(&intervals, window_ms))
    }

    fn drawn(intervals: &[i64], window_ms: i64) -> Self {
        let longest = intervals.iter().copied().max().unwrap_or(1);
        // A threshold far above everything would press the bars flat.
        let is_near = window_ms <= 4 * longest;
        let top = if is_near { window_ms.max(longest) } else { longest * 5 / 4 } as f64 * 1.08;
        let bar = |(x, ms): (usize, &i64)| {
            let height = (*ms as f64 / top * HEIGHT).max(1.0);
            Bar { x, y: format!("{:.1}", HEIGHT - height), height: format!("{height:.1}") }
        };
        let line = if is_near { HEIGHT - window_ms as f64 / top * HEIGHT } else { EDGE };
        let values: Vec<_> = intervals.iter().map(|ms| words(*ms)).collect();
        Self {
            advice: advice(intervals, window_ms),
            bars: intervals.iter().enumerate().map(bar).collect(),
            width: intervals.len(),
            line: format!("{line:.1}"),
            is_far: !is_near,
            longest: words(longest),
            label: format!(
                "Time between heartbeats, oldest first: {}. Allowed silence {}",
                values.join(", "),
                words(window_ms)
            ),
        }
    }
}

/// The intervals in which the service was alive. One longer than its threshold that stands out from
/// the others was an outage, which says nothing of its pace.
fn without_silence(intervals: &[i64], window_ms: i64) -> Vec<i64> {
    let mut sorted = intervals.to_vec();
    sorted.sort_unstable();
    let usual_ms = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let longest_ms = window_ms.max(STANDS_OUT * usual_ms);
    intervals.iter().copied().filter(|ms| *ms <= longest_ms).collect()
}

/// `Heartbeats come every 62 s ± 4 s: a threshold of 200 s would do. It is 5 min.`
fn advice(intervals: &[i64], window_ms: i64) -> String {
    let count = intervals.len() as f64;
    let mean_ms = intervals.iter().sum::<i64>() as f64 / count;
    let variance = intervals.iter().map(|ms| (*ms as f64 - mean_ms).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    if deviation > mean_ms {
        let longest_ms = intervals.iter().copied().max().unwrap_or_default();
        let (longest, set) = (words(longest_ms), words(window_ms));
        return format!(
            "Heartbeats come at no steady pace: the longest interval was {longest}, the threshold is {set}."
        );
    }
    let (every_s, spread_s) = ((mean_ms / 1_000.0).round(), (deviation / 1_000.0).round());
    let enough_s = round_up(3.0 * every_s + 3.0 * spread_s);
    let now = match window_ms / 1_000 {
        set if set == enough_s => "It is exactly that.".to_owned(),
        set if set < every_s as i64 => {
            format!("It is {set} s, less than one interval: false alarms are certain.")
        }
        set => format!("It is {set} s."),
    };
    format!(
        "Heartbeats come every {every_s} s ± {spread_s} s: a threshold of {enough_s} s would do. {now} \
         This is from the last {count} intervals."
    )
}

/// To a number that people would choose.
fn round_up(seconds: f64) -> i64 {
    let step = match seconds {
        s if s <= 60.0 => 5.0,
        s if s <= 600.0 => 10.0,
        s if s <= 7_200.0 => 60.0,
        _ => 600.0,
    };
    ((seconds / step).ceil() * step).max(step) as i64
}

#[cfg(test)]
mod tests {
    use super::{Pace, advice, without_silence};

    #[test]
    fn an_outage_is_no_pace_and_a_slow_service_is_no_outage() {
        let rows: [(&[i64], &[i64], &str); 4] = [
            (&[60, 60, 900, 60], &[60, 60, 60], "one outage among beats of each minute"),
            (&[400, 410, 400], &[400, 410, 400], "slower than its threshold"),
            (&[60, 250, 60, 60], &[60, 250, 60, 60], "late, but within the threshold"),
            (&[], &[], "nothing"),
        ];
        for (intervals, expected, sentence) in rows {
            assert_eq!(without_silence(intervals, 300), expected, "{sentence}");
        }
    }

    #[test]
    fn a_threshold_far_above_is_drawn_at_the_edge() {
        let far = Pace::drawn(&[60_000, 62_000, 61_000], 3_600_000);
        assert_eq!(
            (far.line.as_str(), far.is_far, far.longest.as_str()),
            ("1.5", true, "1 min 2 s")
        );
        assert!(
            far.label.ends_with("1 min, 1 min 2 s, 1 min 1 s. Allowed silence 1 h"),
            "{}",
            far.label
        );
        let near = Pace::drawn(&[60_000, 62_000, 61_000], 120_000);
        assert_eq!((near.line.as_str(), near.is_far), ("7.4", false));
    }

    #[test]
    fn a_threshold_is_advised_only_where_the_pace_is_steady() {
        let rows: [(&[i64], &str); 3] = [
            (
                &[60_000, 62_000, 64_000],
                "Heartbeats come every 62 s ± 2 s: a threshold of 200 s would do. It is 300 s. \
                 This is from the last 3 intervals.",
            ),
            (
                &[400_000, 400_000, 400_000],
                "Heartbeats come every 400 s ± 0 s: a threshold of 1200 s would do. It is 300 s, less \
                 than one interval: false alarms are certain. This is from the last 3 intervals.",
            ),
            (
                &[60_000, 60_000, 60_000, 60_000, 864_000_000],
                "Heartbeats come at no steady pace: the longest interval was 10 d, the threshold is 5 min.",
            ),
        ];
        for (intervals, expected) in rows {
            assert_eq!(advice(intervals, 300_000), expected);
        }
    }
}

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
    /// Where the line of the threshold is. `None`: far above.
    pub line: Option<String>,
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
    /// `62 s`.
    pub text: String,
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
        (intervals.len() >= LEAST).then(|| Self::drawn(&intervals, window_ms))
    }

    fn drawn(intervals: &[i64], window_ms: i64) -> Self {
        let longest = intervals.iter().copied().max().unwrap_or(1);
        // A threshold far above everything would press the bars flat.
        let is_near = window_ms <= 4 * longest;
        let top = if is_near { window_ms.max(longest) } else { longest * 5 / 4 } as f64 * 1.08;
        let bar = |(x, ms): (usize, &i64)| {
            let height = (*ms as f64 / top * HEIGHT).max(1.0);
            Bar {
                x,
                y: format!("{:.1}", HEIGHT - height),
                height: format!("{height:.1}"),
                text: words(*ms),
            }
        };
        Self {
            advice: advice(intervals, window_ms),
            bars: intervals.iter().enumerate().map(bar).collect(),
            width: intervals.len(),
            line: is_near.then(|| format!("{:.1}", HEIGHT - window_ms as f64 / top * HEIGHT)),
        }
    }
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
        "Heartbeats come every {every_s} s ± {spread_s} s: a threshold of {enough_s} s would do. {now}"
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
    use super::advice;

    #[test]
    fn a_threshold_is_advised_only_where_the_pace_is_steady() {
        let rows: [(&[i64], &str); 3] = [
            (
                &[60_000, 62_000, 64_000],
                "Heartbeats come every 62 s ± 2 s: a threshold of 200 s would do. It is 300 s.",
            ),
            (
                &[400_000, 400_000, 400_000],
                "Heartbeats come every 400 s ± 0 s: a threshold of 1200 s would do. It is 300 s, less \
                 than one interval: false alarms are certain.",
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

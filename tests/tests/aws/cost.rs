//! The tables of `docs/cost.md`, from counted operations and the prices in `docs/prices.json`.
//!
//! What a heartbeat and a tick cost at the database is counted by `lambda/counts.rs` and by the tests of
//! the store; durations are those of the release binaries.

use std::fmt::Write;

use serde_json::Value;

use crate::tools::root;

const SECONDS: f64 = 30.0 * 86_400.0;
const TICKS: f64 = SECONDS / 60.0;
/// A heartbeat is one write, and no read.
const HEARTBEAT_WRU: f64 = 1.0;
/// What ingest is billed for one, in s at 256 MB: its CPU at that share of a core, and one write.
const INGEST_S: f64 = 0.010;
const INGEST_GB: f64 = 0.25;
/// A line of the access log, in bytes.
const ACCESS_BYTES: f64 = 300.0;
/// A tick's own: its mark; and a canary's proof.
const TICK_WRU: f64 = 1.0;
/// Reads per service of a sweep, and of looks per service that falls due in that minute.
const SWEEP_RRU: f64 = 0.035;
const LOOK_RRU: f64 = 0.5;
/// The least that a sweep of four shards reads.
const SWEEP_LEAST_RRU: f64 = 2.0;
/// A tick lasts until the next one begins, if some window is shorter than 300 s.
const TICK_S: f64 = 62.0;
const QUIET_TICK_S: f64 = 1.5;
/// A drain with nothing to do, three channels.
const DRAIN_S: f64 = 0.2;
const DRAIN_RRU: f64 = 4.0;
const RINGING_GB: f64 = 0.125;
/// Above this number of services the checker needs the larger memory.
const SMALL_FLEET: f64 = 2_000.0;
const LARGE_CHECKER_GB: f64 = 0.5;
/// Copies of ingest, and of the other four together, that start in a month: two and seven, each replaced
/// every two hours. An estimate. Each decrypts the secrets of its function once.
const INGEST_STARTS: f64 = 2.0 * 12.0 * 30.0;
const OTHER_STARTS: f64 = 7.0 * 12.0 * 30.0;
const OTHER_SECRETS: f64 = 4.0;
/// Keys of services that fit into one parameter.
const KEYS_A_PIECE: f64 = 50.0;
/// Metrics of alarms that are free.
const FREE_ALARM_METRICS: usize = 10;

struct Prices(Value);

impl Prices {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("docs/prices.json")).expect("the prices");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    fn of(&self, name: &str) -> f64 {
        self.0[name]["price"].as_f64().unwrap_or_else(|| panic!("no price of {name}"))
    }

    fn million(&self, name: &str, count: f64) -> f64 {
        self.of(name) * count / 1e6
    }
}

/// Which way heartbeats take.
#[derive(Clone, Copy, PartialEq)]
enum Road {
    HttpApi,
    FunctionUrl,
}

/// A month of `services` that send each `period_s`, threshold twice that, in dollars.
fn month(prices: &Prices, services: f64, period_s: f64, road: Road) -> f64 {
    let window_s = 2.0 * period_s;
    let canaries = SECONDS / (window_s / 3.0).clamp(1.0, 60.0);
    let heartbeats = services * SECONDS / period_s;
    let is_leisurely = window_s >= 300.0;
    let tick_s = if is_leisurely { QUIET_TICK_S } else { TICK_S };
    let due = if is_leisurely { 0.0 } else { services * 60.0 / window_s };
    let requests = heartbeats + canaries;
    let invocations = requests + 2.0 * TICKS;
    let checker_gb = if services > SMALL_FLEET { LARGE_CHECKER_GB } else { RINGING_GB };
    let ringing_gb_s = TICKS * (tick_s * checker_gb + DRAIN_S * RINGING_GB);
    let gb_s = requests * INGEST_S * INGEST_GB + ringing_gb_s;
    let writes = requests * HEARTBEAT_WRU + TICKS * TICK_WRU;
    let reads_of_tick = (services * SWEEP_RRU).max(SWEEP_LEAST_RRU) + due * LOOK_RRU + DRAIN_RRU;
    let of_api = if road == Road::HttpApi { requests } else { canaries };
    let free_requests = prices.of("lambda_free_million_requests") * 1e6;
    let free_gb_s = prices.of("lambda_free_gb_seconds");
    prices.million("http_api_million", of_api)
        + prices.of("logs_gb") * of_api * ACCESS_BYTES / 1e9
        + prices.million("lambda_million_requests", (invocations - free_requests).max(0.0))
        + prices.of("lambda_gb_second") * (gb_s - free_gb_s).max(0.0)
        + prices.million("dynamodb_million_writes", writes)
        + prices.million("dynamodb_million_reads", reads_of_tick * TICKS)
        + decryptions(prices, services)
        + alarms(prices)
}

/// Looking whether secrets have changed is free; what a new copy of a function decrypts is not.
fn decryptions(prices: &Prices, services: f64) -> f64 {
    // The key of the canary beside those of services.
    let pieces = (services / KEYS_A_PIECE).ceil() + 1.0;
    let count = INGEST_STARTS * pieces + OTHER_STARTS * OTHER_SECRETS;
    let charged = (count - prices.of("kms_free_requests")).max(0.0);
    prices.of("kms_10k_requests") * charged / 1e4
}

/// The metrics that alarms of the template look at.
fn alarm_metrics() -> usize {
    let template = std::fs::read_to_string(root().join("template.yaml")).expect("the template");
    // Filters of logs make a metric, alarms read one from a namespace.
    [" Namespace: ", "{Namespace: "].map(|place| template.matches(place).count()).iter().sum()
}

fn alarms(prices: &Prices) -> f64 {
    let charged = alarm_metrics().saturating_sub(FREE_ALARM_METRICS);
    prices.of("alarm_metric") * charged as f64
}

/// The replaced system: a heartbeat is a write; each 10 minutes it reads and writes every service.
fn replaced(prices: &Prices, services: f64, period_s: f64) -> f64 {
    let at_tick = (services + 4.0) * TICKS / 10.0;
    let writes = services * SECONDS / period_s + at_tick;
    prices.of("workers_plan")
        + prices.million("kv_million_writes", (writes - 1e6).max(0.0))
        + prices.million("kv_million_reads", (at_tick - 10e6).max(0.0))
}

fn healthchecks(prices: &Prices, services: f64) -> f64 {
    let plans = [(20.0, "healthchecks_20"), (100.0, "healthchecks_100")];
    let plan = plans.into_iter().find(|(limit, _)| services <= *limit);
    let large = prices.of("healthchecks_1000") * (services / 1_000.0).ceil();
    plan.map_or(large, |(_, name)| prices.of(name))
}

fn dollars(amount: f64) -> String {
    if amount < 10.0 { format!("${amount:.2}") } else { format!("${amount:.0}") }
}

/// Prices that nobody has looked up.
fn from_memory(prices: &Prices) -> Vec<String> {
    let all = prices.0.as_object().expect("an object").iter();
    let is_memory =
        |price: &Value| price["from"].as_str().is_some_and(|it| it.starts_with("memory"));
    all.filter(|(_, price)| is_memory(price)).map(|(name, _)| format!("`{name}`")).collect()
}

fn tables(prices: &Prices) -> String {
    let mut text = String::from(
        "| services | heartbeat each | HTTP API | IngestUrl | cloudflaremon on Workers |\n\
         |---|---|---|---|---|\n",
    );
    let counts = [10.0, 100.0, 1_000.0, 10_000.0];
    for services in counts {
        for (period_s, name) in [(60.0, "minute"), (300.0, "5 minutes"), (3_600.0, "hour")] {
            let costs = [
                month(prices, services, period_s, Road::HttpApi),
                month(prices, services, period_s, Road::FunctionUrl),
                replaced(prices, services, period_s),
            ];
            let cells = costs.map(dollars).join(" | ");
            writeln!(text, "| {services} | {name} | {cells} |").expect("a text");
        }
    }
    text += "\n| services | Healthchecks.io | Cronitor, one user | Better Stack | a small server |\n\
             |---|---|---|---|---|\n";
    for services in counts {
        let tens = ((services - 10.0) / 10.0).max(0.0).ceil();
        let cronitor = prices.of("cronitor_monitor") * services + prices.of("cronitor_user");
        let costs = [
            healthchecks(prices, services),
            cronitor,
            prices.of("betterstack_10") * tens,
            prices.of("server_month"),
        ];
        writeln!(text, "| {services} | {} |", costs.map(dollars).join(" | ")).expect("a text");
    }
    let checked = prices.0["checked"].as_str().expect("a date");
    let memory = from_memory(prices).join(", ");
    let sentence = format!(
        "\nPrices of {checked}, us-east-1, without tax. From memory, so look before you rely on them: \
         {memory}."
    );
    writeln!(text, "{sentence}").expect("a text");
    text
}

#[test]
fn the_tables_of_the_document_are_those_that_the_prices_make() {
    let document = std::fs::read_to_string(root().join("docs/cost.md")).expect("the document");
    let (_, rest) = document.split_once("<!-- tables -->\n").expect("where they begin");
    let (told, _) = rest.split_once("<!-- end of tables -->").expect("where they end");
    let wanted = tables(&Prices::read());
    assert!(told == wanted, "docs/cost.md is not what the prices make; put this in:\n{wanted}");
}

#[test]
fn the_document_counts_the_alarms_of_the_template() {
    let document = std::fs::read_to_string(root().join("docs/cost.md")).expect("the document");
    let cost = dollars(alarms(&Prices::read()));
    let row =
        format!("| alarms | {} metrics, {FREE_ALARM_METRICS} free | {cost} |", alarm_metrics());
    assert!(document.contains(&row), "docs/cost.md must say {row}");
}

#[test]
fn more_services_and_shorter_periods_never_cost_less() {
    let prices = Prices::read();
    for road in [Road::HttpApi, Road::FunctionUrl] {
        for period_s in [3_600.0, 300.0, 60.0] {
            let of = |services| month(&prices, services, period_s, road);
            assert!(of(10.0) <= of(100.0) && of(100.0) <= of(10_000.0), "{period_s}");
            assert!(of(100.0) <= month(&prices, 100.0, period_s / 5.0, road), "{period_s}");
        }
        let url = month(&prices, 1_000.0, 60.0, Road::FunctionUrl);
        assert!(url <= month(&prices, 1_000.0, 60.0, Road::HttpApi));
    }
}

#[test]
fn every_price_has_a_source_and_the_prices_a_date() {
    let Value::Object(prices) = Prices::read().0 else { panic!("no object") };
    let date: Vec<_> = prices["checked"].as_str().expect("a date").split('-').collect();
    assert!(
        matches!(date[..], [year, month, day] if (year.len(), month.len(), day.len()) == (4, 2, 2))
    );
    for (name, price) in prices.iter().filter(|(_, price)| price.is_object()) {
        assert!(price["from"].as_str().is_some_and(|from| !from.is_empty()), "{name}");
    }
}

use flatline_domain::{Day, Status};
use flatline_shared::config::Service;

use super::{Export, Wanted, cell};
use crate::fixture::{DAY_MS, NOW, config, down_yesterday, record, service, swept};
use crate::query::Query;
use crate::reading::Past;

#[test]
fn cells_are_quoted_and_never_formulas() {
    let rows = [
        ("plain", "plain"),
        ("a, b", "\"a, b\""),
        ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\n=1", "\"'\n=1\""),
        ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
    ];
    for (text, expected) in rows {
        assert_eq!(cell(text), expected);
    }
}

#[test]
fn every_day_of_every_service_has_a_line() {
    let services = vec![service("api", "API"), service("new", "=New")];
    let swept = swept(vec![record(&services[0], Status::Up, 30 * DAY_MS, 0)]);
    let config = config(services, &[]);
    let past = Past { days: down_yesterday("api", DAY_MS / 4), ..Past::default() };
    let wanted = Wanted::of(&Query::parse("days=2"), &config, NOW).unwrap();
    assert_eq!(wanted.file_name(), "uptime-export-2026-11-21-to-2026-11-22.csv");
    let export = Export::of(&config, &swept, &past, &wanted, NOW);
    assert_eq!(export.next, None);
    let lines: Vec<&str> = export.csv.split("\r\n").skip(1).collect();
    assert_eq!(
        lines,
        [
            "2026-11-21,API,api,Ungrouped,Down,75,1440,1080,0,360,0,64800,0,21600,0",
            "2026-11-22,API,api,Ungrouped,Up,100,720,720,0,0,0,43200,0,0,0",
            "2026-11-21,'=New,new,Ungrouped,No Data,,0,0,0,0,0,0,0,0,0",
            "2026-11-22,'=New,new,Ungrouped,No Data,,0,0,0,0,0,0,0,0,0",
            "",
        ]
    );
}

#[test]
fn a_long_export_comes_in_parts() {
    let services: Vec<_> = (0..400).map(|n| service(&format!("s{n}"), "A service")).collect();
    let (config, swept) = (config(services, &[]), swept(Vec::new()));
    let part = |cursor: usize| {
        let wanted = Wanted::of(&Query::parse(&format!("cursor={cursor}")), &config, NOW).unwrap();
        Export::of(&config, &swept, &Past::default(), &wanted, NOW)
    };
    let (mut cursor, mut lines) = (0, 0);
    loop {
        let export = part(cursor);
        assert!(export.csv.len() < 5_000_000);
        assert!(export.csv.starts_with("Date,Service Name,Service ID,Group,Status,Uptime %,"));
        lines += export.csv.lines().count() - 1;
        match export.next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!(lines, 400 * 120);
}

#[test]
fn no_part_is_too_large_however_long_a_name_is() {
    let name = "n".repeat(200_000);
    let config = config(vec![service("a", &name), service("b", "B")], &[]);
    let swept = swept(Vec::new());
    let (mut cursor, mut days, mut parts) = (0, Vec::new(), 0);
    loop {
        let wanted = Wanted::of(&Query::parse(&format!("cursor={cursor}")), &config, NOW).unwrap();
        let export = Export::of(&config, &swept, &Past::default(), &wanted, NOW);
        assert!(export.csv.len() < 5_000_000, "{}", export.csv.len());
        let line = |line: &str| (line[..10].to_owned(), line.contains(",b,"));
        days.extend(export.csv.lines().skip(1).map(line));
        parts += 1;
        match export.next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert!(parts > 4, "{parts}");
    assert_eq!(days.len(), 240);
    assert!(days.is_sorted_by_key(|(day, is_b)| (*is_b, day.clone())), "each once, and in order");
    days.dedup();
    assert_eq!(days.len(), 240);
}

#[test]
fn what_is_asked_for_is_judged() {
    let config = config(vec![service("api", "API"), service("a,b", "A, B")], &[]);
    let today = NOW.day();
    let wanted = |query: &str| Wanted::of(&Query::parse(query), &config, NOW);
    let span = |query: &str| wanted(query).map(|wanted| (wanted.from, wanted.to)).unwrap();
    assert_eq!(span(""), (Day(today.0 - 119), today), "the retention");
    assert_eq!(span("days=all"), (Day(today.0 - 119), today));
    assert_eq!(span("days=7"), (Day(today.0 - 6), today), "today is one of them");
    assert_eq!(span("from=2026-11-20&to=2026-11-21"), (Day(today.0 - 2), Day(today.0 - 1)));
    assert_eq!(span("from=1999-01-01&to=2999-01-01"), (Day(today.0 - 119), today));
    for (query, services) in [
        ("services=api", &["api"][..]),
        ("services=api,api", &["api", "api"]),
        ("services=a,b&services=api", &["a,b", "api"]),
    ] {
        assert_eq!(wanted(query).unwrap().services, services, "{query}");
    }
    for (query, sentence) in [
        ("days=-1", "days must be a number of days from 1, or all"),
        ("from=yesterday", "from must be a day, such as 2026-11-22"),
        ("to=2026-02-30", "to must be a day, such as 2026-11-22"),
        ("services=nope", "services: there is no service with the id nope"),
        ("from=2026-11-20&to=2026-11-19", "from must not be after to, nor after today"),
        ("from=2999-01-01", "from must not be after to, nor after today"),
        ("cursor=x", "cursor must be the one of a Link header"),
    ] {
        assert_eq!(wanted(query).unwrap_err().to_string(), sentence, "{query}");
    }
}

#[test]
fn the_parts_of_a_page_are_all_lines_and_none_is_cut_short() {
    let services: Vec<_> =
        (0..900).map(|n| service(&format!("s{n}"), &"name, ".repeat(n % 40))).collect();
    let (config, swept) = (config(services, &[]), swept(Vec::new()));
    let parts = Wanted::of(&Query::parse(""), &config, NOW).unwrap().parts(&config);
    let mut next = 0;
    for (from, lines) in &parts {
        assert_eq!(*from, next);
        next = from + lines;
        let query = Query::parse(&format!("cursor={from}&limit={lines}"));
        let wanted = Wanted::of(&query, &config, NOW).unwrap();
        let export = Export::of(&config, &swept, &Past::default(), &wanted, NOW);
        assert_eq!(export.csv.matches("\r\n").count(), lines + 1, "with the headings");
        assert_eq!(export.next, (next < 900 * 120).then_some(next));
    }
    assert_eq!((next, parts.len() > 2), (900 * 120, true));
}

#[test]
fn a_group_is_all_of_its_services() {
    let grouped = |id: &str| Service { group: Some("g".to_owned()), ..service(id, id) };
    let config = config(vec![grouped("a"), grouped("b"), service("c", "c")], &[("g", "Group")]);
    let wanted = |query: &str| Wanted::of(&Query::parse(query), &config, NOW);
    assert_eq!(wanted("group=g").unwrap().services, ["a", "b"]);
    assert_eq!(wanted("group=g&services=c").unwrap().services, ["c", "a", "b"]);
    assert!(
        wanted("group=nope").is_err() && wanted("limit=0").is_err() && wanted("limit=x").is_err()
    );
}

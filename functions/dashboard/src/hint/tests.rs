use flatline_domain::{Membership, ServiceRecord, Status};
use flatline_shared::store::Swept;

use super::{Hint, quoted};
use crate::board::Board;
use crate::fixture::{DAY_MS, NOW, config, record, service, swept};

const URL: &str = "http://127.0.0.1:8080";

#[test]
fn the_command_names_the_first_service_that_is_watched() {
    let mut paused = service("off", "Off");
    paused.spec.membership = Membership::Paused;
    let never_heard = ServiceRecord::new(&service("api", "API").spec, NOW);
    let config = config(vec![paused, service("api", "API"), service("db", "DB")], &[]);
    let hint = Hint::of(&Board::of(&config, &swept(vec![never_heard]), NOW), URL).unwrap();
    assert_eq!(
        hint.command,
        "curl 'http://127.0.0.1:8080/api/heartbeat' \\\n  -H \"Authorization: Bearer $FLATLINE_API_KEY\" \
         \\\n  -d '{\"serviceId\":\"api\"}'"
    );
    assert!(hint.needs_key);
}

#[test]
fn an_open_service_needs_no_key() {
    let mut open = service("it's", "Open");
    open.auth_required = false;
    let config = config(vec![open], &[]);
    let hint = Hint::of(&Board::of(&config, &Swept::default(), NOW), URL).unwrap();
    let body = r#"-d '{"serviceId":"it'\''s"}'"#;
    let expected = format!("curl 'http://127.0.0.1:8080/api/heartbeat' \\\n  {body}");
    assert_eq!(hint.command, expected);
    assert!(!hint.needs_key);
}

#[test]
fn nobody_needs_it_once_something_was_heard() {
    let heard = record(&service("db", "DB"), Status::Down, DAY_MS, DAY_MS);
    let config = config(vec![service("api", "API"), service("db", "DB")], &[]);
    assert_eq!(Hint::of(&Board::of(&config, &swept(vec![heard]), NOW), URL), None);
    let unreadable =
        Swept { records: Vec::new(), broken: vec![("db".to_owned(), "no status".to_owned())] };
    assert_eq!(Hint::of(&Board::of(&config, &unreadable, NOW), URL), None);
}

#[test]
fn without_a_service_there_is_no_command() {
    let config = config(Vec::new(), &[]);
    assert_eq!(Hint::of(&Board::of(&config, &Swept::default(), NOW), URL), None);
}

#[test]
fn a_quoted_word_ends_nowhere_inside() {
    assert_eq!(quoted("$(rm) `x` \"y\" \\"), "'$(rm) `x` \"y\" \\'");
    assert_eq!(quoted("a'b"), r"'a'\''b'");
}

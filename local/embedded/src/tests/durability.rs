use std::os::unix::fs::{MetadataExt, PermissionsExt};

use aws_sdk_dynamodb::Client;

use super::{TABLE, create_table, get, number, put, text};
use crate::{DataLock, DataLockError, Engine, EngineError, Execution};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_the_file_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.db");
    let first = Engine::open(&path).unwrap();
    let client = first.client(Execution::Inline);
    create_table(&client).await;
    put(&client, "a", 1).await;
    // A second reader beside the open first one sees only what has left the process.
    let second = Engine::open(&path).unwrap().client(Execution::Inline);
    assert_eq!(get(&second, "a").await, Some(number(1)));
}

/// Another process that opens the file and finds no lock takes itself for the last one: when it closes,
/// it removes the write-ahead log, and what is written from then on is lost with the process.
#[tokio::test]
async fn an_open_file_is_locked_against_being_cleaned_up_by_others() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.db");
    let engine = Engine::open(&path).unwrap();
    create_table(&engine.client(Execution::Inline)).await;
    let inode = format!(":{} ", std::fs::metadata(&path).unwrap().ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let held = |line: &&str| line.contains("POSIX") && line.contains(&inode);
    assert!(locks.lines().any(|line| held(&line)), "no lock on inode {inode}in\n{locks}");
}

#[test]
fn a_connection_syncs_each_commit_by_default() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let full: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
    assert_eq!(full, 2, "the linked library's default is not FULL");
}

#[test]
fn a_file_without_a_write_ahead_log_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE t (v)").unwrap();
    let refused = crate::engine::assert_durable(&path);
    assert!(matches!(refused, Err(EngineError::NotDurable { version: 1, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let engine = Engine::open(&home.path().join("x.db")).unwrap();
    create_table(&engine.client(Execution::Inline)).await;
    for name in ["x.db", "x.db-wal", "x.db-shm"] {
        let mode = std::fs::metadata(home.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.db");
    std::fs::write(&path, "these are not the bytes of a database, but more than its header has")
        .unwrap();
    let refused = Engine::open(&path);
    assert!(matches!(refused, Err(EngineError::Open { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_backup_of_a_running_database_opens_and_holds_its_items() {
    let home = tempfile::tempdir().unwrap();
    let engine = Engine::open(&home.path().join("x.db")).unwrap();
    let client = engine.client(Execution::Inline);
    create_table(&client).await;
    put(&client, "a", 1).await;
    let copy = home.path().join("copy.db");
    engine.backup(&copy).unwrap();
    put(&client, "b", 2).await;
    let copied = Engine::open(&copy).unwrap().client(Execution::Inline);
    assert_eq!(get(&copied, "a").await, Some(number(1)));
    assert_eq!(get(&copied, "b").await, None);
    assert!(engine.backup(&copy).is_err(), "a backup overwrote another");
}

async fn put_expiring(client: &Client, sk: &str, ttl: i64) {
    let put = client.put_item().table_name(TABLE).item("PK", text("p")).item("SK", text(sk));
    put.item("n", number(0)).item("ttl", number(ttl)).send().await.unwrap();
}

#[tokio::test]
async fn a_sweep_deletes_what_has_expired_and_nothing_else() {
    let engine = Engine::memory().unwrap();
    let client = engine.client(Execution::Inline);
    create_table(&client).await;
    put(&client, "forever", 0).await;
    put_expiring(&client, "over", 1_700_000_000).await;
    put_expiring(&client, "later", 9_000_000_000).await;
    assert_eq!(engine.sweep_ttl().unwrap(), 1);
    assert_eq!(get(&client, "over").await, None);
    assert_eq!(get(&client, "later").await, Some(number(0)));
    assert_eq!(get(&client, "forever").await, Some(number(0)));
}

#[test]
fn a_directory_is_locked_once_and_free_when_its_holder_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("a/b");
    let first = DataLock::take(&directory).unwrap();
    let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(matches!(DataLock::take(&directory), Err(DataLockError::Locked(_))));
    drop(first);
    assert_eq!(DataLock::take(&directory).unwrap().directory(), directory);
}

#[test]
fn a_directory_that_cannot_be_written_is_told_apart_from_a_locked_one() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    for directory in [file.clone(), file.join("below")] {
        let refused = DataLock::take(&directory);
        assert!(matches!(refused, Err(DataLockError::Unwritable { .. })), "{refused:?}");
    }
}

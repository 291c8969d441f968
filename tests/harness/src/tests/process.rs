use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use crate::process::{Launch, ProcessError, send_signal};

fn shell(script: &str) -> Launch {
    Launch::of("/bin/sh").arg("-c").arg(script)
}

#[tokio::test]
async fn a_process_sees_only_its_own_variables_and_is_captured() {
    let mut process =
        shell("export -p; echo trouble >&2").env("GREETING", "hello").start().unwrap();
    assert!(process.wait(30_000).await.unwrap().success());
    let seen = process.stdout();
    assert!(seen.contains("GREETING='hello'"), "{seen}");
    for inherited in ["HOME", "CARGO", "PATH="] {
        assert!(!seen.contains(&format!("export {inherited}")), "{seen}");
    }
    assert_eq!(process.stderr(), "trouble\n");
}

#[tokio::test]
async fn an_early_end_is_told_with_what_was_written() {
    let mut process = shell("echo because; exit 3").start().unwrap();
    let ended = process.wait_until("listening", 30_000, |_| false).await.unwrap_err();
    let ProcessError::Ended { status, output } = ended else { panic!("{ended}") };
    assert_eq!(status.code(), Some(3));
    assert!(output.contains("because"), "{output}");
}

#[tokio::test]
async fn what_does_not_happen_is_told_as_late() {
    let mut process = shell("exec sleep 60").env("PATH", "/bin:/usr/bin").start().unwrap();
    let late = process.wait_until("ready", 20, |_| false).await.unwrap_err();
    assert!(matches!(late, ProcessError::Late { .. }), "{late}");
}

#[tokio::test]
async fn kill_restart_and_signals_reach_the_process() {
    let script = "trap 'echo term; exit 0' TERM; echo ready; while :; do /bin/sleep 0.01; done";
    let mut process = shell(script).start().unwrap();
    process.wait_until("ready", 30_000, |it| it.stdout() == "ready\n").await.unwrap();
    let first = process.id();
    assert_eq!(process.kill().unwrap().signal(), Some(9));
    assert!(!Path::new(&format!("/proc/{first}")).exists());

    process.restart().unwrap();
    assert_ne!(process.id(), first);
    process.wait_until("ready", 30_000, |it| it.stdout() == "ready\nready\n").await.unwrap();
    process.signal("STOP").unwrap();
    let stopped =
        |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(") T ");
    process.wait_until("stopped", 30_000, |it| stopped(it.id())).await.unwrap();
    process.signal("TERM").unwrap();
    send_signal(process.id(), "CONT").unwrap();
    assert!(process.wait(30_000).await.unwrap().success());
    assert!(process.stdout().ends_with("term\n"));
}

#[tokio::test]
async fn a_dropped_process_is_gone() {
    let process = shell("exec /bin/sleep 60").start().unwrap();
    let id = process.id();
    assert!(process.rss_kib().unwrap() > 0);
    assert!(process.cpu_ms().is_ok());
    drop(process);
    assert!(!Path::new(&format!("/proc/{id}")).exists());
}

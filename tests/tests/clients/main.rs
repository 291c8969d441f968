//! `heartbeat-clients/`: every client, every example, against servers that fail and the real one.

mod answers;
mod bench;
mod commands;
mod content;
mod examples;
mod intervals;
mod manifests;
mod modules;
mod real;
mod real_server;
mod schemas;
mod server;
mod usage;

/// The tests of one client, for each of them: the shell's with each shell and sender.
macro_rules! each_client {
    ($($test:ident),* $(,)?) => {
        each_client!(@ dash_curl: "dash", "curl"; $($test),*);
        each_client!(@ dash_wget: "dash", "wget"; $($test),*);
        each_client!(@ bash_curl: "bash", "curl"; $($test),*);
        each_client!(@ bash_wget: "bash", "wget"; $($test),*);
        each_client!(@ busybox_curl: "busybox sh", "curl"; $($test),*);
        each_client!(@ busybox_wget: "busybox sh", "wget"; $($test),*);
        each_client!(@ python: "python3", ""; $($test),*);
        each_client!(@ node: "node", ""; $($test),*);
    };
    (@ $name:ident: $program:literal, $sender:literal; $($test:ident),*) => {
        mod $name {
            $(#[test]
            fn $test() {
                if let Some(bench) = crate::bench::Bench::of($program, $sender) {
                    super::$test(&bench);
                }
            })*
        }
    };
}
pub(crate) use each_client;

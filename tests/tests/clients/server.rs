//! A server that gives the answers it was told to give, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What to do with one request.
#[derive(Clone)]
pub enum Answer {
    /// Status, further head lines (each ending in CRLF), body.
    Http(u16, &'static str, &'static str),
    /// Keep the connection open and say nothing.
    Silence,
    /// This status, a head that promises more than this text, and the end.
    Cut(u16, &'static str),
    /// Break the connection off before anything is read.
    Reset,
}

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Request line and headers, in lower case.
    pub head: String,
    /// The same, as sent.
    pub exact_head: String,
    /// The body.
    pub body: String,
    /// Command lines of all processes that ran at that moment; none where there is no /proc.
    pub processes: Vec<String>,
}

/// A listening server; it lives as long as the test process.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Gives these answers, one per request, and the last one again and again.
    pub fn giving(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            let mut kept_open = Vec::new();
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.expect("accept");
                let answer = &answers[number.min(answers.len() - 1)];
                let request = match answer {
                    Answer::Reset => Asked::default(),
                    _ => read_request(&stream),
                };
                seen.lock().expect("no poison").push(request);
                match answer {
                    Answer::Silence => kept_open.push(stream),
                    Answer::Http(status, head, body) => {
                        write_answer(&mut stream, *status, head, body, body.len());
                    }
                    Answer::Cut(status, body) => {
                        write_answer(&mut stream, *status, "", body, body.len() + 100);
                    }
                    // What arrived and was not read makes the end of this a reset.
                    Answer::Reset => drop(stream.peek(&mut [0])),
                }
            }
        });
        Self { url, asked }
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no poison").clone()
    }
}

fn read_request(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut exact_head = String::new();
    while !exact_head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut exact_head).expect("a readable head") > 0, "head cut short");
    }
    let head = exact_head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().expect("a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    let body = String::from_utf8(body).expect("bodies are UTF-8");
    Asked { head, exact_head, body, processes: command_lines() }
}

fn write_answer(stream: &mut TcpStream, status: u16, head: &str, body: &str, length: usize) {
    let _gone_is_fine = stream.write_all(
        format!("HTTP/1.1 {status} X\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .as_bytes(),
    );
}

/// Command lines of all running processes; empty where there is no /proc.
fn command_lines() -> Vec<String> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let lines =
        processes.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

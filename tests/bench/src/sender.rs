//! Connections that send requests as fast as they are answered and cost next to nothing: what is
//! measured shares its processors with them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;

use flatline_harness::config::KEY;
use flatline_shared::clock::SharedClock;

use crate::numbers::Numbers;

/// One request.
pub struct Request {
    /// Where to.
    pub path: &'static str,
    /// With which key.
    pub key: &'static str,
    /// JSON.
    pub body: String,
}

impl Request {
    /// A heartbeat of this service.
    pub fn heartbeat(id: &str) -> Self {
        let body = format!("{{\"serviceId\":\"{id}\"}}");
        Self { path: "/api/heartbeat", key: KEY, body }
    }
}

/// What a run of requests came to.
pub struct Sent {
    /// Answered with 200.
    pub count: usize,
    /// From the first request to the last answer, in ms.
    pub took_ms: f64,
    /// From each request to its answer, in ms.
    pub latency_ms: Numbers,
}

impl Sent {
    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.count as f64 * 1_000.0 / self.took_ms
    }
}

/// The requests in turn over so many connections, each as soon as its last one is answered, until one has
/// sent `each`.
pub fn send(
    port: u16,
    requests: &[Request],
    connections: usize,
    each: usize,
    clock: &SharedClock,
) -> io::Result<Sent> {
    let began_ms = clock.monotonic_ms();
    let lanes: Vec<io::Result<Vec<f64>>> = thread::scope(|scope| {
        let start = |lane: usize| {
            let own = requests.iter().skip(lane).step_by(connections).cycle().take(each);
            scope.spawn(move || Connection::open(port)?.send_all(own))
        };
        let running: Vec<_> = (0..connections).map(start).collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|lane| lane.unwrap_or_else(|_| Err(io::Error::other("a lane panicked"))))
            .collect()
    });
    let took_ms = (clock.monotonic_ms() - began_ms).max(1) as f64;
    let lanes = lanes.into_iter().collect::<io::Result<Vec<_>>>()?;
    let latency_ms: Numbers = lanes.into_iter().flatten().collect();
    Ok(Sent { count: latency_ms.len(), took_ms, latency_ms })
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4_096) })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "latencies in less than the clock's milliseconds"
    )]
    fn send_all<'r>(mut self, requests: impl Iterator<Item = &'r Request>) -> io::Result<Vec<f64>> {
        let mut latencies_ms = Vec::new();
        for request in requests {
            let began = std::time::Instant::now();
            self.send(request)?;
            latencies_ms.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(latencies_ms)
    }

    fn send(&mut self, request: &Request) -> io::Result<()> {
        let Request { path, key, body } = request;
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.answer.clear();
        let mut part = [0_u8; 2_048];
        while !is_whole(&self.answer) {
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.answer.extend_from_slice(&part[..count]);
        }
        if self.answer.starts_with(b"HTTP/1.1 200") {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&self.answer).into_owned()))
    }
}

/// Whether headers and as much body as they announce are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let headers = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    answer.len() >= end + 4 + length
}

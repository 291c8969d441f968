//! One server with many desks.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Ruling, Vendor};
use crate::authority::{Authority, Certificate};
use crate::receiver::{Received, Receiver, Reply};

/// One request at a desk.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request; its path begins after the desk's.
    pub request: Received,
    /// The rule that it broke, if it broke one.
    pub broken: Option<String>,
}

type Rules = Box<dyn FnMut(&Received) -> Ruling + Send>;

struct Desk {
    rules: Rules,
    visits: Vec<Visit>,
}

type Desks = Arc<Mutex<BTreeMap<String, Desk>>>;

/// A server with TLS on 127.0.0.1. Closes when dropped.
pub struct FaultServer {
    receiver: Receiver,
    desks: Desks,
}

impl FaultServer {
    /// Without desks, showing this certificate of the authority.
    pub async fn start(authority: &Authority, certificate: Certificate) -> io::Result<Self> {
        let receiver = Receiver::start_behind(authority.acceptor(certificate)?).await?;
        let desks = Desks::default();
        let served = desks.clone();
        receiver.answer_with(move |request| answer(&mut lock(&served), request));
        Ok(Self { receiver, desks })
    }

    /// A vendor sits down.
    pub fn seat(&self, desk: &str, vendor: Vendor) {
        self.seat_with(desk, move |request| vendor.rule(request));
    }

    /// Whoever answers like this sits down.
    pub fn seat_with(&self, desk: &str, rules: impl FnMut(&Received) -> Ruling + Send + 'static) {
        let seated = Desk { rules: Box::new(rules), visits: Vec::new() };
        lock(&self.desks).insert(desk.to_owned(), seated);
    }

    /// The address of a desk, for `config.baseUrl`.
    pub fn url(&self, desk: &str) -> String {
        format!("{}/{desk}", self.receiver.url())
    }

    /// Who came to a desk, in order.
    pub fn visits(&self, desk: &str) -> Vec<Visit> {
        lock(&self.desks).get(desk).map(|desk| desk.visits.clone()).unwrap_or_default()
    }

    /// Requests for which there is no desk.
    pub fn strays(&self) -> Vec<Received> {
        let desks = lock(&self.desks);
        let all = self.receiver.received();
        all.into_iter().filter(|request| !desks.contains_key(parted(&request.path).0)).collect()
    }
}

/// Desk and rest of a path.
fn parted(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_at(path.find(['/', '?']).unwrap_or(path.len()))
}

fn answer(desks: &mut BTreeMap<String, Desk>, request: &Received) -> Reply {
    let (name, rest) = parted(&request.path);
    let Some(desk) = desks.get_mut(name) else { return Reply::status(404).body("no such desk") };
    let mut request = Received { path: rest.to_owned(), ..request.clone() };
    if let Ok(prefix) = format!("/{name}").parse() {
        request.headers.insert("x-forwarded-prefix", prefix);
    }
    let ruling = (desk.rules)(&request);
    let (reply, broken) = match ruling {
        Ok(reply) => (reply, None),
        Err(refusal) => (refusal.reply, Some(refusal.rule)),
    };
    desk.visits.push(Visit { request, broken });
    reply
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

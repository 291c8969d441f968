//! A mail server: takes messages as RFC 5321 says, after TLS and a login, and fails where it is told to.
//! Nobody whose address begins with `nobody@` lives there.

mod letter;
mod session;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use flatline_domain::UnixMs;
use flatline_shared::clock::SystemClock;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, Certificate};
use session::{Ended, Session};

/// The login that it takes.
pub const USER: &str = "flatline@example.com";
/// Its password.
pub const PASSWORD: &str = "mail password nobody may read";

/// How clients get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS; nothing but that is taken before.
    StartTls,
    /// It knows no TLS, and asks for no login.
    Plain,
}

/// A step of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The connection was accepted.
    Greeting,
    /// `EHLO`.
    Hello,
    /// `AUTH`.
    Login,
    /// `MAIL`.
    From,
    /// `RCPT`.
    To,
    /// `DATA`.
    Data,
    /// The message is there.
    Message,
}

/// What happens at a step in place of what should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This reply.
    Says(&'static str),
    /// Nothing, for ever.
    Hangs,
    /// The connection ends.
    HangsUp,
}

/// A message that was accepted.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `MAIL FROM`, without angle brackets.
    pub from: String,
    /// `RCPT TO`, without angle brackets.
    pub to: Vec<String>,
    /// The message as it was meant, with CRLF.
    pub text: String,
}

#[derive(Default)]
struct Tray {
    came_at: Vec<UnixMs>,
    accepted: Vec<Mail>,
    refused: Vec<String>,
}

/// What all sessions share.
struct House {
    door: Door,
    tls: TlsAcceptor,
    failure: Option<(Step, Failure)>,
    tray: Mutex<Tray>,
}

impl House {
    fn tray<T>(&self, look: impl FnOnce(&mut Tray) -> T) -> T {
        look(&mut self.tray.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A mail server on 127.0.0.1. Closes when dropped.
pub struct MailServer {
    house: Arc<House>,
    address: SocketAddr,
    task: AbortHandle,
}

impl MailServer {
    /// One that shows this certificate and, if told to, fails at each session.
    pub async fn start(
        authority: &Authority,
        certificate: Certificate,
        door: Door,
        failure: Option<(Step, Failure)>,
    ) -> io::Result<Self> {
        let tls = authority.acceptor(certificate)?;
        let house = Arc::new(House { door, tls, failure, tray: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, house.clone())).abort_handle();
        Ok(Self { house, address, task })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it accepted, in order.
    pub fn accepted(&self) -> Vec<Mail> {
        self.house.tray(|tray| tray.accepted.clone())
    }

    /// When connections were opened, in order.
    pub fn came_at(&self) -> Vec<UnixMs> {
        self.house.tray(|tray| tray.came_at.clone())
    }

    /// The rules that clients broke.
    pub fn refused(&self) -> Vec<String> {
        self.house.tray(|tray| tray.refused.clone())
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, house: Arc<House>) {
    let (mut sessions, clock) = (JoinSet::new(), SystemClock::shared());
    while let Ok((stream, _)) = listener.accept().await {
        let house = house.clone();
        house.tray(|tray| tray.came_at.push(clock.now()));
        // The client sees how a session breaks off; there is nobody here to tell.
        sessions.spawn(async move { serve(stream, house).await.ok() });
        while sessions.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, house: Arc<House>) -> io::Result<()> {
    if house.door == Door::Tls {
        let stream = house.tls.accept(stream).await?;
        Session::new(stream, house.clone(), true).talk(true).await?;
        return Ok(());
    }
    let (ended, stream) = Session::new(stream, house.clone(), false).talk(true).await?;
    if ended == Ended::ForTls {
        let stream = house.tls.accept(stream).await?;
        Session::new(stream, house.clone(), true).talk(false).await?;
    }
    Ok(())
}

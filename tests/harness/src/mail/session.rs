//! One session, from the greeting to the end or to STARTTLS.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Door, Failure, House, Mail, PASSWORD, Step, USER, letter};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByClient,
    ForTls,
}

/// What a command comes to.
enum Turn {
    Reply(String),
    End(Ended, &'static str),
}

pub(super) struct Session<S> {
    stream: BufReader<S>,
    house: Arc<House>,
    is_private: bool,
    is_known: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(stream: S, house: Arc<House>, is_private: bool) -> Self {
        let is_known = house.door == Door::Plain;
        let stream = BufReader::new(stream);
        Self { stream, house, is_private, is_known, from: None, to: Vec::new() }
    }

    /// Talks until somebody ends it; gives the connection back.
    pub(super) async fn talk(mut self, greets: bool) -> io::Result<(Ended, S)> {
        if greets {
            let greeting = self.unless_failing(Step::Greeting, "220 sink.example ESMTP").await?;
            self.say(&greeting).await?;
        }
        loop {
            let line = self.line().await?;
            match self.obey(&line).await? {
                Turn::Reply(reply) => self.say(&reply).await?,
                Turn::End(ended, reply) => {
                    self.say(reply).await?;
                    return Ok((ended, self.stream.into_inner()));
                }
            }
        }
    }

    async fn obey(&mut self, line: &str) -> io::Result<Turn> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => self.unless_failing(Step::Hello, self.abilities()).await?,
            "STARTTLS" if self.house.door == Door::StartTls && !self.is_private => {
                return Ok(Turn::End(Ended::ForTls, "220 2.0.0 go ahead"));
            }
            "QUIT" => return Ok(Turn::End(Ended::ByClient, "221 2.0.0 bye")),
            "NOOP" => "250 2.0.0 ok".to_owned(),
            "RSET" => {
                (self.from, self.to) = (None, Vec::new());
                "250 2.0.0 ok".to_owned()
            }
            _ if !self.is_private && self.house.door != Door::Plain => {
                self.refuse("530 5.7.0 must issue a STARTTLS command first")
            }
            "AUTH" => {
                let judged = self.login(rest).await?;
                self.unless_failing(Step::Login, &judged).await?
            }
            _ if !self.is_known => self.refuse("530 5.7.0 authentication required"),
            "MAIL" => {
                let judged = self.sender(rest);
                self.unless_failing(Step::From, &judged).await?
            }
            "RCPT" => {
                let judged = self.recipient(rest);
                self.unless_failing(Step::To, &judged).await?
            }
            "DATA" => self.data().await?,
            _ => self.refuse("502 5.5.1 no such command"),
        };
        Ok(Turn::Reply(reply))
    }

    fn abilities(&self) -> &'static str {
        match self.house.door {
            Door::StartTls if !self.is_private => "250-sink.example\r\n250 STARTTLS",
            Door::Plain => "250-sink.example\r\n250 ENHANCEDSTATUSCODES",
            _ => "250-sink.example\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES",
        }
    }

    /// RFC 4954; `LOGIN` as mail programs have it.
    async fn login(&mut self, method: &str) -> io::Result<String> {
        let said = match method.split_once(' ').unwrap_or((method, "")) {
            ("PLAIN", "") => self.ask("334 ").await?,
            ("PLAIN", at_once) => at_once.to_owned(),
            ("LOGIN", _) => {
                let user = self.ask("334 VXNlcm5hbWU6").await?;
                let password = self.ask("334 UGFzc3dvcmQ6").await?;
                self.is_known =
                    [user, password] == [USER, PASSWORD].map(|text| STANDARD.encode(text));
                return Ok(self.known());
            }
            _ => return Ok(self.refuse("504 5.5.4 no such method")),
        };
        self.is_known = said == STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
        Ok(self.known())
    }

    fn known(&self) -> String {
        let reply = if self.is_known { "235 2.7.0 welcome" } else { "535 5.7.8 wrong credentials" };
        reply.to_owned()
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.say(question).await?;
        self.line().await
    }

    fn sender(&mut self, rest: &str) -> String {
        match address(rest, "FROM:") {
            Some(from) => {
                self.from = Some(from);
                "250 2.1.0 ok".to_owned()
            }
            None => self.refuse("501 5.1.7 no sender"),
        }
    }

    fn recipient(&mut self, rest: &str) -> String {
        match address(rest, "TO:") {
            Some(to) if to.starts_with("nobody@") => "550 5.1.1 no such user".to_owned(),
            Some(to) if self.from.is_some() => {
                self.to.push(to);
                "250 2.1.5 ok".to_owned()
            }
            _ => self.refuse("501 5.1.3 no recipient, or no sender yet"),
        }
    }

    async fn data(&mut self) -> io::Result<String> {
        let Some(from) = self.from.clone().filter(|_| !self.to.is_empty()) else {
            return Ok(self.refuse("503 5.5.1 no sender or no recipient yet"));
        };
        let go = self.unless_failing(Step::Data, "354 go ahead").await?;
        if !go.starts_with("354") {
            return Ok(go);
        }
        self.say(&go).await?;
        let mut raw = Vec::new();
        while !letter::is_whole(&raw) {
            if self.stream.read_until(b'\n', &mut raw).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let judged = self.unless_failing(Step::Message, "250 2.0.0 queued").await?;
        if !judged.starts_with('2') {
            return Ok(judged);
        }
        let mail = |text| Mail { from, to: std::mem::take(&mut self.to), text };
        match letter::read(&raw).map(mail) {
            Ok(mail) => {
                self.house.tray(|tray| tray.accepted.push(mail));
                Ok(judged)
            }
            Err(rule) => Ok(self.refuse(&format!("554 5.6.0 {rule}"))),
        }
    }

    /// A reply to somebody who broke a rule.
    fn refuse(&self, reply: &str) -> String {
        self.house.tray(|tray| tray.refused.push(reply.to_owned()));
        reply.to_owned()
    }

    /// The reply, unless the server is to fail at this step.
    async fn unless_failing(&self, step: Step, reply: &str) -> io::Result<String> {
        match self.house.failure.filter(|(at, _)| *at == step).map(|(_, failure)| failure) {
            None => Ok(reply.to_owned()),
            Some(Failure::Says(other)) => Ok(other.to_owned()),
            Some(Failure::Hangs) => std::future::pending().await,
            Some(Failure::HangsUp) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        let line = line.strip_suffix("\r\n").ok_or(io::ErrorKind::InvalidData)?;
        Ok(line.to_owned())
    }
}

/// The address in `FROM:<a@b> ...`.
fn address(rest: &str, word: &str) -> Option<String> {
    let (address, _) = rest.strip_prefix(word)?.strip_prefix('<')?.split_once('>')?;
    address.contains('@').then(|| address.to_owned())
}

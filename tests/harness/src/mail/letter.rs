//! A message on the wire, and the rules of RFC 5322 that it must keep.

/// The longest line, in bytes, without its end.
const LINE_MAX: usize = 998;

/// Headers that each message needs.
const HEADERS: [&str; 6] = ["From", "To", "Subject", "Date", "Message-ID", "Content-Type"];

/// Whether the line with only a dot has come.
pub(super) fn is_whole(raw: &[u8]) -> bool {
    raw == b".\r\n" || raw.ends_with(b"\r\n.\r\n")
}

/// The message without the dots of the transfer; or the rule that it breaks.
pub(super) fn read(raw: &[u8]) -> Result<String, String> {
    let raw = std::str::from_utf8(raw).ok().filter(|text| text.is_ascii());
    // The server does not offer 8BITMIME.
    let raw = raw.ok_or("more than 7 bits")?;
    let body = raw.strip_suffix(".\r\n").unwrap_or(raw);
    let mut text = String::new();
    for line in body.split_terminator("\r\n") {
        if line.len() > LINE_MAX || line.contains(['\r', '\n', '\0']) {
            return Err(format!("a line of {} bytes, or with a line end inside", line.len()));
        }
        text.push_str(line.strip_prefix('.').unwrap_or(line));
        text.push_str("\r\n");
    }
    let (head, _) = text.split_once("\r\n\r\n").ok_or("no empty line after the headers")?;
    for name in HEADERS {
        let is_it = |line: &&str| {
            line.split_once(':').is_some_and(|(header, _)| header.eq_ignore_ascii_case(name))
        };
        let count = head.split("\r\n").filter(is_it).count();
        if count != 1 {
            return Err(format!("{count} headers {name}"));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "From: a@b\r\nTo: c@d\r\nSubject: s\r\nDate: d\r\nMessage-ID: <i>\r\n\
                        Content-Type: text/plain\r\n\r\n";

    #[test]
    fn letters_keep_the_rules_or_are_refused() {
        let rows = [
            ("hello\r\n", "", "a letter"),
            ("..dot\r\n", "", "a line that begins with a dot"),
            ("caf\u{e9}\r\n", "7 bits", "not encoded"),
            ("a\nb\r\n", "line end", "half a line end"),
        ];
        for (body, rule, what) in rows {
            let read = read(format!("{HEAD}{body}.\r\n").as_bytes());
            let told = read.as_ref().err().map_or("", String::as_str);
            assert!(told.contains(rule) && told.is_empty() == rule.is_empty(), "{what}: {read:?}");
        }
        let dotted = read(format!("{HEAD}..dot\r\n.\r\n").as_bytes()).unwrap();
        assert!(dotted.ends_with("\r\n.dot\r\n"), "{dotted}");
        let long = format!("{HEAD}{}\r\n.\r\n", "x".repeat(999));
        assert!(read(long.as_bytes()).is_err());
        let twice = format!("Subject: t\r\n{HEAD}x\r\n.\r\n");
        assert_eq!(read(twice.as_bytes()), Err("2 headers Subject".to_owned()));
    }
}

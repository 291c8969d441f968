//! Bodies of the type `multipart/form-data` (RFC 7578): some tools put their JSON into a field.

/// The content of the first field of this name. `None`: the body is none of this type, or has no such
/// field. As Content-Type is never looked at, its first line says what parts it; no JSON begins so.
pub(super) fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (boundary, _) = split_once(body.strip_prefix(b"--")?, b"\r\n")?;
    let start = [b"--", boundary, b"\r\n"].concat();
    let end = [b"\r\n--", boundary].concat();
    let mut rest = body;
    while let Some(part) = rest.strip_prefix(&*start) {
        let (content, after) = split_once(part, &end)?;
        let (headers, value) = split_once(content, b"\r\n\r\n")?;
        if is_called(headers, name) {
            return Some(value);
        }
        // After the boundary: the end of its line, or `--` where nothing follows.
        rest = &rest[rest.len() - after.len() - boundary.len() - b"--".len()..];
    }
    None
}

/// `Content-Disposition: form-data; name="data"`
fn is_called(headers: &[u8], name: &str) -> bool {
    let headers = String::from_utf8_lossy(headers).to_ascii_lowercase();
    let wanted = format!("name=\"{}\"", name.to_ascii_lowercase());
    let mut lines = headers.split("\r\n");
    let of_form = |line: &&str| line.starts_with("content-disposition:");
    let parts = lines.find(of_form).unwrap_or_default().split(';');
    parts.into_iter().any(|part| part.trim() == wanted)
}

fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n\
                       --b\r\ncontent-disposition: form-data; name=\"Data\"; filename=\"x\"\r\n\
                       Content-Type: text/plain\r\n\r\n{\"a\":\r\n1}\r\n--b--\r\n";

    #[test]
    fn the_field_of_a_name_is_found() {
        for (sentence, body, expected) in [
            ("the second of two", TWO.to_owned(), Some("{\"a\":\r\n1}")),
            (
                "an empty one",
                "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n\r\n--b--".to_owned(),
                Some(""),
            ),
            ("no such field", TWO.replace("Data", "date"), None),
            ("cut off", TWO[..TWO.len() - 10].to_owned(), None),
            ("cut off after its start", "--b\r\n".to_owned(), None),
            ("a boundary without a line", "--b".to_owned(), None),
            ("JSON", "{\"a\":1}".to_owned(), None),
            ("nothing", String::new(), None),
        ] {
            let found = field(body.as_bytes(), "data");
            assert_eq!(found, expected.map(str::as_bytes), "{sentence}");
        }
    }
}

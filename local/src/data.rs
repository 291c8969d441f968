//! The data directory: the lock, and the keys that are made on the first start.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flatline_shared::config::Secret;
use serde_json::json;

/// Keys of the first start, for any service.
const KEYS: &str = "api-keys.json";

/// The same as a header that curl reads with `-H @file`.
const HEADER: &str = "authorization.header";

/// A file of the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct DataFileError {
    path: String,
    source: std::io::Error,
}

/// The keys in the data directory.
pub struct LocalKeys {
    /// The text of `API_KEYS`.
    pub api_keys: String,
    /// The file that holds them.
    pub file: PathBuf,
    /// The file that holds the header of one of them.
    pub header: PathBuf,
}

/// Reads the keys of the data directory, or makes them: one key for every service.
pub fn local_keys(directory: &Path) -> Result<LocalKeys, DataFileError> {
    let (file, header) = (directory.join(KEYS), directory.join(HEADER));
    let api_keys = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = random_key();
            write_private(&header, &format!("Authorization: Bearer {}\n", key.expose()))?;
            let text = format!("{}\n", json!({ "*": key.expose() }));
            write_private(&file, &text)?;
            text
        }
        Err(source) => return Err(failed(&file, source)),
    };
    Ok(LocalKeys { api_keys, file, header })
}

/// `fl_` and 256 random bits.
pub fn random_key() -> Secret {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    Secret::new(format!("fl_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn write_private(path: &Path, text: &str) -> Result<(), DataFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> DataFileError {
    DataFileError { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_are_made_once_and_only_the_owner_can_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let first = local_keys(directory.path()).unwrap();
        let again = local_keys(directory.path()).unwrap();
        assert_eq!(first.api_keys, again.api_keys);
        for file in [&first.file, &first.header] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let keys: serde_json::Value = serde_json::from_str(&first.api_keys).unwrap();
        let key = keys["*"].as_str().unwrap();
        assert_eq!((key.len(), &key[..3]), (46, "fl_"));
        let header = fs::read_to_string(first.header).unwrap();
        assert_eq!(header, format!("Authorization: Bearer {key}\n"));
    }
}

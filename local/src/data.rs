//! The data directory: the lock, and the keys that are made on the first start.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flatline_shared::config::Secret;
use serde_json::json;

/// The database.
pub const DATABASE: &str = "flatline.db";

/// Keys of the first start, for any service.
const KEYS: &str = "api-keys.json";

/// The same as a header that curl reads with `-H @file`.
const HEADER: &str = "authorization.header";

/// The key for alerts and test messages, as text.
const ALERT_KEY: &str = "alert-api-key";

/// The entry of `API_KEYS` that opens every service.
const ANY: &str = "*";

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
    let api_keys = if let Some(text) = read_if_any(&file)? {
        text
    } else {
        let text = format!("{}\n", json!({ ANY: random_key().expose() }));
        write_private(&file, &text)?;
        text
    };
    if read_if_any(&header)?.is_none() {
        let key = any_key(&api_keys).ok_or_else(|| failed(&file, unusable()))?;
        write_private(&header, &format!("Authorization: Bearer {key}\n"))?;
    }
    Ok(LocalKeys { api_keys, file, header })
}

/// The key for alerts and test messages in the data directory, or a new one there.
pub fn local_alert_key(directory: &Path) -> Result<String, DataFileError> {
    if let Some(key) = stored_alert_key(directory)? {
        return Ok(key);
    }
    let key = random_key();
    write_private(&directory.join(ALERT_KEY), &format!("{}\n", key.expose()))?;
    Ok(key.expose().to_owned())
}

/// The key for alerts and test messages in the data directory. `None`: it has none.
pub fn stored_alert_key(directory: &Path) -> Result<Option<String>, DataFileError> {
    let text = read_if_any(&directory.join(ALERT_KEY))?;
    Ok(text.map(|key| key.trim().to_owned()))
}

/// The text of a file; `None` if it is missing or empty.
fn read_if_any(path: &Path) -> Result<Option<String>, DataFileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, source)),
    }
}

/// The key that opens every service, or else the first there is.
fn any_key(api_keys: &str) -> Option<String> {
    let keys: serde_json::Map<String, serde_json::Value> = serde_json::from_str(api_keys).ok()?;
    let entry = keys.get(ANY).or_else(|| keys.values().next())?;
    let first = entry.as_array().and_then(|keys| keys.first()).unwrap_or(entry);
    first.as_str().map(str::to_owned)
}

fn unusable() -> std::io::Error {
    std::io::Error::other(
        "holds no JSON object of API keys; correct it, or remove it to have a new key made",
    )
}

/// `fl_` and 256 random bits.
pub fn random_key() -> Secret {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    Secret::new(format!("fl_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), DataFileError> {
    let draft = path.with_extension("new");
    let write = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|source| failed(path, source))
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

    #[test]
    fn the_key_for_alerts_is_made_once_and_only_the_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(stored_alert_key(directory.path()).unwrap(), None, "nobody makes it by asking");
        let key = local_alert_key(directory.path()).unwrap();
        assert_eq!(local_alert_key(directory.path()).unwrap(), key);
        assert_eq!(stored_alert_key(directory.path()).unwrap().as_deref(), Some(key.as_str()));
        assert_eq!(key.len(), 46);
        let file = directory.path().join(ALERT_KEY);
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_no_file_and_a_broken_one_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(KEYS), "").unwrap();
        let keys = local_keys(directory.path()).unwrap();
        assert!(any_key(&keys.api_keys).is_some());
        fs::remove_file(&keys.header).unwrap();
        fs::write(&keys.file, r#"{"db":["one","two"]}"#).unwrap();
        let keys = local_keys(directory.path()).unwrap();
        assert_eq!(fs::read_to_string(keys.header).unwrap(), "Authorization: Bearer one\n");
        fs::remove_file(directory.path().join(HEADER)).unwrap();
        fs::write(&keys.file, "{broken").unwrap();
        let error = local_keys(directory.path()).err().unwrap().to_string();
        assert!(error.contains(KEYS) && error.contains("remove it"), "{error}");
    }
}

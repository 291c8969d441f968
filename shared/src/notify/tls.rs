//! The one TLS provider, and its words.

/// Makes ring the provider of this process. Every constructor that opens a client calls it; only the
/// first call has an effect.
pub fn use_ring() {
    // An error only says that a provider is installed already, and nothing installs another one.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Why a connection failed, with the way out where rustls only has a name for it.
pub(super) fn in_words(cause: String) -> String {
    if cause.ends_with("UnknownIssuer") {
        return "its certificate is signed by an authority that is not known; if it is your own, \
                name it in FLATLINE_CA_FILE"
            .to_owned();
    }
    cause
}

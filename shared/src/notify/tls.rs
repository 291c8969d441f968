//! The one TLS provider.

/// Makes ring the provider of this process. Every constructor that opens a client calls it; only the
/// first call has an effect.
pub fn use_ring() {
    // An error only says that a provider is installed already, and nothing installs another one.
    drop(rustls::crypto::ring::default_provider().install_default());
}

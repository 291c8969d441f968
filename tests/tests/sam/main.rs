//! What `sam build` made of the five functions: `cargo xtask test sam` builds them before.

mod artifact;

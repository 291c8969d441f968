//! Who is at the other end of a connection.

use std::net::IpAddr;

/// The address that a request came from, in its extensions; whoever serves puts it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

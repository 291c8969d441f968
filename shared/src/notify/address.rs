//! Which addresses are public.
//!
//! Source: the IANA special-purpose address registries (RFC 6890 and its updates). What is not
//! plainly global unicast counts as private, also where a registry calls a small part of a range
//! global: no receiver of notices lives there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 ranges that are not public: network and prefix length.
const PRIVATE_V4: [([u8; 4], u8); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast 224.0.0.0/4, reserved 240.0.0.0/4 and broadcast.
    ([224, 0, 0, 0], 3),
];

/// Global unicast, RFC 4291; nothing outside of it is public.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Ranges inside global unicast that are not public: protocol assignments with Teredo and ORCHID,
/// documentation, 6to4, direct delegation AS112, documentation.
const PRIVATE_V6: [(Ipv6Addr, u8); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The well-known prefix of NAT64, RFC 6052: the last 32 bits are the IPv4 address that is reached.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn v4_range((network, prefix): ([u8; 4], u8)) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from(network), prefix)
}

fn v6_range((network, prefix): (Ipv6Addr, u8)) -> Ipv6Net {
    Ipv6Net::new_assert(network, prefix)
}

/// The address that packets to `address` end at, as far as the address itself tells: IPv4 written
/// as IPv6 is IPv4.
fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    if !v6_range(NAT64).contains(&v6) {
        return address;
    }
    let [.., a, b, c, d] = v6.octets();
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

/// Whether `address` can be reached by anybody on the internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match reached(address) {
        IpAddr::V4(v4) => !PRIVATE_V4.into_iter().any(|range| v4_range(range).contains(&v4)),
        IpAddr::V6(v6) => {
            v6_range(GLOBAL_V6).contains(&v6)
                && !PRIVATE_V6.into_iter().any(|range| v6_range(range).contains(&v6))
        }
    }
}

/// Whether `address`, as written or as reached, lies in one of these ranges.
#[must_use]
pub fn is_listed(address: IpAddr, ranges: &[IpNet]) -> bool {
    let reached = reached(address);
    ranges.iter().any(|range| range.contains(&address) || range.contains(&reached))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let rows = [
            ("8.8.8.8", true, "an address of the internet"),
            ("1.1.1.1", true, "another one"),
            ("223.255.255.255", true, "the last unicast address"),
            ("100.63.255.255", true, "just before shared address space"),
            ("100.128.0.0", true, "just after it"),
            ("172.15.255.255", true, "just before 172.16/12"),
            ("172.32.0.0", true, "just after it"),
            ("11.0.0.0", true, "just after 10/8"),
            ("198.20.0.0", true, "just after benchmarking"),
            ("0.0.0.0", false, "this host"),
            ("0.1.2.3", false, "this network"),
            ("10.0.0.1", false, "private use"),
            ("100.64.0.1", false, "shared address space"),
            ("127.0.0.1", false, "loopback"),
            ("127.255.255.254", false, "all of 127/8 is loopback"),
            ("169.254.169.254", false, "the metadata service of clouds"),
            ("172.16.0.1", false, "private use"),
            ("172.31.255.255", false, "private use, its end"),
            ("192.0.0.1", false, "protocol assignments"),
            ("192.0.2.1", false, "documentation"),
            ("192.88.99.1", false, "6to4 relays, deprecated"),
            ("192.168.1.1", false, "private use"),
            ("198.18.0.1", false, "benchmarking"),
            ("198.19.255.255", false, "benchmarking, its end"),
            ("198.51.100.1", false, "documentation"),
            ("203.0.113.1", false, "documentation"),
            ("224.0.0.1", false, "multicast"),
            ("239.255.255.255", false, "multicast, its end"),
            ("240.0.0.1", false, "reserved"),
            ("255.255.255.255", false, "broadcast"),
            ("2606:4700:4700::1111", true, "an address of the internet"),
            ("2a00:1450:4001:81b::200e", true, "another one"),
            ("2001:4860:4860::8888", true, "just outside 2001::/23"),
            ("::", false, "unspecified"),
            ("::1", false, "loopback"),
            ("::7f00:1", false, "IPv4-compatible, deprecated"),
            ("::ffff:127.0.0.1", false, "loopback mapped into IPv6"),
            ("::ffff:169.254.169.254", false, "the metadata service mapped into IPv6"),
            ("::ffff:8.8.8.8", true, "a public address mapped into IPv6"),
            ("64:ff9b::808:808", true, "a public address through NAT64"),
            ("64:ff9b::a00:1", false, "a private address through NAT64"),
            ("64:ff9b:1::808:808", false, "NAT64 for local use"),
            ("100::1", false, "discard only"),
            ("2001::1", false, "Teredo"),
            ("2001:2::1", false, "benchmarking"),
            ("2001:10::1", false, "ORCHID"),
            ("2001:20::1", false, "ORCHIDv2"),
            ("2001:db8::1", false, "documentation"),
            ("2002:7f00:1::1", false, "6to4 of loopback"),
            ("2002:808:808::1", false, "6to4 of anything: deprecated"),
            ("3fff:fff::1", false, "documentation"),
            ("5f00::1", false, "segment routing"),
            ("fc00::1", false, "unique local"),
            ("fd12:3456::1", false, "unique local"),
            ("fd00:ec2::254", false, "the metadata service of clouds, by IPv6"),
            ("fe80::1", false, "link local"),
            ("fec0::1", false, "site local, deprecated"),
            ("ff02::1", false, "multicast"),
            ("4000::1", false, "not assigned"),
        ];
        for (address, public, what) in rows {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address} is {what}");
        }
    }

    #[test]
    fn a_listed_range_counts_for_mapped_addresses_too() {
        let ranges = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let rows = [
            ("10.1.2.3", true, "it lies in the range"),
            ("::ffff:10.1.2.3", true, "it is the same address, mapped"),
            ("fd00::1", true, "it lies in the other range"),
            ("11.0.0.1", false, "it lies in neither"),
            ("::1", false, "it lies in neither"),
        ];
        for (address, listed, why) in rows {
            assert_eq!(is_listed(address.parse().unwrap(), &ranges), listed, "{address}: {why}");
        }
    }
}

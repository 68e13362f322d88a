//! Where a step may not connect to: addresses that only mean something inside the machine or the cloud it stands in.
//!
//! A step's address comes from whoever writes an Application. Without a policy it could ask the cloud's metadata service
//! for the machine's credentials, or the services of the controller's own host. What decides is the address that a name
//! resolves to, at the moment of connecting, so a name that changes its mind gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the operator allows on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Egress {
    blocks: Vec<(IpAddr, u8)>,
    names: Vec<String>,
    everything: bool,
}

/// Addresses of clouds' metadata services outside the link-local range.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// An address that the policy refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} {what}: steps may not connect there unless the operator allows it (LATEEN_EGRESS_ALLOW={address})",
    place(host, address)
)]
pub struct Refused {
    /// As the step named it.
    pub host: String,
    /// What that resolved to.
    pub address: IpAddr,
    /// Which sort of address it is.
    pub what: &'static str,
}

fn place(host: &str, address: &IpAddr) -> String {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(named) if named == *address => format!("{address} is"),
        _ => format!("{host} is at {address},"),
    }
}

impl Egress {
    /// Reads a list of addresses (`127.0.0.1`), blocks (`10.0.0.0/8`, `::1/128`), host names and `*`, separated by commas
    /// or blanks.
    ///
    /// # Errors
    /// The entry that is none of these.
    pub fn parse(text: &str) -> Result<Egress, String> {
        let mut egress = Egress::default();
        for entry in text.split([',', ' ']).filter(|e| !e.is_empty()) {
            if entry == "*" {
                egress.everything = true;
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                egress.blocks.push((address, if address.is_ipv4() { 32 } else { 128 }));
            } else if let Some((address, bits)) = entry.split_once('/') {
                let address: IpAddr = address.parse().map_err(|_| bad(entry))?;
                let most = if address.is_ipv4() { 32 } else { 128 };
                let bits = bits.parse::<u8>().ok().filter(|bits| *bits <= most).ok_or_else(|| bad(entry))?;
                egress.blocks.push((address, bits));
            } else if entry.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) {
                egress.names.push(entry.to_ascii_lowercase());
            } else {
                return Err(bad(entry));
            }
        }
        Ok(egress)
    }

    /// Whether a step may connect to an address that it knows by this name.
    ///
    /// # Errors
    /// It may not, and why.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let address = embedded(address);
        let Some(what) = refused(address) else { return Ok(()) };
        let allowed = self.everything
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
            || self.blocks.iter().any(|(block, bits)| within(address, *block, *bits));
        if allowed { Ok(()) } else { Err(Refused { host: host.to_owned(), address, what }) }
    }
}

fn bad(entry: &str) -> String {
    format!("{entry:?} is no address, block of addresses or host name")
}

/// The IPv4 address that an IPv6 one stands for, where it does.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    if let Some(four) = six.to_ipv4_mapped() {
        return four.into();
    }
    match six.segments() {
        // NAT64
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

fn refused(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("a metadata service");
    }
    match address {
        IpAddr::V4(four) if four == Ipv4Addr::new(169, 254, 169, 254) => Some("a metadata service"),
        IpAddr::V4(four) if four.is_loopback() => Some("a loopback address"),
        IpAddr::V4(four) if four.is_link_local() => Some("a link-local address"),
        IpAddr::V4(four) if four.octets().first() == Some(&0) => Some("an address of this machine"),
        IpAddr::V4(four) if four.is_multicast() || four.is_broadcast() => Some("an address of many machines"),
        IpAddr::V6(six) if six.is_loopback() => Some("a loopback address"),
        IpAddr::V6(six) if six.is_unicast_link_local() => Some("a link-local address"),
        IpAddr::V6(six) if six.is_unspecified() => Some("an address of this machine"),
        IpAddr::V6(six) if six.is_multicast() => Some("an address of many machines"),
        _ => None,
    }
}

fn within(address: IpAddr, block: IpAddr, bits: u8) -> bool {
    let number = |ip: IpAddr| match ip {
        IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, true),
        IpAddr::V6(six) => (u128::from(six), false),
    };
    let ((address, one), (block, other)) = (number(address), number(block));
    let mask = if bits == 0 { 0 } else { u128::MAX << (128 - u32::from(bits)) };
    one == other && address & mask == block & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &str, address: &str) -> Result<(), &'static str> {
        let egress = Egress::parse(allow).unwrap();
        egress.check("host.example", address.parse().unwrap()).map_err(|r| r.what)
    }

    #[test]
    fn what_is_inside_is_refused_however_it_is_written() {
        for (address, what) in [
            ("127.0.0.1", "a loopback address"),
            ("127.9.9.9", "a loopback address"),
            ("::1", "a loopback address"),
            ("::ffff:127.0.0.1", "a loopback address"),
            ("64:ff9b::7f00:1", "a loopback address"),
            ("169.254.169.254", "a metadata service"),
            ("::ffff:169.254.169.254", "a metadata service"),
            ("100.100.100.200", "a metadata service"),
            ("fd00:ec2::254", "a metadata service"),
            ("169.254.1.1", "a link-local address"),
            ("fe80::1", "a link-local address"),
            ("0.0.0.0", "an address of this machine"),
            ("::", "an address of this machine"),
            ("224.0.0.1", "an address of many machines"),
        ] {
            assert_eq!(check("", address), Err(what), "{address}");
        }
        for address in ["10.0.0.1", "192.168.1.1", "203.0.113.9", "2001:db8::1"] {
            assert_eq!(check("", address), Ok(()), "{address}");
        }
    }

    #[test]
    fn the_operator_allows_by_address_block_or_name() {
        assert_eq!(check("127.0.0.1", "127.0.0.1"), Ok(()));
        assert!(check("127.0.0.1", "127.0.0.2").is_err());
        assert_eq!(check("10.0.0.0/8, 127.0.0.0/8", "127.0.0.2"), Ok(()));
        assert!(check("127.0.0.0/8", "::1").is_err());
        assert_eq!(check("HOST.example", "127.0.0.1"), Ok(()));
        assert_eq!(check("*", "169.254.169.254"), Ok(()));
        assert!(check("127.0.0.0/8", "169.254.169.254").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert_eq!(
            Egress::parse("10.0.0.0/33").unwrap_err(),
            r#""10.0.0.0/33" is no address, block of addresses or host name"#
        );
        assert!(Egress::parse("a_b").is_err());
    }

    #[test]
    fn a_refusal_says_how_to_allow_it() {
        let refused = Egress::default().check("db", "127.0.0.1".parse().unwrap()).unwrap_err();
        insta::assert_snapshot!(refused, @"db is at 127.0.0.1, a loopback address: steps may not connect there unless the operator allows it (LATEEN_EGRESS_ALLOW=127.0.0.1)");
    }
}

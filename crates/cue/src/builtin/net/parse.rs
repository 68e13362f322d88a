//! Text and lists of bytes to addresses. IPv4 in IPv6 (`::ffff:1.2.3.4`) stays IPv6.

use crate::builtin::args::Outcome;
use crate::builtin::args::kind_name;
use crate::builtin::{Args, Fault};
use crate::data::{Data, DataValue};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address in an argument.
pub(super) fn address(args: Args<'_>, at: usize) -> Outcome<IpAddr> {
    let data = args.data(at)?;
    match &data.value {
        DataValue::String(text) => parse(text),
        DataValue::Bytes(bytes) => of_bytes(bytes),
        DataValue::List(items) => {
            let byte = |d: &Data| match &d.value {
                DataValue::Number(n) => n.to_u64().and_then(|n| u8::try_from(n).ok()),
                _ => None,
            };
            match items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                Some(bytes) => of_bytes(&bytes),
                None => Fault::error("an IP address as a list consists of bytes"),
            }
        }
        other => Fault::error(format!("invalid type {} for IP address", kind_name(other))),
    }
}

fn of_bytes(bytes: &[u8]) -> Outcome<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ok(Ipv4Addr::from(four).into());
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(sixteen) => Ok(Ipv6Addr::from(sixteen).into()),
        Err(_) => Fault::error(format!("invalid IP length {}", bytes.len())),
    }
}

/// The address that a text stands for; a zone behind `%` is allowed and dropped.
pub(super) fn parse(text: &str) -> Outcome<IpAddr> {
    let bare = match text.split_once('%') {
        Some((address, zone)) if address.contains(':') && !zone.is_empty() => address,
        _ => text,
    };
    match bare.parse() {
        Ok(address) => Ok(address),
        Err(_) => Fault::error(format!("ParseAddr({text:?}): {}", why(bare))),
    }
}

/// What is wrong with a text that is no address.
fn why(text: &str) -> &'static str {
    match text.find(['.', ':', '%']).and_then(|i| text.get(i..=i)) {
        Some(".") => {
            let fields: Vec<&str> = text.split('.').collect();
            for field in &fields {
                match field.bytes().all(|b| b.is_ascii_digit()) {
                    true if field.is_empty() => return "IPv4 field must have at least one digit",
                    true if field.len() > 1 && field.starts_with('0') => {
                        return "IPv4 field has octet with leading zero";
                    }
                    true if field.len() > 3 || field.parse::<u32>().is_ok_and(|n| n > 255) => {
                        return "IPv4 field has value >255";
                    }
                    true => {}
                    false => return "unexpected character",
                }
            }
            if fields.len() < 4 { "IPv4 address too short" } else { "IPv4 address too long" }
        }
        Some(":") => {
            let groups: Vec<&str> = text.split(':').collect();
            if groups.iter().any(|g| g.len() > 4 && !g.contains('.')) {
                return "each group must have 4 or fewer digits";
            }
            match text.contains("::") {
                true if groups.len() > 8 => "the :: must expand to at least one field of zeros",
                _ if groups.len() > 8 => "trailing garbage after address",
                false if groups.len() < 8 => "address string too short",
                _ => "unexpected character",
            }
        }
        Some(_) => "missing IPv6 address",
        None => "unable to parse IP",
    }
}

/// An address and the length of its prefix.
pub(super) fn prefix(text: &str) -> Outcome<(IpAddr, u32)> {
    let bad = |why: &str| Fault::error(format!("netip.ParsePrefix({text:?}): {why}"));
    let Some((address, bits)) = text.rsplit_once('/') else { return bad("no '/'") };
    let address: IpAddr = match parse(address) {
        Ok(_) if address.contains('%') => return bad("IPv6 zones cannot be present in a prefix"),
        Ok(address) => address,
        Err(Fault::Error(why) | Fault::Incomplete(why)) => return bad(&why),
    };
    let plain =
        !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) && (bits.len() == 1 || !bits.starts_with('0'));
    let limit = if address.is_ipv4() { 32 } else { 128 };
    match bits.parse::<u32>() {
        Ok(bits) if plain && bits <= limit => Ok((address, bits)),
        Ok(_) if plain => bad("prefix length out of range"),
        _ => bad(&format!("bad bits after slash: {bits:?}")),
    }
}

/// The prefix in an argument.
pub(super) fn prefix_argument(args: Args<'_>, at: usize) -> Outcome<(IpAddr, u32)> {
    let data = args.data(at)?;
    match &data.value {
        DataValue::String(text) => prefix(text),
        other => Fault::error(format!("invalid type {} for CIDR", kind_name(other))),
    }
}

/// The address as a number, and how many bits it has.
pub(super) fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// The address of a number of 32 or 128 bits.
pub(super) fn of_number(number: u128, bits: u32) -> IpAddr {
    match u32::try_from(number) {
        Ok(small) if bits == 32 => Ipv4Addr::from_bits(small).into(),
        _ => Ipv6Addr::from_bits(number).into(),
    }
}

/// The bytes of an address as a list of ints.
pub(super) fn listed(address: IpAddr) -> Vec<i64> {
    match address {
        IpAddr::V4(v4) => v4.octets().iter().map(|b| i64::from(*b)).collect(),
        IpAddr::V6(v6) => v6.octets().iter().map(|b| i64::from(*b)).collect(),
    }
}

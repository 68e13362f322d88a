//! Addresses: `net.IP`, `IPv4`, `IPv6`, `ParseIP`, `IPString`, `ToIP4`, `ToIP16`, `AddIP`, `CompareIP`.

use super::parse::{address, listed, number, of_number, parse, prefix};
use crate::builtin::args::{Outcome, show};
use crate::builtin::{Args, Fault, builtins};
use crate::data::DataValue;
use std::net::IpAddr;

builtins! { "net";
    /// `IP(ip)` is true for an address, as text or as a list of 4 or 16 bytes; anything else is an error. As a validator: `net.IP`.
    bool IP(ip: TOP) = |a: Args<'_>| address(a, 0).map(|_| true);
    /// `IPv4(ip)` says whether it is an IPv4 address. As a validator: `net.IPv4`.
    bool IPv4(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.is_ipv4());
    /// `IPv6(ip)` says whether it is an IPv6 address. As a validator: `net.IPv6`.
    bool IPv6(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.is_ipv6());
    /// `ParseIP(s)` is the bytes of an address.
    pure ParseIP(s: STRING) = parse_ip;
    /// `IPString(ip)` is an address as text, in its shortest form.
    pure IPString(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.to_string());
    /// `ToIP4(ip)` is the 4 bytes of an IPv4 address.
    pure ToIP4(ip: TOP) = to_ip4;
    /// `ToIP16(ip)` is the 16 bytes of an address; IPv4 is put into IPv6 (`::ffff:…`).
    pure ToIP16(ip: TOP) = to_ip16;
    /// `AddIP(ip, offset)` is the address `offset` places after `ip`, or before when negative; of a network such as `10.0.0.1/8` the
    /// size stays.
    pure AddIP(ip: TOP, offset: INT) = add_ip;
    /// `CompareIP(ip1, ip2)` is -1, 0 or 1: whether `ip1` stands before, with or after `ip2`; IPv4 stands before IPv6.
    pure CompareIP(ip1: TOP, ip2: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.cmp(&address(a, 1)?) as i64);
    /// The bytes of an IPv4 address.
    constant IPv4len = "4";
    /// The bytes of an IPv6 address.
    constant IPv6len = "16";
}

fn parse_ip(args: Args<'_>) -> Outcome<Vec<i64>> {
    let text = args.string(0)?;
    parse(text).map(listed).or_else(|_| Fault::error(format!("invalid IP address {text:?}")))
}

fn to_ip4(args: Args<'_>) -> Outcome<Vec<i64>> {
    match address(args, 0)? {
        address @ IpAddr::V4(_) => Ok(listed(address)),
        IpAddr::V6(_) => Fault::error(format!("cannot convert {} to IPv4", show(args.data(0)?))),
    }
}

fn to_ip16(args: Args<'_>) -> Outcome<Vec<i64>> {
    Ok(match address(args, 0)? {
        IpAddr::V4(v4) => listed(v4.to_ipv6_mapped().into()),
        address => listed(address),
    })
}

/// The number `offset` places on, within `bits` bits.
pub(super) fn moved(number: u128, bits: u32, offset: i128) -> Outcome<u128> {
    let limit = if bits == 32 { u128::from(u32::MAX) } else { u128::MAX };
    match number.checked_add_signed(offset).filter(|n| *n <= limit) {
        Some(number) => Ok(number),
        None => {
            let how = if offset < 0 { "underflow" } else { "overflow" };
            Fault::error(format!("IP address arithmetic resulted in out-of-range address ({how})"))
        }
    }
}

fn add_ip(args: Args<'_>) -> Outcome<String> {
    let offset = i128::from(args.int(1)?);
    // The address of a network moves, its size stays.
    if let DataValue::String(text) = &args.data(0)?.value
        && text.contains('/')
    {
        let (network, length) = prefix(text)?;
        let (number, bits) = number(network);
        return Ok(format!("{}/{length}", of_number(moved(number, bits, offset)?, bits)));
    }
    let (number, bits) = number(address(args, 0)?);
    Ok(of_number(moved(number, bits, offset)?, bits).to_string())
}

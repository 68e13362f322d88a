//! Networks: `net.IPCIDR`, `InCIDR`, `ParseCIDR`, `AddIPCIDR`.

use super::address::moved;
use super::parse::{address, number, of_number, prefix, prefix_argument};
use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};
use crate::data::{Data, DataValue};

builtins! { "net";
    /// `IPCIDR(ip)` is true for a network such as `10.0.0.0/8`; anything else is an error. As a validator: `net.IPCIDR`.
    bool IPCIDR(ip: TOP) = |a: Args<'_>| prefix_argument(a, 0).map(|_| true);
    /// `InCIDR(ip, cidr)` says whether the address is in the network.
    bool InCIDR(ip: TOP, cidr: TOP) = in_cidr;
    /// `ParseCIDR(s)` is what a network consists of: `prefix_mask`, `prefix_len`, `prefix_addr`, and for IPv4 `broadcast_addr`.
    pure ParseCIDR(s: STRING) = parse_cidr;
    /// `AddIPCIDR(ip, offset)` is the network of the same size that is `offset` networks after it, or before when negative.
    pure AddIPCIDR(ip: TOP, offset: INT) = add_ip_cidr;
}

/// The bits of the network, of so many in all.
fn mask(length: u32, bits: u32) -> u128 {
    let all = if bits == 32 { u128::from(u32::MAX) } else { u128::MAX };
    all & !all.checked_shr(length).unwrap_or(0)
}

fn in_cidr(args: Args<'_>) -> Outcome<bool> {
    let ((n, bits), (network, length)) = (number(address(args, 0)?), prefix_argument(args, 1)?);
    let (base, base_bits) = number(network);
    Ok(bits == base_bits && (n ^ base) & mask(length, bits) == 0)
}

fn parse_cidr(args: Args<'_>) -> Outcome {
    let (network, length) = prefix(args.string(0)?)?;
    let (n, bits) = number(network);
    let mask = mask(length, bits);
    let text = |n: u128| Data::from(of_number(n, bits).to_string());
    let mut fields = vec![
        ("prefix_mask", text(mask)),
        ("prefix_len", Data::from(i64::from(length))),
        ("prefix_addr", text(n & mask)),
    ];
    if bits == 32 {
        fields.push(("broadcast_addr", text(n | (!mask & u128::from(u32::MAX)))));
    }
    Ok(DataValue::Struct(fields.into_iter().map(|(name, value)| (name.into(), value)).collect()).into())
}

fn add_ip_cidr(args: Args<'_>) -> Outcome<String> {
    let (network, length) = prefix_argument(args, 0)?;
    let (n, bits) = number(network);
    let size = i128::from(args.int(1)?)
        .checked_shl(bits - length)
        .filter(|s| s >> (bits - length) == i128::from(args.int(1).unwrap_or(0)));
    let offset = size.unwrap_or(i128::MAX);
    Ok(format!("{}/{length}", of_number(moved(n, bits, offset)?, bits)))
}

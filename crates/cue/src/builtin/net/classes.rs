//! What an address is for. IPv4 in IPv6 counts as IPv4.

use super::parse::address;
use crate::builtin::{Args, Fault, builtins};
use std::net::IpAddr;

builtins! { "net";
    /// `GlobalUnicastIP(ip)` says whether it is an ordinary address of one host, private networks included.
    bool GlobalUnicastIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(global(address(a, 0)?.to_canonical()));
    /// `InterfaceLocalMulticastIP(ip)` says whether it is a multicast address that does not leave the interface.
    bool InterfaceLocalMulticastIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(interface_local(address(a, 0)?.to_canonical()));
    /// `LinkLocalMulticastIP(ip)` says whether it is a multicast address that does not leave the link.
    bool LinkLocalMulticastIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(link_multicast(address(a, 0)?.to_canonical()));
    /// `LinkLocalUnicastIP(ip)` says whether it is an address of one host that is not routed.
    bool LinkLocalUnicastIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(link_unicast(address(a, 0)?.to_canonical()));
    /// `LoopbackIP(ip)` says whether it is an address of the host itself.
    bool LoopbackIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.to_canonical().is_loopback());
    /// `MulticastIP(ip)` says whether it is an address of a group.
    bool MulticastIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.to_canonical().is_multicast());
    /// `UnspecifiedIP(ip)` says whether it is `0.0.0.0` or `::`.
    bool UnspecifiedIP(ip: TOP) = |a: Args<'_>| Ok::<_, Fault>(address(a, 0)?.is_unspecified());
}

fn interface_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.segments()[0] & 0xff0f == 0xff01)
}

fn link_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.to_bits() >> 8 == 0x00e0_0000,
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    }
}

fn link_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn global(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !broadcast && !special && !link_unicast(address)
}

//! Through which proxy a cluster is reached when its kubeconfig names none: the variables `HTTPS_PROXY`, `HTTP_PROXY` and
//! `NO_PROXY`, by the rules of kubectl (Go's `httpproxy`). This machine itself is never behind a proxy: an embedded cluster
//! that is served, or a development cluster, would else be asked for where it is not.

use http::Uri;
use std::net::IpAddr;

/// The proxy for a cluster at `url`; `variable` reads the environment. A value that is no URL is no proxy.
pub(crate) fn proxy(url: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<Uri> {
    let read = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.or_else(|| variable(&name.to_lowercase()).filter(|value| !value.is_empty()))
    };
    let host = url.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
    let https = url.scheme_str() != Some("http");
    let port = url.port_u16().unwrap_or(if https { 443 } else { 80 });
    if is_loopback(&host) || read("NO_PROXY").is_some_and(|list| is_excepted(&list, &host, port)) {
        return None;
    }
    let value = read(if https { "HTTPS_PROXY" } else { "HTTP_PROXY" })?;
    let value = if value.contains("://") { value } else { format!("http://{value}") };
    // kube's clients know socks5 under this name only.
    value.replacen("socks5h://", "socks5://", 1).parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a list like `10.0.0.0/8,.example.com,host:8443` excepts a host.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| is_meant(entry, host, port))
}

fn is_meant(entry: &str, host: &str, port: u16) -> bool {
    let entry = entry.to_ascii_lowercase();
    if entry == "*" {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if let Some((network, bits)) = entry.split_once('/') {
        let (Ok(network), Ok(bits), Some(address)) = (network.parse(), bits.parse(), address) else { return false };
        return is_within(address, network, bits);
    }
    let (name, only) = match entry.rsplit_once(':') {
        // More than one colon, and no bracket before the last, is an address of IPv6 without a port.
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => match digits.parse::<u16>() {
            Ok(digits) => (name, Some(digits)),
            Err(_) => return false,
        },
        _ => (entry.as_str(), None),
    };
    if only.is_some_and(|only| only != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']);
    if let Ok(excepted) = name.parse::<IpAddr>() {
        return address == Some(excepted);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => host == name || is_below(host, name),
    }
}

/// Whether a host is in a domain, and not the domain itself.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let differing = u32::from(address) ^ u32::from(network);
            differing.leading_zeros() >= bits
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let differing = u128::from(address) ^ u128::from(network);
            differing.leading_zeros() >= bits
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        proxy(&url.parse().unwrap(), variable).map(|uri| uri.to_string())
    }

    const BOTH: [(&str, &str); 2] = [("HTTPS_PROXY", "http://secure:3128"), ("http_proxy", "plain:3128")];

    #[test]
    fn the_scheme_of_the_cluster_chooses_the_variable() {
        assert_eq!(through("https://prod.example.com:6443", &BOTH).as_deref(), Some("http://secure:3128/"));
        assert_eq!(through("http://prod.example.com", &BOTH).as_deref(), Some("http://plain:3128/"));
        assert_eq!(through("https://prod.example.com", &[("HTTPS_PROXY", "")]), None);
        assert_eq!(through("https://prod.example.com", &[("https_proxy", "socks5h://s:1")]).unwrap(), "socks5://s:1/");
    }

    #[test]
    fn this_machine_is_reached_directly() {
        for url in ["http://127.0.0.1:8080", "https://localhost:6443", "https://[::1]:6443", "http://127.8.9.1"] {
            assert_eq!(through(url, &BOTH), None, "{url}");
        }
    }

    #[test]
    fn exceptions_are_addresses_networks_domains_and_ports() {
        let except =
            |list: &str, url: &str| through(url, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]).is_none();
        for (list, url, expected) in [
            ("*", "https://any.where", true),
            ("10.0.0.0/8, other", "https://10.1.2.3:6443", true),
            ("10.0.0.0/8", "https://11.1.2.3:6443", false),
            ("fd00::/8", "https://[fd12::1]:6443", true),
            ("0.0.0.0/0", "https://9.9.9.9", true),
            ("10.0.0.0/99", "https://10.0.0.1", false),
            ("192.168.0.7", "https://192.168.0.7:6443", true),
            ("example.com", "https://example.com", true),
            ("example.com", "https://prod.Example.com", true),
            ("example.com", "https://badexample.com", false),
            (".example.com", "https://example.com", false),
            ("*.example.com", "https://a.example.com", true),
            ("example.com:6443", "https://example.com:6443", true),
            ("example.com:6443", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("[fd12::1]:6443", "https://[fd12::1]:6443", true),
            ("fd12::1", "https://[fd12::1]:6443", true),
            ("", "https://example.com", false),
        ] {
            assert_eq!(except(list, url), expected, "{list} {url}");
        }
    }
}

//! Hosts and ports: `net.FQDN`, `JoinHostPort`, `SplitHostPort`.

use super::parse::address;
use crate::builtin::args::{Outcome, kind_name};
use crate::builtin::{Args, Fault, builtins};
use crate::data::DataValue;

builtins! { "net";
    /// `FQDN(s)` says whether it is a host name: parts of letters, digits and inner dashes with points between them.
    bool FQDN(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(fqdn(a.string(0)?));
    /// `JoinHostPort(host, port)` is `host:port`, with brackets around an IPv6 address. The host may be an address as bytes.
    pure JoinHostPort(host: TOP, port: TOP) = join;
    /// `SplitHostPort(s)` is `[host, port]` of `host:port` or `[host]:port`.
    pure SplitHostPort(s: STRING) = split;
}

fn fqdn(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && inside && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn join(args: Args<'_>) -> Outcome<String> {
    let host = match &args.data(0)?.value {
        DataValue::String(s) => s.to_string(),
        DataValue::Bytes(b) if !matches!(b.len(), 4 | 16) => String::from_utf8_lossy(b).into_owned(),
        _ => address(args, 0)?.to_string(),
    };
    let port = match &args.data(1)?.value {
        DataValue::String(s) => s.to_string(),
        DataValue::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        DataValue::Number(n) if n.is_int() => n.to_json(),
        other => return Fault::error(format!("invalid type {} for port", kind_name(other))),
    };
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

fn split(args: Args<'_>) -> Outcome<Vec<&str>> {
    let text = args.string(0)?;
    let bad = |why: &str| Fault::error(format!("address {text}: {why}"));
    let Some((before, port)) = text.rsplit_once(':') else { return bad("missing port in address") };
    let host = match text.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            None => return bad("missing ']' in address"),
            Some((host, "")) if !host.is_empty() || inner.len() == 1 => return bad("missing port in address"),
            Some((host, _)) if before.len() == host.len() + 2 => host,
            Some((_, after)) if after.starts_with(':') => return bad("too many colons in address"),
            Some(_) => return bad("missing port in address"),
        },
        None if before.contains(':') => return bad("too many colons in address"),
        None => before,
    };
    if host.contains(['[', ']']) || port.contains(['[', ']']) {
        return bad("unexpected '[' or ']' in address");
    }
    Ok(vec![host, port])
}

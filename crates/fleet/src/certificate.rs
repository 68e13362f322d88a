//! The one question about X.509 that is asked here: which version a certificate has.
//!
//! TLS libraries written today (rustls among them) refuse version 1, which `openssl x509 -req` without an extension file
//! still makes; the refusal they give ("UnsupportedCertVersion") says nothing to a person.

/// 1, 2 or 3; `None` for what is no certificate. RFC 5280 §4.1: the version is `[0] EXPLICIT INTEGER`, absent for 1.
pub(crate) fn version(der: &[u8]) -> Option<u8> {
    let (_, certificate) = element(der, 0x30)?;
    let (_, body) = element(certificate, 0x30)?;
    if body.first() != Some(&0xa0) {
        return Some(1);
    }
    let (_, version) = element(body, 0xa0)?;
    let (_, number) = element(version, 0x02)?;
    match number {
        [number] => number.checked_add(1),
        _ => None,
    }
}

/// The rest after, and the content of, a DER element with this tag.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    if first != tag {
        return None;
    }
    let (&length, mut rest) = rest.split_first()?;
    let mut size = usize::from(length);
    if length & 0x80 != 0 {
        size = 0;
        for _ in 0..(length & 0x7f) {
            let (&byte, after) = rest.split_first()?;
            size = size.checked_mul(256)?.checked_add(usize::from(byte))?;
            rest = after;
        }
    }
    let (content, after) = rest.split_at_checked(size)?;
    Some((after, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_and_rubbish_is_none() {
        assert_eq!(version(&[0x30, 7, 0x30, 5, 0xa0, 3, 2, 1, 2]), Some(3));
        assert_eq!(version(&[0x30, 5, 0x30, 3, 2, 1, 7]), Some(1));
        assert_eq!(version(&[0x30, 0x81, 7, 0x30, 5, 0xa0, 3, 2, 1, 2]), Some(3));
        for rubbish in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 255, 255, 255, 255, 0],
            &[0x31, 0],
            &[0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ] {
            assert_eq!(version(rubbish), None);
        }
    }
}

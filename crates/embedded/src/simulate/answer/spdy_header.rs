//! SPDY's compressed headers: one zlib stream for the whole connection, begun with the dictionary of the specification
//! (SPDY protocol draft 3, section 2.6.10.1).

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_HAS_MORE_INPUT},
};

/// The words of the dictionary, each preceded by its length there.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language \
accept-ranges age allow authorization cache-control connection content-base content-encoding content-language \
content-length content-location content-md5 content-range content-type date etag expect expires from host if-match \
if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma \
proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade \
user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie \
keep-alive origin";
/// The end of the dictionary, as it is.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 \
Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not \
Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov \
Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,\
application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,\
utf-,*,enq=0.";
/// The window of deflate.
const WINDOW: usize = 32 * 1024;
/// The longest header block.
const LONGEST: usize = 64 * 1024;

fn dictionary() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in WORDS.split(' ') {
        let word = word.replace('_', " ");
        bytes.extend(u32::try_from(word.len()).unwrap_or(0).to_be_bytes());
        bytes.extend(word.as_bytes());
    }
    bytes.extend(TAIL.as_bytes());
    bytes
}

/// Decompresses the header blocks of a connection, one after the other.
pub(super) struct Inflater {
    core: Box<DecompressorOxide>,
    window: Vec<u8>,
    position: usize,
    begun: bool,
}

impl Inflater {
    /// At the beginning of a connection.
    pub(super) fn new() -> Inflater {
        let mut window = dictionary();
        let position = window.len();
        window.resize(WINDOW, 0);
        Inflater { core: Box::default(), window, position, begun: false }
    }

    /// The next block's content; nothing when it is damaged or too long.
    pub(super) fn inflate(&mut self, mut block: &[u8]) -> Option<Vec<u8>> {
        if !self.begun {
            self.begun = true;
            // zlib's two bytes, and the dictionary's checksum where the second says so.
            block = block.get(if block.get(1)? & 0x20 != 0 { 6 } else { 2 }..)?;
        }
        let mut content = Vec::new();
        loop {
            let (status, read, written) =
                decompress(&mut self.core, block, &mut self.window, self.position, TINFL_FLAG_HAS_MORE_INPUT);
            content.extend_from_slice(self.window.get(self.position..self.position + written)?);
            self.position = (self.position + written) % WINDOW;
            block = block.get(read..)?;
            if content.len() > LONGEST {
                return None;
            }
            match status {
                TINFLStatus::HasMoreOutput => {}
                TINFLStatus::NeedsMoreInput | TINFLStatus::Done => return Some(content),
                _ => return None,
            }
        }
    }
}

/// Names and values of a header block.
pub(super) fn parse(mut block: &[u8]) -> Option<Vec<(String, String)>> {
    fn number(block: &mut &[u8]) -> Option<usize> {
        let (head, rest) = block.split_at_checked(4)?;
        *block = rest;
        usize::try_from(u32::from_be_bytes(head.try_into().ok()?)).ok()
    }
    fn text(block: &mut &[u8]) -> Option<String> {
        let size = number(block)?;
        let (head, rest) = block.split_at_checked(size)?;
        *block = rest;
        Some(String::from_utf8_lossy(head).into_owned())
    }
    let count = number(&mut block)?;
    // A name and a value take eight bytes at least.
    if count > block.len() / 8 {
        return None;
    }
    (0..count).map(|_| Some((text(&mut block)?, text(&mut block)?))).collect()
}

/// Bytes as a stored (uncompressed) block of the connection's zlib stream; `first` puts the stream's head before it. The
/// empty block at the end is the mark of a flush, by which Go's reader knows that it has everything.
pub(super) fn stored(bytes: &[u8], first: bool) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(0);
    let mut block = if first { vec![0x78, 0x01] } else { Vec::new() };
    block.push(0);
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes);
    block.extend([0, 0, 0, 0xff, 0xff]);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_is_that_of_the_specification() {
        let bytes = dictionary();
        assert_eq!(bytes.len(), 1423);
        // zlib names a dictionary by its Adler-32.
        let (mut a, mut b) = (1_u32, 0_u32);
        for byte in &bytes {
            a = (a + u32::from(*byte)) % 65521;
            b = (b + a) % 65521;
        }
        assert_eq!((b << 16) | a, 0xe3c6_a7c2);
    }

    #[test]
    fn reads_what_zlib_compressed_with_the_dictionary() {
        let block: Vec<u8> = "78f9e3c6a7c202a62346703a2b294a4dcc452a4a1201000000ffff"
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let content = Inflater::new().inflate(&block).unwrap();
        assert_eq!(parse(&content), Some(vec![("streamtype".into(), "data".into())]));
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let mut inflater = Inflater::new();
        assert_eq!(inflater.inflate(&stored(b"one", true)).as_deref(), Some(&b"one"[..]));
        assert_eq!(inflater.inflate(&stored(b"two", false)).as_deref(), Some(&b"two"[..]));
        assert_eq!(
            parse(&[0, 0, 0, 1, 0, 0, 0, 1, b'a', 0, 0, 0, 2, b'b', b'c']),
            Some(vec![("a".into(), "bc".into())])
        );
        assert_eq!(parse(&[0, 0, 0, 9]), None);
    }
}

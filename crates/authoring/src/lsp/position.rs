//! Lines and columns as the protocol counts them, and byte offsets.

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// In units of UTF-16: what every editor can.
    #[default]
    Utf16,
    /// In bytes.
    Utf8,
}

/// Line and column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// The offset of a position; past the end of a line it is the line's end, past the end of the text the text's.
pub fn offset(text: &str, position: Position, encoding: Encoding) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text.get(start..).and_then(|rest| rest.find('\n')) {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let line = text.get(start..).unwrap_or_default();
    let line = line.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let mut column = 0;
    for (at, letter) in line.char_indices() {
        if column >= position.column as usize {
            return start + at;
        }
        column += match encoding {
            Encoding::Utf16 => letter.len_utf16(),
            Encoding::Utf8 => letter.len_utf8(),
        };
    }
    start + line.len()
}

/// The position of an offset; one inside a character is its beginning.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Position {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line = before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = match encoding {
        Encoding::Utf16 => last.encode_utf16().count(),
        Encoding::Utf8 => last.len(),
    };
    Position { line: line as u32, column: column as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_the_editor_does() {
        let text = "a: \"é😀x\"\r\nb: 1";
        let x = text.find('x').unwrap();
        assert_eq!(position(text, x, Encoding::Utf16), Position { line: 0, column: 7 });
        assert_eq!(position(text, x, Encoding::Utf8), Position { line: 0, column: 10 });
        for encoding in [Encoding::Utf16, Encoding::Utf8] {
            for (at, _) in text.char_indices().filter(|(_, c)| *c != '\r' && *c != '\n') {
                assert_eq!(offset(text, position(text, at, encoding), encoding), at, "{at}");
            }
        }
    }

    #[test]
    fn positions_outside_the_text_are_its_ends() {
        let text = "ab\ncd\n";
        let at = |line, column| offset(text, Position { line, column }, Encoding::Utf16);
        assert_eq!([at(0, 9), at(1, 2), at(2, 0), at(9, 9)], [2, 5, 6, 6]);
        assert_eq!(position("é", 1, Encoding::Utf8), Position { line: 0, column: 0 });
    }
}

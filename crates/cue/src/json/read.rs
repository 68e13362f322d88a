//! JSON text to data.

use super::MAX_DEPTH;
use crate::data::{Data, DataValue, Fields, Labels, Origin, join};
use crate::number::Number;
use cue_syntax::{Diagnostic, Label, Source, SourceId, Span};
use smol_str::SmolStr;
use std::sync::Arc;

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// What was found and what was expected, one phrase without a position.
    pub message: String,
    /// First byte concerned.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Reads one value without positions.
///
/// # Errors
/// When the text is not one JSON value.
pub fn parse(text: &str) -> Result<Data, JsonError> {
    let mut reader = Reader::new(text, None);
    let data = reader.value(0)?;
    reader.end()?;
    Ok(data)
}

/// Reads values that follow each other, with or without space between them.
///
/// # Errors
/// When one of them is not JSON.
pub fn parse_stream(text: &str) -> Result<Vec<Data>, JsonError> {
    Reader::new(text, None).stream()
}

/// Reads one value of a file; every node knows its place and its path.
///
/// # Errors
/// When the text is not one JSON value.
pub fn read(source: &Arc<Source>) -> Result<Data, Vec<Diagnostic>> {
    let mut reader = Reader::new(&source.text, Some(source));
    let result = reader.value(0).and_then(|data| reader.end().map(|()| data));
    result.map_err(|e| vec![diagnostic(source, &e)])
}

/// Reads the values of a file (JSON lines); every node knows its place and its path.
///
/// # Errors
/// When one of them is not JSON.
pub fn read_stream(source: &Arc<Source>) -> Result<Vec<Data>, Vec<Diagnostic>> {
    Reader::new(&source.text, Some(source)).stream().map_err(|e| vec![diagnostic(source, &e)])
}

/// As [`read_stream`], without the places: who needs one reads again.
pub(crate) fn read_bare(source: &Arc<Source>) -> Result<Vec<Data>, Vec<Diagnostic>> {
    parse_stream(&source.text).map_err(|e| vec![diagnostic(source, &e)])
}

fn diagnostic(source: &Arc<Source>, error: &JsonError) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("json/syntax", format!("invalid JSON: {}", error.message));
    let (start, end) = (error.start as u32, error.end as u32);
    diagnostic.labels.push(Label { source: source.clone(), start, end, text: String::new() });
    diagnostic
}

/// A place in a text that is read.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
    source: Option<&'a Arc<Source>>,
    path: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, source: Option<&'a Arc<Source>>) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Reader { text, at, source, path: String::new() }
    }

    fn stream(&mut self) -> Result<Vec<Data>, JsonError> {
        let mut all = Vec::new();
        loop {
            self.space();
            if self.peek().is_none() {
                return Ok(all);
            }
            all.push(self.value(0)?);
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn error<T>(&self, message: impl Into<String>, start: usize) -> Result<T, JsonError> {
        Err(JsonError { message: message.into(), start, end: self.at.max(start) })
    }

    /// What stands here instead of what was expected.
    pub(super) fn unexpected<T>(&self, expected: &str) -> Result<T, JsonError> {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("{c:?}"),
            None => "the end of the text".to_owned(),
        };
        let end = (self.at + 1).min(self.text.len());
        Err(JsonError { message: format!("expected {expected}, found {found}"), start: self.at, end })
    }

    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        self.space();
        if self.peek().is_some() { self.unexpected("nothing after the value") } else { Ok(()) }
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<Data, JsonError> {
        self.space();
        let start = self.at;
        if depth > MAX_DEPTH {
            return self.error(format!("nested deeper than {MAX_DEPTH} levels"), start);
        }
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => DataValue::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(self.node(value, start))
    }

    fn node(&self, value: DataValue, start: usize) -> Data {
        let origin = self.source.map(|source| {
            let span = Span { source: SourceId(0), start: start as u32, end: self.at as u32 };
            Arc::new(Origin { source: source.clone(), span, path: Some(self.path.clone()), doc: Vec::new() })
        });
        Data { value, labels: Labels::NONE, origin }
    }

    fn word(&mut self) -> Result<DataValue, JsonError> {
        for (word, value) in
            [("null", DataValue::Null), ("true", DataValue::Bool(true)), ("false", DataValue::Bool(false))]
        {
            if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.unexpected("a value")
    }

    fn number(&mut self) -> Result<DataValue, JsonError> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        match Number::parse_json(text) {
            Some(number) => Ok(DataValue::Number(number)),
            None => self.error(format!("{text} is not a number"), start),
        }
    }

    fn array(&mut self, depth: usize) -> Result<DataValue, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(DataValue::List(items));
        }
        loop {
            let mark = self.path.len();
            if self.source.is_some() {
                join::push_index(&mut self.path, items.len());
            }
            items.push(self.value(depth + 1)?);
            self.path.truncate(mark);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(DataValue::List(items));
                }
                _ => return self.unexpected("`,` or `]`"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<DataValue, JsonError> {
        self.at += 1;
        let mut fields = Fields::default();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(DataValue::Struct(fields));
        }
        loop {
            self.space();
            let start = self.at;
            let name = self.name()?;
            let mark = self.path.len();
            if self.source.is_some() {
                join::push_name(&mut self.path, &name);
            }
            let value = self.value(depth + 1)?;
            self.path.truncate(mark);
            if let Err(message) = join::insert(&mut fields, name, value) {
                return self.error(message, start);
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(DataValue::Struct(fields));
                }
                _ => return self.unexpected("`,` or `}`"),
            }
        }
    }

    /// The name of a field and the colon behind it.
    pub(super) fn name(&mut self) -> Result<SmolStr, JsonError> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.unexpected("a field name in double quotes");
        }
        let name = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.unexpected("`:`");
        }
        self.at += 1;
        Ok(name)
    }

    fn string(&mut self) -> Result<SmolStr, JsonError> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let plain = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = plain.iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..0x20)).count();
        self.at += length;
        let head = self.text.get(start..self.at).unwrap_or_default();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(SmolStr::new(head));
        }
        let mut out = String::from(head);
        loop {
            let Some(c) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
                return self.error("the string is not closed", open);
            };
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(SmolStr::new(out)),
                '\\' => out.push(self.escape(here)?),
                '\0'..='\u{1f}' => return self.error("a control character in a string must be escaped", here),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, here: usize) -> Result<char, JsonError> {
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex4(here)?;
                let code = if (0xd800..0xdc00).contains(&first) && self.text.get(self.at..self.at + 2) == Some("\\u") {
                    self.at += 2;
                    let second = self.hex4(here)?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return self.error("unmatched surrogate pair", here);
                    }
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                match char::from_u32(code) {
                    Some(c) => c,
                    None => return self.error("unmatched surrogate pair", here),
                }
            }
            _ => return self.error("an escape that JSON does not have", here),
        })
    }

    fn hex4(&mut self, here: usize) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.error("`\\u` needs four hexadecimal digits", here),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::json::{Style, write};

    #[test]
    fn what_is_read_prints_alike() {
        for text in [
            "null",
            "true",
            "-1.50",
            "1E+3",
            r#""a\"\\\n\u0001é😀""#,
            "[]",
            "{}",
            r#"{"b":[1,{"a":null}],"a":"x"}"#,
            "12345678901234567890123456789012345678901234567890",
        ] {
            assert_eq!(write(&parse(text).unwrap(), Style::Compact).unwrap(), text);
        }
        assert_eq!(parse(" \"\\ud83d\\ude00\\/\" ").unwrap(), Data::string("😀/"));
        assert_eq!(parse_stream("1 2{}").unwrap().len(), 3);
        assert_eq!(parse_stream(" ").unwrap(), []);
    }

    #[test]
    fn equal_duplicates_are_one_field_and_others_conflict() {
        let merged = parse(r#"{"a":{"b":1},"a":{"c":2},"a":{"b":1}}"#).unwrap();
        assert_eq!(write(&merged, Style::Compact).unwrap(), r#"{"a":{"b":1,"c":2}}"#);
        let error = parse(r#"{"a": 1, "a": 2}"#).unwrap_err();
        assert_eq!((error.message.as_str(), error.start), ("a: conflicting values 2 and 1", 9));
    }

    #[test]
    fn errors_say_what_was_expected_and_where() {
        let errors: Vec<String> = [
            "",
            "[1,]",
            "[1",
            "{a:1}",
            r#"{"a" 1}"#,
            r#"{"a":1"#,
            "01",
            "1 2",
            "nul",
            "+1",
            "\"a",
            "\"\t\"",
            r#""\q""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            "{\"a\":1,}",
            "// x\n1",
            "'a'",
            "1e1000000",
        ]
        .iter()
        .map(|text| {
            let e = parse(text).unwrap_err();
            format!("{text:?} {}..{}: {}", e.start, e.end, e.message)
        })
        .collect();
        insta::assert_snapshot!(errors.join("\n"));
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().message, "nested deeper than 500 levels");
    }

    #[test]
    fn nodes_know_their_place_and_path() {
        let source = Source::new("x.json", r#"{"a": [true, {"b-c": "x"}]}"#);
        let data = read(&source).unwrap();
        let DataValue::Struct(fields) = &data.value else { unreachable!() };
        let DataValue::List(items) = &fields.get("a").unwrap().value else { unreachable!() };
        let DataValue::Struct(inner) = &items.get(1).unwrap().value else { unreachable!() };
        let origin = inner.get("b-c").unwrap().origin.clone().unwrap();
        assert_eq!(origin.path.as_deref(), Some("a[1][\"b-c\"]"));
        assert_eq!(source.text.get(origin.span.start as usize..origin.span.end as usize), Some("\"x\""));
    }
}

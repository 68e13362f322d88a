//! Data to YAML text, byte for byte as CUE prints it: block notation, two spaces a level, lists indented in maps.

use super::style::{Style, choose, fits_simple_key, is_break, is_printable};
use crate::data::{Data, DataValue, Unknown};
use base64::Engine;

const INDENT: usize = 2;

/// One document, with a newline at the end.
///
/// # Errors
/// When a part is not known yet.
pub fn write(data: &Data) -> Result<String, Unknown> {
    let mut out = String::new();
    document(&mut out, data)?;
    Ok(out)
}

/// Documents with `---` between them; nothing for none.
///
/// # Errors
/// When a part is not known yet.
pub fn write_stream(documents: &[Data]) -> Result<String, Unknown> {
    let mut out = String::new();
    for (i, data) in documents.iter().enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        document(&mut out, data)?;
    }
    Ok(out)
}

fn document(out: &mut String, data: &Data) -> Result<(), Unknown> {
    node(out, data, 0, 0)?;
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Ok(())
}

/// Writes a node whose first character stands right behind what is there. `indent` is the column where the entries of
/// a collection stand, `block` the column of the lines of a block scalar less one level.
fn node(out: &mut String, data: &Data, indent: usize, block: usize) -> Result<(), Unknown> {
    match &data.value {
        DataValue::Null => out.push_str("null"),
        DataValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        DataValue::Number(n) => out.push_str(&n.to_yaml()),
        DataValue::String(s) => string(out, s, choose(s, false), block + INDENT),
        DataValue::Bytes(b) => {
            out.push_str("!!binary ");
            let text = base64::engine::general_purpose::STANDARD.encode(b);
            // Bytes that CUE would write over several lines stay a block here.
            let style = if b.contains(&b'\n') && !text.is_empty() { Style::Literal } else { Style::Plain };
            if text.is_empty() { out.push_str("\"\"") } else { string(out, &text, style, block + INDENT) }
        }
        DataValue::List(items) if items.is_empty() => out.push_str("[]"),
        DataValue::List(items) => {
            for (i, item) in items.iter().enumerate() {
                entry(out, i > 0, indent);
                out.push_str("- ");
                node(out, item, indent + INDENT, indent)?;
            }
        }
        DataValue::Struct(fields) if fields.is_empty() => out.push_str("{}"),
        DataValue::Struct(fields) => {
            for (i, (name, field)) in fields.iter().enumerate() {
                entry(out, i > 0, indent);
                if fits_simple_key(name) {
                    string(out, name, choose(name, true), indent + INDENT);
                    out.push(':');
                    nested(out, field, indent)?;
                } else {
                    out.push_str("? ");
                    string(out, name, choose(name, false), indent + INDENT);
                    entry(out, true, indent);
                    out.push_str(": ");
                    node(out, field, indent + INDENT, indent)?;
                }
            }
        }
        DataValue::Unknown(id) => return Err(Unknown(*id)),
    }
    Ok(())
}

/// The value behind `key:`: collections on their own lines, the rest behind a space.
fn nested(out: &mut String, data: &Data, indent: usize) -> Result<(), Unknown> {
    let own_lines = match &data.value {
        DataValue::List(items) => !items.is_empty(),
        DataValue::Struct(fields) => !fields.is_empty(),
        _ => false,
    };
    if own_lines {
        entry(out, true, indent + INDENT);
    } else {
        out.push(' ');
    }
    node(out, data, indent + INDENT, indent)
}

/// Starts a line of its own, unless the first entry stands behind its parent's mark.
fn entry(out: &mut String, new_line: bool, indent: usize) {
    if new_line {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn string(out: &mut String, text: &str, style: Style, indent: usize) {
    match style {
        Style::Plain => out.push_str(text),
        Style::Single => single(out, text, indent),
        Style::Double => double(out, text),
        Style::Literal => literal(out, text, indent),
    }
}

fn single(out: &mut String, text: &str, indent: usize) {
    out.push('\'');
    let mut after_break = false;
    for c in text.chars() {
        if after_break && !is_break(c) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        after_break = is_break(c);
        if c == '\'' {
            out.push('\'');
        }
        out.push(c);
    }
    out.push('\'');
}

fn double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '\u{85}' => "\\N",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            c if is_printable(c) => {
                out.push(c);
                continue;
            }
            _ => "",
        };
        let code = u32::from(c);
        match (escape, code) {
            ("", 0..=0xff) => out.push_str(&format!("\\x{code:02X}")),
            ("", 0x100..=0xffff) => out.push_str(&format!("\\u{code:04X}")),
            ("", _) => out.push_str(&format!("\\U{code:08X}")),
            _ => out.push_str(escape),
        }
    }
    out.push('"');
}

/// `|`, with the indentation stated when the text starts with space, and the newlines at the end counted: none `-`, one,
/// several `+`.
fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        out.push('2');
    }
    let mut last = text.chars().rev();
    match (last.next().is_some_and(is_break), last.next().is_none_or(is_break)) {
        (false, _) => out.push('-'),
        (true, true) => out.push('+'),
        (true, false) => {}
    }
    out.push('\n');
    let mut after_break = true;
    for c in text.chars() {
        if is_break(c) {
            after_break = true;
        } else {
            if after_break {
                out.extend(std::iter::repeat_n(' ', indent));
            }
            after_break = false;
        }
        out.push(c);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn collections() {
        let data = crate::json::parse(
            r#"{"e":{},"l":[],"n":null,"li":[[1,2],[3,[4]],{"a":1,"b":[1]},{"c":{"d":1}},[],[{}],null],
                "m":"a\nb\n","x":{"y":{"z":"m\n  n\n"}},"lm":["a\nb",{"k":"c\nd\n"},["e\nf"]],"f":1.50,"g":1e3,
                "p\nq":{"x":1,"y":[1]},"p\nr":[1,{"a":2}],"p\ns":"x\ny","p\nt":{}}"#,
        )
        .unwrap();
        insta::assert_snapshot!(write(&data).unwrap());
    }

    #[test]
    fn strings() {
        let texts = [
            "",
            "a b",
            " a",
            "a ",
            "yes",
            "Y",
            "nO",
            "T",
            "null",
            "~",
            "1",
            "0x1F",
            "08",
            "1e",
            "1e400",
            ".5",
            ".inf",
            "nan",
            "2001-12-14",
            "12:30",
            "1.2.3",
            "-",
            "- a",
            "--",
            "---",
            "...",
            "a: b",
            "a:b",
            "a:",
            "a #b",
            "a#b",
            "#a",
            ":",
            ":a",
            "?",
            "?a",
            "!a",
            "*a",
            "@a",
            "%a",
            "|",
            "'a'",
            "a'b",
            "\"a\"",
            "[a",
            "a]",
            "{}",
            ",",
            "a, b",
            "<<",
            "=",
            "a\tb",
            "a\rb",
            "\u{7}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "a\u{2028}b",
            "\u{feff}",
            "é",
            "😀",
            "\\",
            "a\\nb",
            "$HOME",
            "http://x.y/z?q=1#f",
            "{{ .x }}",
            "a {{b}}",
            "\0",
        ];
        let shown: Vec<String> = texts.iter().map(|t| write(&Data::string(*t)).unwrap()).collect();
        insta::assert_snapshot!(shown.concat());
    }

    #[test]
    fn lines() {
        let texts = [
            "a\nb",
            "a\nb\n",
            "a\n\nb",
            "\na",
            "\n",
            "\n\n",
            " a\nb",
            "a \nb",
            "a\n b",
            "a\n\n",
            "a\t\nb",
            "a\r\nb",
            "a\u{1}\nb",
            "a\n\u{2028}b",
            "# a\nb",
            "   \n",
            "a\n   ",
        ];
        let shown: Vec<String> =
            texts.iter().map(|t| write(&DataValue::List(vec![Data::string(*t)]).into()).unwrap()).collect();
        insta::assert_snapshot!(shown.join("==\n"));
    }

    #[test]
    fn bytes_and_streams() {
        let bytes = |b: &[u8]| Data::from(DataValue::Bytes(b.into()));
        let documents = [bytes(b"hello\xff"), bytes(b"a\nb"), bytes(b""), Data::string("a\n\n"), Data::from(true)];
        insta::assert_snapshot!(write_stream(&documents).unwrap());
        assert_eq!(write_stream(&[]).unwrap(), "");
    }

    /// Found by the property below.
    #[test]
    fn a_merge_key_is_quoted() {
        assert_eq!(write(&DataValue::List(vec![Data::string("<<")]).into()).unwrap(), "- \"<<\"\n");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(text in "[-a:'\"#&*!|>\\\\ \n\t,?<.0-9é\u{85}\u{2028}\u{1}]{0,16}", key in "[-a: \n'#]{0,8}") {
            let mut fields = crate::data::Fields::default();
            fields.insert(key.as_str().into(), DataValue::List(vec![Data::string(text.as_str())]).into());
            fields.insert("zz".into(), Data::string(text.as_str()));
            let data = Data::from(DataValue::Struct(fields));
            let written = write(&data).unwrap();
            // U+0085 and its kin end lines for YAML 1.1 writers and not for 1.2 readers.
            if !text.contains(['\u{85}', '\u{2028}']) {
                proptest::prop_assert_eq!(parse(&written).map_err(|e| format!("{e}\n{written}")), Ok(data));
            }
        }
    }
}

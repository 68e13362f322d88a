//! The functions that templates may call.

use super::Value;
use super::compare::{equal, less};
use super::parse::is_true;
use super::print::{float, number, plain, shown};
use crate::builtin::html::escape;
use crate::builtin::strconv::quoted;
use crate::data::{Data, DataValue};

pub(super) const NAMES: [&str; 18] = [
    "and", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf", "println",
    "slice", "urlquery",
];

pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let two = || match arguments {
        [a, b] => Ok((a, b)),
        _ => Err(format!("wrong number of args: want 2 got {}", arguments.len())),
    };
    let one = || match arguments {
        [a] => Ok(a),
        _ => Err(format!("wrong number of args: want 1 got {}", arguments.len())),
    };
    let known = |data: Data| Ok(Some(data));
    match name {
        "and" => arguments.iter().find(|a| !is_true(a)).or(arguments.last()).cloned().ok_or_else(missing),
        "or" => arguments.iter().find(|a| is_true(a)).or(arguments.last()).cloned().ok_or_else(missing),
        "not" => known((!is_true(one()?)).into()),
        "eq" => {
            let Some((first, others @ [_, ..])) = arguments.split_first() else { return Err(missing()) };
            for other in others {
                if equal(first, other)? {
                    return known(true.into());
                }
            }
            known(false.into())
        }
        "ne" => two().and_then(|(a, b)| known((!equal(a, b)?).into())),
        "lt" => two().and_then(|(a, b)| known(less(a, b)?.into())),
        "le" => two().and_then(|(a, b)| known((less(a, b)? || equal(a, b)?).into())),
        "gt" => two().and_then(|(a, b)| known((!less(a, b)? && !equal(a, b)?).into())),
        "ge" => two().and_then(|(a, b)| known((!less(a, b)?).into())),
        "len" => length(one()?).and_then(|n| known(Data::from(n))),
        "index" => index(arguments),
        "slice" => slice(arguments),
        "print" => known(print(arguments).into()),
        "println" => {
            let parts: Vec<String> = arguments.iter().map(shown).collect();
            known((parts.join(" ") + "\n").into())
        }
        "printf" => match arguments.split_first() {
            Some((Some(Data { value: DataValue::String(format), .. }), rest)) => known(printf(format, rest)?.into()),
            _ => Err("the first argument must be a string".to_owned()),
        },
        "html" => known(html(&print(arguments)).into()),
        "js" => known(js(&print(arguments)).into()),
        "urlquery" => {
            let escape = |b: u8| match b {
                b' ' => "+".to_owned(),
                b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            };
            known(print(arguments).bytes().map(escape).collect::<String>().into())
        }
        _ => Err("not defined".to_owned()),
    }
}

fn missing() -> String {
    "missing argument for comparison".to_owned()
}

pub(super) fn html(text: &str) -> String {
    escape(text).replace('\0', "\u{fffd}")
}

pub(super) fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            c if c < ' ' || c == '\u{7f}' || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// Values one behind the other, with a space between two that are no strings.
fn print(arguments: &[Value]) -> String {
    let is_text = |v: &Value| matches!(v, Some(Data { value: DataValue::String(_), .. }));
    let mut out = String::new();
    for (i, value) in arguments.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| arguments.get(j));
        if before.is_some_and(|b| !is_text(b) && !is_text(value)) {
            out.push(' ');
        }
        if arguments.len() == 1 { plain(&mut out, value) } else { out.push_str(&shown(value)) }
    }
    out
}

fn length(value: &Value) -> Result<usize, String> {
    match value.as_ref().map(|d| &d.value) {
        Some(DataValue::String(s)) => Ok(s.len()),
        Some(DataValue::Bytes(b)) => Ok(b.len()),
        Some(DataValue::List(items)) => Ok(items.len()),
        Some(DataValue::Struct(fields)) => Ok(fields.len()),
        None | Some(DataValue::Null) => Err("len of nil pointer".to_owned()),
        Some(_) => Err("len of this type".to_owned()),
    }
}

fn place(value: &Value) -> Result<usize, String> {
    match value.as_ref().map(|d| &d.value) {
        Some(DataValue::Number(n)) if n.is_int() => n
            .to_u64()
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| format!("index out of range: {}", n.to_json())),
        _ => Err("cannot index slice/array with this type".to_owned()),
    }
}

fn index(arguments: &[Value]) -> Result<Value, String> {
    let Some((first, places)) = arguments.split_first() else { return Err("missing argument".to_owned()) };
    let mut value = first.clone();
    for at in places {
        value = match (value.as_ref().map(|d| &d.value), at.as_ref().map(|d| &d.value)) {
            (Some(DataValue::Struct(fields)), Some(DataValue::String(name))) => fields.get(name).cloned(),
            (Some(DataValue::List(items)), _) => {
                let i = place(at)?;
                Some(items.get(i).cloned().ok_or_else(|| format!("index out of range: {i}"))?)
            }
            (Some(DataValue::String(s)), _) => {
                let i = place(at)?;
                let byte = s.as_bytes().get(i).ok_or_else(|| format!("index out of range: {i}"))?;
                Some(Data::from(i64::from(*byte)))
            }
            (None | Some(DataValue::Null), _) => return Err("index of nil pointer".to_owned()),
            _ => return Err("can't index item of this type".to_owned()),
        };
    }
    Ok(value)
}

fn slice(arguments: &[Value]) -> Result<Value, String> {
    let Some((first, places)) = arguments.split_first() else { return Err("missing argument".to_owned()) };
    let size = length(first)?;
    let from = places.first().map_or(Ok(0), place)?;
    let to = places.get(1).map_or(Ok(size), place)?;
    let bad = || format!("invalid slice index: {from} > {to}");
    if from > to || to > size {
        return Err(if to > size { format!("index out of range: {to}") } else { bad() });
    }
    match first.as_ref().map(|d| &d.value) {
        Some(DataValue::String(s)) => {
            Ok(Some(Data::from(String::from_utf8_lossy(s.as_bytes().get(from..to).unwrap_or_default()).into_owned())))
        }
        Some(DataValue::List(items)) => Ok(Some(Data::from(items.get(from..to).unwrap_or_default().to_vec()))),
        _ => Err("can't slice item of this type".to_owned()),
    }
}

/// Digits that a width or precision may ask for.
const MAX_WIDTH: usize = 10_000;

/// The verbs `v d s q x X o b c e f g t T U %` with flags, width and precision.
fn printf(format: &str, arguments: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut given = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) = chars.next_if(|c| "+-# 0".contains(*c)) {
            flags.push(flag);
        }
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| -> Result<Option<usize>, String> {
            let mut text = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                text.push(digit);
            }
            match text.parse::<usize>() {
                Ok(n) if n > MAX_WIDTH => Err(format!("a width of {n} is too large")),
                Ok(n) => Ok(Some(n)),
                Err(_) => Ok(None),
            }
        };
        let width = digits(&mut chars)?.unwrap_or(0);
        let precision = match chars.next_if_eq(&'.') {
            Some(_) => Some(digits(&mut chars)?.unwrap_or(0)),
            None => None,
        };
        let Some(verb) = chars.next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = given.next() else {
            out.push_str(&format!("%!{verb}(MISSING)"));
            continue;
        };
        let text = formatted(verb, value, &flags, precision);
        let missing = width.saturating_sub(text.chars().count());
        if flags.contains('-') {
            out.push_str(&text);
            out.extend(std::iter::repeat_n(' ', missing));
        } else if flags.contains('0') && text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
            let (sign, rest) = text.split_at(text.len() - text.trim_start_matches(['-', '+']).len());
            out.push_str(sign);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(rest);
        } else {
            out.extend(std::iter::repeat_n(' ', missing));
            out.push_str(&text);
        }
    }
    let rest: Vec<String> = given.map(shown).collect();
    if !rest.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", rest.join(", ")));
    }
    Ok(out)
}

fn formatted(verb: char, value: &Value, flags: &str, precision: Option<usize>) -> String {
    let signed = |text: String| if flags.contains('+') && !text.starts_with('-') { format!("+{text}") } else { text };
    let wrong = || format!("%!{verb}({})", shown(value));
    match (verb, value.as_ref().map(|d| &d.value)) {
        ('v', Some(DataValue::Number(n))) => signed(number(n)),
        ('v', _) => shown(value),
        ('T', kind) => match kind {
            None | Some(DataValue::Null) => "<nil>",
            Some(DataValue::Bool(_)) => "bool",
            Some(DataValue::Number(n)) if n.is_int() => "int64",
            Some(DataValue::Number(_)) => "float64",
            Some(DataValue::String(_)) => "string",
            Some(DataValue::Bytes(_)) => "[]uint8",
            Some(DataValue::List(_)) => "[]interface {}",
            _ => "map[string]interface {}",
        }
        .to_owned(),
        ('t', Some(DataValue::Bool(b))) => b.to_string(),
        ('s', Some(DataValue::String(s))) => s.chars().take(precision.unwrap_or(usize::MAX)).collect(),
        ('s', Some(DataValue::Bytes(b))) => String::from_utf8_lossy(b).into_owned(),
        ('s', Some(DataValue::List(_) | DataValue::Struct(_))) => shown(value),
        ('q', Some(DataValue::String(s))) => quoted(s),
        ('x' | 'X', Some(DataValue::String(s))) => {
            let text: String = s.bytes().map(|b| format!("{b:02x}")).collect();
            if verb == 'X' { text.to_uppercase() } else { text }
        }
        ('d' | 'x' | 'X' | 'o' | 'b' | 'c' | 'U' | 'q', Some(DataValue::Number(n))) if n.is_int() => {
            let big = n.to_bigint().unwrap_or_default();
            match verb {
                'd' => signed(big.to_string()),
                'x' => signed(big.to_str_radix(16)),
                'X' => signed(big.to_str_radix(16).to_uppercase()),
                'o' => signed(big.to_str_radix(8)),
                'b' => signed(big.to_str_radix(2)),
                'U' => format!("U+{:04X}", n.to_u64().unwrap_or(0xfffd)),
                _ => {
                    let code = n.to_u64().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32);
                    let c = code.unwrap_or(char::REPLACEMENT_CHARACTER);
                    if verb == 'q' { format!("'{c}'") } else { c.to_string() }
                }
            }
        }
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Some(DataValue::Number(n))) if !n.is_int() => {
            let value = n.to_f64();
            signed(match verb {
                'f' | 'F' => format!("{value:.*}", precision.unwrap_or(6)),
                'g' | 'G' => float(value),
                _ => {
                    let text = format!("{value:.*e}", precision.unwrap_or(6));
                    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                    let power: i32 = exponent.parse().unwrap_or(0);
                    format!("{mantissa}{verb}{}{:02}", if power < 0 { '-' } else { '+' }, power.unsigned_abs())
                }
            })
        }
        _ => wrong(),
    }
}

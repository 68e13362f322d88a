//! Programs made by chance, from a seed: references, alternatives with defaults, definitions, patterns, comprehensions, lets,
//! bounds, interpolation, lists, builtins, closedness. The same seed gives the same program.

/// A seeded source of choices.
pub(crate) struct Choices(u64, Vec<&'static str>);

impl Choices {
    pub(crate) fn new(seed: u64) -> Choices {
        Choices::from(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn from(state: u64) -> Choices {
        Choices(state, Vec::new())
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Fields at the top.
const TOP: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
/// Definitions.
const DEFINITIONS: [&str; 3] = ["#D", "#E", "#F"];
/// Fields inside.
const INNER: [&str; 4] = ["x", "y", "z", "w"];

/// A program: every other one of those that mostly have a value.
pub(crate) fn program(seed: u64) -> String {
    let mut c = Choices::new(seed);
    if seed.is_multiple_of(2) {
        return calm(&mut c);
    }
    let mut lines = Vec::new();
    for name in DEFINITIONS {
        lines.push(format!("{name}: {}", structure(&mut c, 2)));
    }
    for name in TOP {
        let value = expression(&mut c, 2);
        let mark = if c.one_in(12) { "?" } else { "" };
        lines.push(format!("{name}{mark}: {value}"));
        if c.one_in(4) {
            let value = expression(&mut c, 2);
            lines.push(format!("{name}: {value}"));
        }
    }
    if c.one_in(4) {
        let value = expression(&mut c, 2);
        lines.push(format!("let o = {value}\nu: o"));
    }
    if c.one_in(5) {
        let (condition, body) = (condition(&mut c), structure(&mut c, 1));
        lines.push(format!("if {condition} {body}"));
    }
    if c.one_in(5) {
        let (source, value) = (expression(&mut c, 1), expression(&mut c, 1));
        lines.push(format!("g: {{for k, v in {source} {{\"\\(k)\": {value}}}}}"));
    }
    let text = lines.join("\n") + "\n";
    let mut imports = String::new();
    for package in ["list", "math", "strings", "struct"] {
        if text.contains(&format!("{package}.")) {
            imports.push_str(&format!("import \"{package}\"\n"));
        }
    }
    imports + &text
}

fn reference(c: &mut Choices) -> String {
    match c.below(5) {
        0 => c.pick(&DEFINITIONS).to_owned(),
        1 => format!("{}.{}", c.pick(&TOP), c.pick(&INNER)),
        2 if !c.1.is_empty() => {
            let locals = c.1.clone();
            c.pick(&locals).to_owned()
        }
        _ => c.pick(&TOP).to_owned(),
    }
}

/// A program of schemas with defaults, values that fill them, repetitions, loops and names of what stands before.
fn calm(c: &mut Choices) -> String {
    let mut lines = vec![
        format!("#D: {{x: *{} | _, y?: _, z: {} | *{}}}", scalar(c), c.pick(&["int", "string", "_"]), scalar(c)),
        format!("m: [string]: {{x: {}, w: *1 | int}}", c.pick(&["_", "int | *3", "{p: 80}"])),
    ];
    for (i, name) in TOP.iter().enumerate() {
        let value = calm_value(c, i, 2);
        if c.one_in(3) {
            lines.push(format!("{name}: {value}"));
        }
        lines.push(format!("{name}: {value}"));
    }
    let key = c.pick(&INNER);
    lines.push(format!("m: {key}: {{w: {}}}", c.pick(&["1", "2", "int"])));
    if c.one_in(2) {
        lines.push(format!("l: [for k, v in {{p: 1, q: {}}} {{k}}]", scalar(c)));
    }
    lines.join("\n") + "\n"
}

fn calm_value(c: &mut Choices, before: usize, depth: usize) -> String {
    match c.below(9) {
        0 | 1 if depth > 0 => {
            let mut fields = Vec::new();
            for name in INNER.iter().take(1 + c.below(4)) {
                fields.push(format!("{name}: {}", calm_value(c, before, depth - 1)));
            }
            format!("{{{}}}", fields.join(", "))
        }
        2 if depth > 0 => {
            let items: Vec<String> = (0..c.below(4)).map(|_| calm_value(c, before, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        3 => format!("*{} | {}", scalar(c), scalar(c)),
        4 => format!("#D & {{x: {}}}", scalar(c)),
        5 => "#D".to_owned(),
        6 if before > 0 => TOP[c.below(before)].to_owned(),
        7 => format!("\"s\\({})\"", c.pick(&["1", "\"t\"", "true"])),
        _ => scalar(c),
    }
}

fn scalar(c: &mut Choices) -> String {
    let all = ["1", "2", "5", "-3", "1.5", "0", "\"a\"", "\"b\"", "\"xy\"", "true", "false", "null", "'q'"];
    c.pick(&all).to_owned()
}

fn constraint(c: &mut Choices) -> String {
    let all = [
        "int",
        "string",
        "number",
        "bool",
        "bytes",
        "_",
        ">0",
        "<5",
        ">=1 & <=4",
        "!=2",
        "=~\"^a\"",
        "!=null",
        "uint8",
        "strings.MinRunes(1)",
        "list.MaxItems(2)",
        "struct.MinFields(1)",
        "[...int]",
        "{...}",
        "[_, ...]",
    ];
    c.pick(&all).to_owned()
}

fn condition(c: &mut Choices) -> String {
    match c.below(5) {
        0 => format!("{} != _|_", reference(c)),
        1 => format!("{} == _|_", reference(c)),
        2 => format!("{} == {}", reference(c), scalar(c)),
        3 => format!("len({}) > 1", reference(c)),
        _ => "true".to_owned(),
    }
}

fn structure(c: &mut Choices, depth: usize) -> String {
    let mut decls = Vec::new();
    let outside = c.1.len();
    let names: Vec<&'static str> = (0..c.below(4)).map(|_| INNER[c.below(INNER.len())]).collect();
    c.1.extend(&names);
    for name in names {
        let mark = c.pick(&["", "", "", "?", "!"]);
        decls.push(format!("{name}{mark}: {}", expression(c, depth.saturating_sub(1))));
    }
    if c.one_in(6) {
        decls.push(format!(
            "[{}]: {}",
            c.pick(&["string", "=~\"^[xy]\"", "_"]),
            expression(c, depth.saturating_sub(1))
        ));
    }
    if c.one_in(6) {
        decls.push(reference(c));
    }
    if c.one_in(8) {
        decls.push("...".to_owned());
    }
    if depth > 0 && c.one_in(6) {
        decls.push(format!("if {} {}", condition(c), structure(c, depth - 1)));
    }
    if c.one_in(12) {
        decls.push(format!("_h: {}", scalar(c)));
    }
    c.1.truncate(outside);
    format!("{{{}}}", decls.join(", "))
}

fn expression(c: &mut Choices, depth: usize) -> String {
    if depth == 0 {
        return match c.below(4) {
            0 => reference(c),
            1 => constraint(c),
            _ => scalar(c),
        };
    }
    let inner = depth - 1;
    match c.below(16) {
        0 | 1 => structure(c, depth),
        2 => format!("{} & {}", expression(c, inner), expression(c, inner)),
        3 => format!("*{} | {}", scalar(c), expression(c, inner)),
        4 => format!("{} | {}", expression(c, inner), expression(c, inner)),
        5 => format!("({} | *{}) & {}", expression(c, inner), scalar(c), expression(c, inner)),
        6 => {
            let items: Vec<String> = (0..c.below(4)).map(|_| expression(c, inner)).collect();
            let rest = c.pick(&["", "", ", ..."]);
            format!("[{}{}]", items.join(", "), if items.is_empty() { "" } else { rest })
        }
        7 => format!("[for v in {} {{v}}]", reference(c)),
        8 => format!("[for k, v in {} if v != _|_ {{k}}]", expression(c, inner)),
        9 => format!("\"{}-\\({})\"", c.pick(&["p", "q"]), reference(c)),
        10 => format!("{} {} {}", expression(c, 0), c.pick(&["+", "*", "-", "<", "==", "!=", "&&"]), expression(c, 0)),
        11 => match c.below(9) {
            0 => format!("len({})", expression(c, inner)),
            1 => format!("close({})", structure(c, inner)),
            2 => format!("or([{}, {}])", expression(c, inner), expression(c, inner)),
            3 => format!("and([{}, {}])", expression(c, inner), expression(c, inner)),
            4 => format!("strings.ToUpper({})", expression(c, 0)),
            5 => format!("list.Concat([{}, [1]])", reference(c)),
            6 => format!("math.Abs({})", expression(c, 0)),
            7 => format!("matchN(1, [{}, {}])", expression(c, inner), expression(c, inner)),
            _ => format!("list.Sort({}, list.Ascending)", reference(c)),
        },
        12 => format!("#D & {}", structure(c, inner)),
        13 => constraint(c),
        14 => reference(c),
        _ => scalar(c),
    }
}

/// What is put into a text.
const BYTES: &[u8] = b"{}[]()\"'\\#|&*:,?!.=\n\0\xff@_0";

/// A text with some bytes of it changed.
pub(crate) fn mutated(text: &str, seed: u64) -> Vec<u8> {
    let mut c = Choices::new(seed);
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + c.below(4) {
        let at = c.below(bytes.len());
        match c.below(4) {
            0 => {
                bytes.remove(at);
            }
            1 => bytes.insert(at, BYTES[c.below(BYTES.len())]),
            2 => {
                let end = (at + c.below(12)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = c.below(bytes.len());
                bytes.splice(to..to, part);
            }
            _ => bytes[at] = (c.next() & 0xff) as u8,
        }
        if bytes.is_empty() {
            bytes.push(b'a');
        }
    }
    bytes
}

//! Programs made by chance, from a seed: references, alternatives with defaults, definitions, patterns, comprehensions, lets,
//! bounds, interpolation, lists, builtins, closedness. The same seed gives the same program.

/// A seeded source of choices.
pub struct Choices(u64);

impl Choices {
    pub fn new(seed: u64) -> Choices {
        Choices(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
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

/// A program.
pub fn program(seed: u64) -> String {
    let mut c = Choices::new(seed);
    let mut lines = Vec::new();
    for name in DEFINITIONS.iter().take(1 + c.below(3)) {
        lines.push(format!("{name}: {}", structure(&mut c, 2)));
    }
    for name in TOP.iter().take(2 + c.below(5)) {
        let value = expression(&mut c, 3);
        let mark = if c.one_in(12) { "?" } else { "" };
        lines.push(format!("{name}{mark}: {value}"));
        if c.one_in(4) {
            let value = expression(&mut c, 2);
            lines.push(format!("{name}: {value}"));
        }
    }
    if c.one_in(4) {
        let value = expression(&mut c, 2);
        lines.push(format!("let v = {value}\nu: v"));
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
        2 => c.pick(&INNER).to_owned(),
        _ => c.pick(&TOP).to_owned(),
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
    for _ in 0..c.below(4) {
        let name = c.pick(&INNER);
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

/// A text with some bytes of it changed.
pub fn mutated(text: &str, seed: u64) -> Vec<u8> {
    let mut c = Choices::new(seed);
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + c.below(4) {
        let at = c.below(bytes.len());
        match c.below(4) {
            0 => {
                bytes.remove(at);
            }
            1 => bytes.insert(at, b"{}[]()\"'\\#|&*:,?!.=\n\0\xff@_0"[c.below(26)]),
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

//! What a person reads when a file cannot be parsed. Each case is a few lines of CUE; the snapshot shows them with what is said.

use cue_syntax::{Source, SourceId, parse_file};

/// `(line, column) message`, the marked text, its label and the help.
fn explain(text: &str) -> String {
    let source = Source::new("x.cue", text);
    let parsed = parse_file(&source, SourceId(0));
    let mut out = String::new();
    for d in &parsed.diagnostics {
        out.push_str(&format!("{}: {}\n", d.code, d.message));
        for l in &d.labels {
            let (line, column) = source.line_column(l.start);
            let marked = source.text.get(l.start as usize..l.end as usize).unwrap_or("?");
            out.push_str(&format!("  {line}:{column} {marked:?} {}\n", l.text));
        }
        if let Some(help) = &d.help {
            out.push_str(&format!("  help: {help}\n"));
        }
    }
    let kept = parsed.tree.map_or(0, |t| t.decls.len());
    out.push_str(&format!("declarations kept: {kept}\n"));
    out
}

macro_rules! says {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::with_settings!({description => $text, omit_expression => true}, {
                insta::assert_snapshot!(explain($text));
            });
        }
    )*};
}

says! {
    one_broken_field_does_not_blank_a_file: "a: 1\nb: {\n\tc: 2 +\n}\nd: 3\n";
    several_fields_are_reported_at_once: "a: 1 2\nb: 3\nc: ]\nd: [1 2]\n";
    operator_at_the_start_of_a_line: "total: 1\n\t+ 2\n";
    equals_for_colon: "replicas = 3\nimage: \"nginx\"\n";
    equals_in_a_value: "a: {\n\tb = 3\n}\n";
    missing_value: "a:\nb: 2\n";
    missing_value_before_a_brace: "a: {b: }\n";
    missing_comma_in_a_list: "a: [1 2]\n";
    missing_comma_in_a_call: "a: f(1 2)\n";
    never_closed: "a: {\n\tb: 1\nc: 2\nd: 3\n";
    wrong_bracket: "a: [1, 2}\nb: 2\n";
    nothing_to_close: "a: 1\n}\nb: 2\n";
    string_not_terminated: "a: \"abc\nb: 2\n";
    multiline_not_terminated: "a: \"\"\"\n\tabc\nb: 2\n";
    multiline_starts_on_its_line: "a: \"\"\"abc\n\t\"\"\"\n";
    multiline_indent: "a: \"\"\"\n\t\tabc\n\tdef\n\t\t\"\"\"\n";
    unknown_escape: "a: \"C:\\new\\dir\"\n";
    octal_escape_in_a_string: "a: \"\\101\"\n";
    half_a_surrogate_pair: "a: \"\\ud83d\"\n";
    leading_zero: "mode: 0644\n";
    version_without_quotes: "version: 1.2.3\n";
    unit_that_is_none: "memory: 512MB\n";
    underscore_in_a_number: "n: 1__000\n";
    bad_hexadecimal: "n: 0xfg\n";
    exponent_without_digits: "n: 1e\n";
    semicolon: "a: 1; b: 2\n";
    arrow: "a: b <-1\n";
    loop_without_in: "a: {\n\tfor x of y {b: x}\n}\n";
    condition_without_body: "if a.b == 1\nc: 2\n";
    number_as_a_label: "a: {1: 2}\n";
    selector_as_a_label: "a.b: 1\n";
    bytes_as_a_label: "'a': 1\n";
    reserved_name: "__a: 1\n";
    alias_of_nothing: "X={a: 1}\n";
    pattern_of_two: "[a, b]: 1\n";
    late_import: "a: 1\nimport \"strings\"\n";
    bad_import_path: "import \"a b\"\n";
    second_package: "package a\npackage b\n";
    definition_as_a_package: "package #a\n";
    postfix_alias_needs_the_experiment: "a~X: 1\n";
    else_needs_the_experiment: "if a {b: 1} else {b: 2}\n";
    unknown_experiment: "@experiment(tyr)\na: 1\n";
    dot_without_a_name: "a: b.\n";
    selecting_bytes: "a: b.'c'\n";
    nul: "a: 1\0\n";
    byte_order_mark_inside: "a: 1\nb: \"\u{feff}\"\n";
    stray_character: "a: 1 % 2\n";
    postfix_ellipsis: "a: b...\n";
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("(", ")"), ("\"\\(", ")\""), ("f(", ")"), ("x[", "]")] {
        let text = format!("a: {}1{}\nb: 2\n", open.repeat(5_000), close.repeat(5_000));
        let said = explain(&text);
        assert!(said.starts_with("cue/nesting: nested more than 500 levels"), "{open}: {said}");
        assert!(said.ends_with("declarations kept: 1\n"), "{open}: {said}");
        let text = format!("a: {}1{}\n", open.repeat(400), close.repeat(400));
        assert_eq!(explain(&text), "declarations kept: 1\n", "{open}");
    }
}

#[test]
fn chains_are_bounded() {
    for (part, end) in [("1 + ", "1"), ("-", "1"), ("b: ", "1"), ("1 * 2 - ", "3")] {
        let said = explain(&format!("a: {}{end}\n", part.repeat(5_000)));
        assert!(said.starts_with("cue/nesting: expression of more than 1000 levels"), "{part}: {said}");
    }
    let said = explain(&format!("a: b{}\n", ".c".repeat(5_000)));
    assert!(said.starts_with("cue/nesting"), "{said}");
    // A union or a conjunction of any length is fine: it becomes a balanced tree.
    for op in [" | ", " & ", " || ", " && "] {
        assert_eq!(explain(&format!("a: {}1\n", format!("1{op}").repeat(5_000))), "declarations kept: 1\n");
    }
}

/// An error deep inside is found at once: no level of nesting is tried twice.
#[test]
fn deep_errors_are_found_at_once() {
    for (open, close) in [
        ("[{x: ", "}]"),
        ("{b: ", "}"),
        ("{let x = ", "}"),
        ("{format: [", "]}"),
        ("{if a {", "}}"),
        ("[if a {b: ", "}]"),
        ("[for x in ", "]"),
        ("(", ")"),
        ("f(", ")"),
        ("x[", "]"),
        ("\"\\(", ")\""),
        ("\"\\(a)\\(", ")\""),
        ("#\"\\#(", ")\"#"),
        ("{(", "): 1}"),
        ("{[", "]: 1}"),
        ("{\"\\(", ")\": 1}"),
        ("{X={a: ", "}}"),
        ("[X=", "]"),
        ("a: @x(", ")"),
        ("{for x in y let z = [", "] {}}"),
    ] {
        let said = explain(&format!("a: {}1 2{}\n", open.repeat(60), close.repeat(60)));
        assert!(said.contains("declarations kept: "), "{open}: {said}");
    }
}

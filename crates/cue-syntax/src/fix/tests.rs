//! Old texts and new ones.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::{Options, fix};
use crate::Source;

fn mended(text: &str, options: &Options) -> String {
    fix(&Source::new("in.cue", text), options).unwrap().map_or_else(|| text.to_owned(), |f| f.text)
}

#[test]
fn lists_are_joined_and_repeated_by_functions() {
    for (old, new) in [
        ("a: [1] + [2] + b\nb: [3]\n", "import \"list\"\n\na: list.Concat([[1], [2], b])\nb: [3]\n"),
        ("a: 2 * [1] // two\n", "import \"list\"\n\na: list.Repeat([1], 2) // two\n"),
        (
            "package p\n\na: [1]*3 + [4]\n",
            "package p\n\nimport \"list\"\n\n\na: list.Concat([list.Repeat([1], 3), [4]])\n",
        ),
        (
            "import l \"list\"\n\na: [1] + l.Take([1, 2], 1)\n",
            "import l \"list\"\n\na: l.Concat([[1], l.Take([1, 2], 1)])\n",
        ),
        (
            "import \"strings\"\n\na: [strings.ToUpper(\"a\")] + [1]\n",
            "import \"list\"\nimport \"strings\"\n\na: list.Concat([[strings.ToUpper(\"a\")], [1]])\n",
        ),
        ("list: 1\na: [1] + [2]\n", "import lists \"list\"\n\nlist: 1\na: lists.Concat([[1], [2]])\n"),
        (
            "import (\n\t// of text\n\t\"strings\"\n)\n\na: [strings.ToUpper(\"a\")] + [1]\n",
            "import (\n\t\"list\"\n\t// of text\n\t\"strings\"\n)\n\na: list.Concat([[strings.ToUpper(\"a\")], [1]])\n",
        ),
        (
            "// licence\n\n// a\na: 2 * [1] + b\n",
            "// licence\n\nimport \"list\"\n\n// a\na: list.Concat([list.Repeat([1], 2), b])\n",
        ),
        ("a: 1 + 2\nb: \"x\" * 3\n", "a: 1 + 2\nb: \"x\" * 3\n"),
    ] {
        assert_eq!(mended(old, &Options::default()), new, "{old}");
        assert_eq!(mended(new, &Options::default()), new, "once is enough");
    }
}

#[test]
fn names_that_are_only_ever_lists_are_lists_on_demand() {
    let old = "a: [1]\nb: a + c\nd: x.a * 2 + c\ne: [1]\nf: e: 2\ng: e + 1\n";
    let new = "import \"list\"\n\na: [1]\nb: list.Concat([a, c])\nd: list.Concat([list.Repeat(x.a, 2), c])\ne: [1]\nf: e: 2\ng: e + 1\n";
    let options = Options { named_lists: true, ..Options::default() };
    assert_eq!(mended(old, &options), new);
    assert_eq!(mended(new, &options), new, "once is enough");
    assert_eq!(mended(old, &Options::default()), old);
}

#[test]
fn aliases_move_behind_labels() {
    let options = Options { experiments: vec!["aliasv2".into()], ..Options::default() };
    for (old, new) in [
        ("X=a: {b: X.c, c: 1}\n", "@experiment(aliasv2)\n\na~X: {b: X.c, c: 1}\n"),
        ("[X=string]: {n: X}\n", "@experiment(aliasv2)\n\n[string]~(X,_): {n: X}\n"),
        ("d: Y={e: Y.f, f: 1}\n", "@experiment(aliasv2)\n\nd: {let Y = self, e: Y.f, f: 1}\n"),
        ("d: V=[{a?: V}]\n", "@experiment(aliasv2)\n\nd: {let V = self, [{a?: V}]}\n"),
        ("a: 1\n", "a: 1\n"),
    ] {
        assert_eq!(mended(old, &options), new, "{old}");
    }
}

#[test]
fn embeddings_are_opened() {
    let options = Options { experiments: vec!["explicitopen".into()], ..Options::default() };
    for (old, new) in [
        ("b: {#A, c: 1}\n", "@experiment(explicitopen)\n\nb: __closeAll({#A..., c: 1})\n"),
        ("c: {b, d: 2}\n", "@experiment(explicitopen)\n\nc: __reclose({b..., d: 2})\n"),
        ("#B: {#A, x: int}\n", "@experiment(explicitopen)\n\n#B: {#A..., x: int}\n"),
        ("e: #A & {a: 1}\n", "e: #A & {a: 1}\n"),
        ("i: {\"x\"}\n", "i: {\"x\"}\n"),
    ] {
        assert_eq!(mended(old, &options), new, "{old}");
    }
}

#[test]
fn commas_go_on_demand() {
    let options = Options { remove_list_commas: true, ..Options::default() };
    assert_eq!(mended("a: [\n\t1,\n\t2, // two\n]\nb: [1, 2]\n", &options), "a: [\n\t1\n\t2 // two\n]\nb: [1, 2]\n");
}

#[test]
fn broken_text_is_an_error() {
    assert!(fix(&Source::new("in.cue", "a: ["), &Options::default()).is_err());
}

//! Runs the tables of calls and results that stand beside each package (`cases.txt`).
//!
//! A line is `Name [arguments as JSON] => result as JSON`, or `=> error: text`, or `=> incomplete: text`. Bytes are written
//! `{"$bytes": "base64"}`. A line that starts with `#` says something about those below.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{Fault, Run, lookup, names, packages};
use crate::data::{Data, DataValue};
use crate::json::{self, Style};
use base64::Engine;

/// Makes bytes of `{"$bytes": …}`.
fn revive(data: Data) -> Data {
    match data.value {
        DataValue::Struct(fields) => match fields.get("$bytes").map(|d| &d.value) {
            Some(DataValue::String(text)) => base64::engine::general_purpose::STANDARD.decode(text).unwrap().into(),
            _ => DataValue::Struct(fields.into_iter().map(|(k, v)| (k, revive(v))).collect()).into(),
        },
        DataValue::List(items) => DataValue::List(items.into_iter().map(revive).collect()).into(),
        value => value.into(),
    }
}

fn hide(data: Data) -> Data {
    match data.value {
        DataValue::Bytes(b) => {
            let text = base64::engine::general_purpose::STANDARD.encode(b);
            DataValue::Struct([("$bytes".into(), Data::string(text))].into_iter().collect()).into()
        }
        DataValue::Struct(fields) => DataValue::Struct(fields.into_iter().map(|(k, v)| (k, hide(v))).collect()).into(),
        DataValue::List(items) => DataValue::List(items.into_iter().map(hide).collect()).into(),
        value => value.into(),
    }
}

fn run(package: &str, table: &str) {
    let mut wrong = Vec::new();
    for line in table.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (call, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("{line}"));
        let (name, arguments) = call.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let DataValue::List(arguments) = revive(json::parse(arguments).unwrap_or_else(|e| panic!("{line}: {e}"))).value
        else {
            panic!("{line}");
        };
        let builtin = lookup(package, name).unwrap_or_else(|| panic!("{package}.{name} does not exist"));
        let came = match builtin.call(&arguments) {
            Ok(data) => json::write(&hide(data), Style::Compact).unwrap(),
            Err(Fault::Error(text)) => format!("error: {text}"),
            Err(Fault::Incomplete(text)) => format!("incomplete: {text}"),
        };
        if came != expected {
            wrong.push(format!("{call}\n  expected {expected}\n  came     {came}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong in {package}:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! tables {
    ($($test:ident $package:literal $file:literal;)+) => {
        $( #[test] fn $test() { run($package, include_str!($file)); } )+

        #[test]
        fn every_function_of_a_package_has_a_case() {
            let tables: &[(&str, &str)] = &[ $( ($package, include_str!($file)) ),+ ];
            let mut missing = Vec::new();
            for package in packages() {
                let table = tables.iter().find(|(p, _)| *p == package).map_or("", |(_, t)| t);
                for name in names(package) {
                    let pure = matches!(lookup(package, name).unwrap().run, Run::Pure(_));
                    if pure && !table.lines().any(|l| l.split_once(' ').is_some_and(|(n, _)| n == name)) {
                        missing.push(format!("{package}.{name}"));
                    }
                }
            }
            assert!(missing.is_empty(), "no case for {}", missing.join(", "));
        }
    };
}

tables! {
    base64 "encoding/base64" "encoding/base64/cases.txt";
    bits "math/bits" "math/bits/cases.txt";
    csv "encoding/csv" "encoding/csv/cases.txt";
    ed25519 "crypto/ed25519" "crypto/ed25519/cases.txt";
    hex "encoding/hex" "encoding/hex/cases.txt";
    hmac "crypto/hmac" "crypto/hmac/cases.txt";
    html "html" "html/cases.txt";
    json "encoding/json" "encoding/json/cases.txt";
    list "list" "list/cases.txt";
    math "math" "math/cases.txt";
    md5 "crypto/md5" "crypto/md5/cases.txt";
    net "net" "net/cases.txt";
    path "path" "path/cases.txt";
    regexp "regexp" "regexp/cases.txt";
    sha1 "crypto/sha1" "crypto/sha1/cases.txt";
    sha256 "crypto/sha256" "crypto/sha256/cases.txt";
    sha512 "crypto/sha512" "crypto/sha512/cases.txt";
    strconv "strconv" "strconv/cases.txt";
    strings "strings" "strings/cases.txt";
    tabwriter "text/tabwriter" "text/tabwriter/cases.txt";
    template "text/template" "text/template/cases.txt";
    time "time" "time/cases.txt";
    toml "encoding/toml" "encoding/toml/cases.txt";
    uuid "uuid" "uuid/cases.txt";
    yaml "encoding/yaml" "encoding/yaml/cases.txt";
}

#[test]
fn packages_are_sorted_and_documented() {
    let all: Vec<_> = packages().collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(all, sorted);
    for package in all {
        for name in names(package) {
            let builtin = lookup(package, name).unwrap();
            assert_eq!(builtin.package, package, "{name} is listed in the wrong package");
            assert!(builtin.doc.trim().len() > 10, "{package}.{name} is not documented");
        }
    }
}

//! Which keyword is read when, and by whom. Keywords of one phase are read in the order in which they stand.

use super::Language;
use super::decoder::Decoder;
use super::state::State;
use super::version::Version;
use super::{arrays, combine, meta, objects, values};
use crate::data::{Data, Fields};

/// Reads one keyword's value into the state.
pub(super) type Reader = for<'d> fn(&mut Decoder<'d>, &mut State<'d>, &str, &'d Data);

/// The reader of a keyword, its phase, and the first and last version that know it.
fn keyword(name: &str) -> Option<(Reader, u8, Version, Version)> {
    use Version::{Draft4, Draft6, Draft7, Draft2019, Draft2020};
    let always = |reader: Reader, phase| Some((reader, phase, Draft4, Draft2020));
    let from = |reader: Reader, phase, version| Some((reader, phase, version, Draft2020));
    match name {
        "$schema" => always(meta::schema, 0),
        "$id" => from(meta::id, 1, Draft6),
        "id" => Some((meta::id, 1, Draft4, Draft4)),
        "$ref" => always(meta::reference, 2),
        "$defs" | "definitions" => always(meta::definitions, 2),
        "title" => always(meta::title, 2),
        "description" => always(meta::description, 2),
        "deprecated" => from(meta::deprecated, 2, Draft2019),
        "nullable" => always(meta::nullable, 2),
        "type" => always(values::types, 2),
        "enum" => always(values::alternatives, 2),
        "const" => from(values::constant, 2, Draft6),
        "format" => always(values::format, 1),
        "pattern" => always(values::pattern, 2),
        "minLength" | "maxLength" => always(values::length, 2),
        "exclusiveMinimum" | "exclusiveMaximum" => always(values::exclusive, 2),
        "minimum" | "maximum" => always(values::bound, 3),
        "multipleOf" => always(values::multiple, 2),
        "items" => always(arrays::items, 2),
        "prefixItems" => from(arrays::prefix, 1, Draft2020),
        "additionalItems" => Some((arrays::additional, 4, Draft4, Draft2019)),
        "contains" => from(arrays::contains, 2, Draft6),
        "minContains" | "maxContains" => from(arrays::how_many, 1, Draft2019),
        "minItems" => always(arrays::at_least, 2),
        "maxItems" => always(arrays::at_most, 2),
        "uniqueItems" => always(arrays::unique, 2),
        "properties" => always(objects::properties, 2),
        "required" => always(objects::required, 3),
        "patternProperties" => always(objects::patterns, 3),
        "additionalProperties" => always(objects::additional, 4),
        "propertyNames" => from(objects::names, 2, Draft6),
        "minProperties" => always(objects::at_least, 1),
        "maxProperties" => always(objects::at_most, 2),
        "dependencies" => always(objects::dependencies, 2),
        "dependentRequired" => from(objects::dependencies, 2, Draft2019),
        "allOf" => always(combine::all_of, 3),
        "anyOf" => always(combine::any_of, 3),
        "oneOf" => always(combine::one_of, 3),
        "not" => always(combine::not, 3),
        "if" | "then" | "else" => from(combine::condition, 1, Draft7),
        _ => None,
    }
}

/// Reads all keywords of a schema. Unknown ones mean nothing.
pub(super) fn read<'d>(decoder: &mut Decoder<'d>, fields: &'d Fields, state: &mut State<'d>) {
    let readers: Vec<_> = fields
        .iter()
        .filter_map(|(key, data)| {
            let (reader, phase, first, last) = keyword(key)?;
            let is_openapi = decoder.language == Language::OpenApi;
            if is_openapi && matches!(key.as_str(), "id" | "$id" | "$schema" | "definitions") {
                return None;
            }
            let first = if is_openapi && key == "deprecated" { Version::Draft4 } else { first };
            (first <= decoder.version && decoder.version <= last).then_some((phase, reader, key, data))
        })
        .collect();
    for phase in 0..=4 {
        for (_, reader, key, data) in readers.iter().filter(|r| r.0 == phase) {
            reader(decoder, state, key, data);
        }
    }
    combine::finish_condition(decoder, state);
}

//! Parameters that no case sets: what nobody has ever tried.

use super::{Case, Suite};
use crate::data::{field, fields, items, text};
use crate::explain::parameters::{Parameter, Parameters};
use cue::{Data, DataValue};
use render::Loaded;

/// How deep an Application is looked through for uses of a definition.
const DEPTH: u32 = 10;

/// The paths (`ports[].port`) of the parameters that no case that is to succeed sets, in the order of the definition.
pub fn unset<'a>(loaded: &Loaded, suite: &'a Suite) -> Vec<String> {
    let expected = |case: &&'a Case| case.expect.error.is_none() && case.expect.errors.is_none();
    let mut given: Vec<&Data> = Vec::new();
    for case in suite.cases.iter().filter(expected) {
        given.push(&case.input.parameter);
        for part in [&case.input.application, &case.input.component].into_iter().flatten() {
            uses(part, &loaded.definition.name, &mut given, 0);
        }
    }
    let mut out = Vec::new();
    look(&Parameters::of(loaded), &given, "", &mut out);
    out
}

/// The properties of every part of this type.
fn uses<'a>(data: &'a Data, name: &str, out: &mut Vec<&'a Data>, depth: u32) {
    if depth > DEPTH {
        return;
    }
    if field(data, "type").and_then(text) == Some(name) {
        out.extend(field(data, "properties"));
    }
    let inside = fields(data).into_iter().flat_map(|fields| fields.values()).chain(items(data));
    inside.for_each(|inner| uses(inner, name, out, depth + 1));
}

fn look(parameters: &Parameters, given: &[&Data], base: &str, out: &mut Vec<String>) {
    for parameter in &parameters.fields {
        let path = if base.is_empty() { parameter.name.clone() } else { format!("{base}.{}", parameter.name) };
        let set: Vec<&Data> = given.iter().filter_map(|data| field(data, &parameter.name)).collect();
        if set.is_empty() {
            out.push(path);
            continue;
        }
        if parameter.inner.fields.is_empty() {
            continue;
        }
        let (path, inner) = inside(parameter, path, &set);
        look(&parameter.inner, &inner, &path, out);
    }
}

/// The structs in a parameter's values, as its type has them: itself, or its elements.
fn inside<'a>(parameter: &Parameter, path: String, set: &[&'a Data]) -> (String, Vec<&'a Data>) {
    if parameter.is_map() {
        let values = set.iter().filter_map(|data| fields(data)).flat_map(|fields| fields.values());
        return (format!("{path}.*"), values.collect());
    }
    let lists = set.iter().any(|data| matches!(data.value, DataValue::List(_)));
    let elements = set.iter().flat_map(|data| match &data.value {
        DataValue::List(items) => items.iter().collect(),
        _ => vec![*data],
    });
    (if lists || parameter.is_list() { format!("{path}[]") } else { path }, elements.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use model::DefinitionKind;
    use render::builtin::Builtins;
    use render::{DefinitionSource, Provenance};

    #[test]
    fn what_no_case_sets_is_named() {
        let definition = "t: {type: \"trait\", attributes: {}}\ntemplate: {\n\tpatch: {}\n\tparameter: {\n\t\ta: int\n\t\tb?: string\n\t\tports: [...{port: int, name?: string}]\n\t\tlabels: [string]: {x: int, y?: int}\n\t\tone?: {p?: int, q?: int}\n\t}\n}\n";
        let loaded = Loaded::from_cue(Source::new("t.cue", definition), Provenance::Builtin).unwrap();
        let cases = "cases:
- {name: wrong, parameter: {b: x}, expect: {error: {contains: a}}}
- {name: right, parameter: {a: 1, ports: [{port: 1}], labels: {k: {x: 1}}}, expect: {output: {}}}
- name: whole
  application: {components: [{name: c, type: worker, traits: [{type: t, properties: {one: {q: 1}}}]}]}
  expect: {objects: []}
";
        let suite = Suite::read(&Source::new("t_test.yaml", cases)).unwrap();
        assert_eq!(unset(&loaded, &suite), ["b", "ports[].name", "labels.*.y", "one.p"]);
    }

    /// A parameter that no case sets is one that nobody knows to work.
    #[test]
    fn every_parameter_of_every_built_in_definition_is_set_by_a_case() {
        let mut never = Vec::new();
        for kind in DefinitionKind::ALL.into_iter().filter(|k| *k != DefinitionKind::Workload) {
            for name in Builtins.names(kind) {
                let loaded = Builtins.find(kind, &name).unwrap().unwrap();
                let cases = Source::new(format!("{name}_test.yaml"), Builtins::cases(kind, &name).unwrap());
                let suite = Suite::read(&cases).unwrap();
                never.extend(unset(&loaded, &suite).into_iter().map(|path| format!("{} {name}: {path}", kind.word())));
            }
        }
        assert!(never.is_empty(), "{}", never.join("\n"));
    }
}

//! The objects that people write, as tables: each field with its type and what it is for.
//!
//! One table serves everybody who has to know the fields: the check for slips of the pen ([`crate::manifest`]), completion in
//! an editor, and `lateen explain`. The types of this crate say the same to serde; a test holds the two together.

mod application;
mod places;
mod workflow;

pub use application::METADATA;

use std::sync::LazyLock;

/// A field.
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it takes, in the form that parameters of definitions have: `string`, `[]object`, `map[string]string`.
    pub kind: &'static str,
    /// An object without it means nothing.
    pub required: bool,
    /// It is read, and nobody should write it: a server does, or old files have it.
    pub unwritten: bool,
    /// What it is for, one sentence.
    pub usage: &'static str,
    /// What is inside, of a struct or of each element of a list. Empty: scalars, and what definitions or users decide.
    pub inside: &'static [Field],
}

impl Field {
    const fn new(name: &'static str, kind: &'static str, usage: &'static str) -> Field {
        Field { name, kind, required: false, unwritten: false, usage, inside: &[] }
    }

    const fn required(self) -> Field {
        Field { required: true, ..self }
    }

    const fn unwritten(self) -> Field {
        Field { unwritten: true, ..self }
    }

    const fn of(self, inside: &'static [Field]) -> Field {
        Field { inside, ..self }
    }

    /// It is a list of what is inside.
    pub fn is_list(&self) -> bool {
        self.kind.starts_with("[]")
    }
}

/// A kind of object.
#[derive(Debug)]
pub struct Kind {
    /// `core.oam.dev/v1beta1`
    pub api_version: &'static str,
    /// `Application`
    pub kind: &'static str,
    /// What else `kubectl` and people call it, in small letters.
    pub words: &'static [&'static str],
    /// What it is, one sentence.
    pub usage: &'static str,
    /// Its fields, `apiVersion` and `kind` among them.
    pub fields: Vec<&'static Field>,
}

/// All kinds, those that developers write first.
pub fn kinds() -> &'static [Kind] {
    static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
        let mut all = application::kinds();
        all.extend(workflow::kinds());
        all.extend(places::kinds());
        all
    });
    &KINDS
}

/// The kind of this version and name.
pub fn kind(api_version: &str, name: &str) -> Option<&'static Kind> {
    kinds().iter().find(|k| k.kind == name && k.api_version == api_version)
}

/// The kind that a word names, in any case: `application`, `app`, `WorkflowRun`.
pub fn kind_by_word(word: &str) -> Option<&'static Kind> {
    let word = word.to_ascii_lowercase();
    kinds().iter().find(|k| k.kind.to_ascii_lowercase() == word || k.words.contains(&word.as_str()))
}

/// The field at a path below some fields; steps that say which element is meant (`0`, `[]`, `*`) are passed over.
///
/// # Errors
/// How many steps of the path are right, and the fields there are behind them.
pub fn at<'p>(
    fields: &[&'static Field],
    path: impl IntoIterator<Item = &'p str>,
) -> Result<Option<&'static Field>, (usize, Vec<&'static Field>)> {
    let mut inside = fields.to_vec();
    let mut found: Option<&'static Field> = None;
    for (right, step) in path.into_iter().enumerate() {
        if found.is_some_and(Field::is_list) && is_element(step) {
            continue;
        }
        let Some(next) = inside.iter().find(|f| f.name == step).copied() else { return Err((right, inside)) };
        found = Some(next);
        inside = next.inside.iter().collect();
    }
    Ok(found)
}

fn is_element(step: &str) -> bool {
    matches!(step, "[]" | "*" | "") || step.chars().all(|c| c.is_ascii_digit())
}

/// `apiVersion`, `kind` and `metadata`, then what the kind has.
fn object(own: &'static [Field]) -> Vec<&'static Field> {
    application::HEAD.iter().chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A value of the type that a field says, with everything inside set.
    fn sample(field: &Field, depth: u32) -> Value {
        let inner = || match depth {
            0 => json!({}),
            // of two names for the same, serde takes one
            _ => {
                let inside = field.inside.iter().filter(|f| f.name != "exportKey");
                inside.map(|f| (f.name.to_owned(), sample(f, depth - 1))).collect()
            }
        };
        match field.kind {
            "string" => json!("x"),
            "int" => json!(1),
            "bool" => json!(true),
            "[]string" => json!(["x"]),
            "[]any" => json!([1]),
            "[]object" => json!([inner()]),
            "object" if field.inside.is_empty() => json!({"a": 1}),
            "object" => inner(),
            "map[string]string" => json!({"a": "b"}),
            "StepByStep | DAG" => json!("DAG"),
            other => panic!("{}: no sample of {other}", field.name),
        }
    }

    /// Paths of everything in a value, without the numbers of elements.
    fn paths(value: &Value, base: &str, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, inner)| {
                out.push(format!("{base}.{key}"));
                paths(inner, &format!("{base}.{key}"), out);
            }),
            Value::Array(list) => list.iter().for_each(|inner| paths(inner, base, out)),
            _ => {}
        }
    }

    /// What a table has and the type does not keep, when an object with everything is read and written again.
    fn lost<T: serde::Serialize + serde::de::DeserializeOwned>(name: &str) -> Vec<String> {
        let kind = kind_by_word(name).unwrap();
        let whole: Value = kind.fields.iter().map(|f| (f.name.to_owned(), sample(f, 7))).collect();
        let again = serde_json::to_value(serde_json::from_value::<T>(whole.clone()).unwrap()).unwrap();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        paths(&whole, "", &mut before);
        paths(&again, "", &mut after);
        // what a server writes, what other fields stand for today, and the status, which has a table nowhere
        let unread = |p: &str| p.ends_with(".managedFields") || p.ends_with(".traits.name") || p.starts_with(".status");
        before.retain(|p| !after.contains(p) && !unread(p));
        before
    }

    #[test]
    fn the_types_read_every_field_of_the_tables() {
        assert_eq!(lost::<crate::Application>("application"), Vec::<String>::new());
        assert_eq!(lost::<crate::Workflow>("workflow"), Vec::<String>::new());
        assert_eq!(lost::<crate::WorkflowRun>("workflowrun"), Vec::<String>::new());
        assert_eq!(lost::<crate::component::Policy>("policy"), Vec::<String>::new());
        assert_eq!(lost::<crate::Project>("project"), Vec::<String>::new());
        assert_eq!(lost::<crate::Target>("target"), Vec::<String>::new());
        assert_eq!(lost::<crate::Environment>("environment"), Vec::<String>::new());
    }

    #[test]
    fn the_tables_have_every_field_of_the_types() {
        // Everything that the types can write is set here; a field that is added to a type and not here does not compile.
        let step = crate::Step {
            name: "a".to_owned(),
            kind: "b".to_owned(),
            meta: Some(crate::workflow::StepMeta { alias: "c".to_owned() }),
            condition: "always".to_owned(),
            timeout: "1m".to_owned(),
            depends_on: vec!["d".to_owned()],
            inputs: vec![crate::Input { from: "e".to_owned(), parameter_key: "f".to_owned() }],
            outputs: vec![crate::Output { name: "g".to_owned(), value_from: "h".to_owned(), optional: true }],
            properties: Some(json!({})),
            mode: Some(crate::Mode::Dag),
            retry: Some(crate::Retry { limit: Some(1), backoff: "1s".to_owned(), on: vec!["fail".to_owned()] }),
            for_each: Some(crate::ForEach {
                items: Some(vec![json!(1)]),
                from: "i".to_owned(),
                parameter_key: "j".to_owned(),
                parallelism: 2,
            }),
            sub_steps: vec![crate::Step::default()],
        };
        let mode = Some(crate::ExecutionMode { steps: Some(crate::Mode::Dag), sub_steps: Some(crate::Mode::Dag) });
        let component = crate::Component {
            name: "a".to_owned(),
            kind: "b".to_owned(),
            properties: Some(json!({})),
            traits: vec![crate::Trait { kind: "c".to_owned(), properties: Some(json!({})) }],
            depends_on: vec!["d".to_owned()],
            inputs: step.inputs.clone(),
            outputs: step.outputs.clone(),
            external_revision: "e".to_owned(),
            scopes: Some(json!({})),
        };
        let policy = crate::AppPolicy { name: "a".to_owned(), kind: "b".to_owned(), properties: Some(json!({})) };
        let spec = crate::ApplicationSpec {
            components: vec![component],
            policies: vec![policy],
            workflow: Some(crate::WorkflowRef { reference: "w".to_owned(), mode, steps: vec![step] }),
        };
        let mut written = Vec::new();
        paths(&json!({ "spec": spec }), "", &mut written);
        let fields = &kind_by_word("application").unwrap().fields;
        for path in &written {
            let steps = path.split('.').filter(|s| !s.is_empty());
            assert!(at(fields, steps).is_ok(), "{path} is in no table");
        }
        assert!(written.iter().any(|p| p == ".spec.workflow.steps.forEach.parallelism"), "{written:?}");
    }

    #[test]
    fn a_path_that_goes_wrong_says_how_far_it_is_right() {
        let fields = &kind_by_word("app").unwrap().fields;
        let found = at(fields, "spec.workflow.steps.0.retry.limit".split('.')).unwrap().unwrap();
        assert_eq!((found.name, found.kind), ("limit", "int"));
        let (right, there) = at(fields, "spec.workflow.steps.retri".split('.')).unwrap_err();
        assert_eq!((right, there.iter().any(|f| f.name == "retry")), (3, true));
    }
}

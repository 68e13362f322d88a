//! Patches: how a trait changes what a component has rendered.
//!
//! # What a patch means
//!
//! A patch is a value with markers in the comments of its fields. It is applied to a base; the rules are tried in order.
//!
//! 1. **`+patchStrategy=jsonMergePatch`** applies RFC 7396, where `null` takes a field away; **`+patchStrategy=jsonPatch`** applies
//!    the list `operations` by RFC 6902. They mean what they stand above: the whole patch, or one field of it, whose paths
//!    then start there. They are not moved along a chain.
//! 2. **`+patchStrategy=replace`**: a list or a scalar takes the place of the base's. A struct merges as if unmarked.
//! 3. **`+patchStrategy=retainKeys`**: whatever it is, it takes the place of the base's. On a list with a key, each element takes
//!    the place of the one with the same key and the other elements stay.
//! 4. **Structs** merge field by field. A field that the base does not have is added, after those it has.
//! 5. **Lists with `+patchKey=k`** merge by key: an element of the patch is applied to the first element of the base whose value
//!    at `k` is equal, or is appended. `k` may be a path (`m.name`); `a,b` are two keys, and both have to be equal. An
//!    element of the base without the key is never matched. The key is inherited by lists below that have no marker of
//!    their own, where all elements of the patch have it.
//! 6. **Other lists** merge by position; what is longer than the base is appended.
//! 7. **Scalars** must be equal to the base's. A difference is an error that shows both, because silently winning would hide
//!    which of two traits is in effect. `null` in the base gives way to anything.
//!
//! 8. **Fields without a value** (`image: string`, or one that reads what is not there) say what the base has to have: where it
//!    has the field, its value stays; where it does not, the patch is refused at that place. A trait that is dispatched after
//!    the workload waits instead, as long as nothing runs.
//!
//! `+patchStrategy=open` is accepted and changes nothing, because every struct is open here. An unknown strategy is an
//! error. Other markers above a chain (`// +patchKey=name` above `a: b: [...]`) belong to the last field of the chain.
//!
//! The traits of a component patch in the order in which the Application lists them: each sees in `context.output` and
//! `context.outputs` what those before it have made. `patchOutputs` follows the same rules, one object at a time; an object
//! that no trait before and no component makes cannot be patched.
//!
//! # Deliberate differences to KubeVela (kubevela-features.md §2.7, §9)
//!
//! | there | here |
//! |---|---|
//! | `+patchKey=a,b` goes through the list once for each key, and ends in a conflict | both keys together name an element |
//! | an element of the base without the key shifts the others, so that the wrong one is patched | it is left alone |
//! | `jsonPatch` and `jsonMergePatch` are lost where `patch` is written without braces | they are found in both spellings |
//! | `jsonPatch` and `jsonMergePatch` do nothing in `patchOutputs`, nor above a field of a patch | they work there |
//! | a misspelt marker (`+patchkey`) or strategy is passed over | it is an error that names the right one |
//! | a field without a value, `<5` for instance, is unified with the base's | the base's value stays, unchecked |
//!
//! As there: of several elements of the base with one key, only the first is patched; an empty list changes nothing.

mod json_merge;
mod json_patch;
mod marker;
mod merge;
mod open;

pub(crate) use open::Open;

use crate::definition::Loaded;
use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use marker::{Markers, Strategy};

/// What is wrong with a patch, with the trait that it belongs to; `path` is where the trait stands.
pub(crate) fn told(mut problems: Vec<Diagnostic>, loaded: &Loaded, path: &str) -> Vec<Diagnostic> {
    for problem in &mut problems {
        problem.message = format!("trait \"{}\": {}", loaded.definition.name, problem.message);
        problem.path.get_or_insert_with(|| path.to_owned());
    }
    problems
}

/// `podDisruptive: false` promises that a trait restarts no pods: it is told where the trait changes what they are made from.
pub(crate) fn disruption(before: &Data, after: &Data, loaded: &Loaded, path: &str) -> Option<Diagnostic> {
    let template = |data| tree::at(data, &["spec", "template"]);
    let (old, new) = (template(before)?, template(after)?);
    if loaded.definition.spec.pod_disruptive != Some(false) || merge::same(old, new) {
        return None;
    }
    let name = &loaded.definition.name;
    Some(
        Diagnostic::warning(
            "render/pod-disruptive",
            format!("trait \"{name}\" restarts pods, although it says that it does not: it changes spec.template"),
        )
        .path(path)
        .help(format!("write `podDisruptive: true` in \"{name}\" ({})", loaded.provenance)),
    )
}

/// Applies a patch, whose nodes carry their comments in their origins, to a base.
///
/// # Errors
/// Values that differ, a JSON patch whose operation is impossible, an unknown marker.
pub fn apply(base: &Data, patch: &Data) -> Result<Data, Vec<Diagnostic>> {
    let markers = Markers::of(patch, "patch")?;
    match markers.strategy {
        Some(Strategy::JsonMergePatch) => Ok(json_merge::apply(base, patch)),
        Some(Strategy::JsonPatch) => json_patch::apply(base, operations(patch)),
        _ => match inner_json_patch(patch) {
            Some(operations) => json_patch::apply(base, operations),
            None => merge::Merge::default().run(base, patch),
        },
    }
}

fn operations(patch: &Data) -> &[Data] {
    tree::get(patch, "operations").map(tree::items).unwrap_or_default()
}

/// `// +patchStrategy=jsonPatch` above `patch: operations: […]`.
fn inner_json_patch(patch: &Data) -> Option<&[Data]> {
    let DataValue::Struct(fields) = &patch.value else { return None };
    let operations = fields.get("operations").filter(|_| fields.len() == 1)?;
    let markers = Markers::of(operations, "patch.operations").ok()?;
    (markers.strategy == Some(Strategy::JsonPatch)).then(|| tree::items(operations))
}

#[cfg(test)]
mod tests {
    //! The cases in `cases/*.md`: a heading, what is meant, then base, patch (CUE, with markers) and result or error.
    use super::*;
    use cue::{Completeness, DataOptions, Inputs, Instance, Limits, Selector};
    use cue_syntax::Source;

    fn evaluate(text: &str, field: &str) -> Data {
        let mut instance = Instance::of(Source::new("case", text)).unwrap();
        instance.files.iter_mut().for_each(|file| crate::template::push_markers_down(&mut file.decls));
        let program = cue::compile(&crate::builtin::Packages, instance).unwrap();
        let options = DataOptions { completeness: Completeness::Partial, origins: true };
        program
            .evaluate(Inputs::default(), &Limits::default())
            .lookup(&[Selector::Field(field.into())])
            .data(&options)
            .unwrap()
    }

    fn block<'a>(case: &'a str, language: &str) -> Vec<&'a str> {
        let fence = format!("```{language}\n");
        case.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
    }

    #[test]
    fn cases() {
        let text = include_str!("cases/patch.md");
        let mut failed = Vec::new();
        let mut count = 0;
        for case in text.split("\n## ").skip(1) {
            let title = case.lines().next().unwrap();
            let cue = block(case, "cue").concat();
            let wanted = block(case, "text").concat();
            let (base, patch) = (evaluate(&cue, "base"), evaluate(&cue, "patch"));
            let got = match apply(&base, &patch) {
                Ok(data) => format!("{}\n", cue::json::to_value(&data).unwrap()),
                Err(errors) => errors.iter().map(|e| format!("{}\n", e.message)).collect(),
            };
            count += 1;
            if got != wanted {
                failed.push(format!("{title}\n  wanted {wanted}  got    {got}"));
            }
        }
        assert!(count >= 50, "the cases are read");
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

//! Patches: how a trait changes what a component has rendered.
//!
//! # What a patch means
//!
//! A patch is a value with markers in the comments of its fields. It is applied to a base; the rules are tried in order.
//!
//! 1. **Whole-patch strategies**, on the patch itself: `+patchStrategy=jsonMergePatch` applies RFC 7396, where `null` takes a
//!    field away; `+patchStrategy=jsonPatch` applies the list `operations` by RFC 6902.
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
//! `+patchStrategy=open` is accepted and changes nothing, because every struct is open here. An unknown strategy is an
//! error. Markers above a chain (`// +patchKey=name` above `a: b: [...]`) belong to the last field of the chain.
//!
//! Deliberate differences to KubeVela: several keys work, an element of the base without the key does not shift the others,
//! JSON strategies need no braces, and they work in `patchOutputs` too.

mod json_merge;
mod json_patch;
mod marker;
mod merge;

use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use marker::{Markers, Strategy};

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
    use cue_syntax::{Source, Sources, parse_file};

    fn evaluate(text: &str, field: &str) -> Data {
        let source = Source::new("case", text);
        let mut sources = Sources::default();
        let id = sources.add(source.clone());
        let parsed = parse_file(&source, id);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let mut file = parsed.tree.unwrap();
        crate::template::push_markers_down(&mut file.decls);
        let instance = Instance { sources, files: vec![file], ..Instance::default() };
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
        assert!(count >= 20, "the cases are read");
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

//! Fields of a patch that have no value: `image: string`, or a value that reads what is not there.
//!
//! Such a field says what the base has to have. Where the base has it, the base's value stays; where it does not, nobody
//! would ever give it one, and that is an error at the field's place.

use crate::definition::Loaded;
use crate::tree;
use cue::{Completeness, Data, DataOptions, DataValue, Value};
use cue_syntax::{Diagnostic, Label};
use smol_str::SmolStr;
use std::fmt::Write as _;

/// Ids from here on stand for fields without a value; those below are results of steps.
const FIRST: u32 = 1 << 31;

/// Whether a value stands for a field that the patch leaves open.
pub(super) fn is_open(data: &Data) -> bool {
    matches!(data.value, DataValue::Unknown(id) if id >= FIRST)
}

/// A patch with what it leaves open.
pub(crate) struct Open {
    /// The patch; a stand-in where a field has no value.
    pub(crate) data: Data,
    /// Why each has none, in the order of the stand-ins.
    pub(crate) open: Vec<Diagnostic>,
    /// Those without a stand-in: a guard in a struct that is there, for instance. By their places in `open`.
    lost: Vec<u32>,
}

impl Open {
    /// Reads a patch from an evaluated template, `under` fields below its top.
    ///
    /// # Errors
    /// What is wrong in the patch itself.
    pub(crate) fn read(value: &Value<'_>, under: usize) -> Result<Open, Vec<Diagnostic>> {
        let mut data = value.data(&DataOptions { completeness: Completeness::Partial, origins: true })?;
        let open = value.incomplete();
        let mut lost = Vec::new();
        for (id, problem) in (FIRST..).zip(&open) {
            let parts = tree::parts(problem.path.as_deref().unwrap_or_default());
            match parts.get(under..) {
                Some(below) if !below.is_empty() && tree::find(&data, below).is_none() => {
                    tree::set_parts(&mut data, below, DataValue::Unknown(id).into());
                }
                _ => lost.push(id),
            }
        }
        Ok(Open { data, open, lost })
    }

    /// What the patch made, once the base has had its say. `waits`: what is open is left out, because it comes later.
    ///
    /// # Errors
    /// Each field that is still open.
    pub(crate) fn closed(
        &self,
        mut merged: Data,
        waits: bool,
        loaded: &Loaded,
        path: &str,
    ) -> Result<Data, Vec<Diagnostic>> {
        if self.open.is_empty() {
            return Ok(merged);
        }
        let place = |id: &u32| self.cause(*id).and_then(|c| c.path.clone()).unwrap_or_default();
        let mut found: Vec<(u32, String)> = self.lost.iter().map(|id| (*id, place(id))).collect();
        take_open(&mut merged, &mut String::new(), &mut found);
        if waits || found.is_empty() {
            return Ok(merged);
        }
        Err(found.into_iter().filter_map(|(id, at)| self.told(id, &at, loaded, path)).collect())
    }

    fn cause(&self, id: u32) -> Option<&Diagnostic> {
        self.open.get(usize::try_from(id.checked_sub(FIRST)?).ok()?)
    }

    fn told(&self, id: u32, at: &str, loaded: &Loaded, path: &str) -> Option<Diagnostic> {
        let cause = self.cause(id)?;
        // A parameter that was read and not given is told as such.
        if cause.message.starts_with("cannot reference optional field") {
            return Some(cause.clone());
        }
        let name = &loaded.definition.name;
        let mut problem = Diagnostic::error(
            "render/incomplete-patch",
            format!("trait \"{name}\" leaves {at} open, and nothing else gives it a value: {}", cause.message),
        )
        .path(path)
        .help(format!("give the field a value or a default in \"{name}\" ({})", loaded.provenance));
        problem
            .labels
            .extend(cause.labels.iter().map(|l: &Label| Label { text: "left open here".to_owned(), ..l.clone() }));
        Some(problem)
    }
}

/// Takes the stand-ins out, with the place of each.
fn take_open(data: &mut Data, path: &mut String, found: &mut Vec<(u32, String)>) {
    let mark = path.len();
    match &mut data.value {
        DataValue::Struct(fields) => {
            let open: Vec<SmolStr> = fields.iter().filter(|(_, v)| is_open(v)).map(|(name, _)| name.clone()).collect();
            for (name, value) in fields.iter_mut() {
                let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'));
                // Writing to a string cannot fail.
                let _ = match (plain, mark) {
                    (false, _) => write!(path, "[{name:?}]"),
                    (true, 0) => write!(path, "{name}"),
                    (true, _) => write!(path, ".{name}"),
                };
                note(value, path, found);
                path.truncate(mark);
            }
            fields.retain(|name, _| !open.contains(name));
        }
        DataValue::List(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                let _ = write!(path, "[{i}]");
                note(item, path, found);
                path.truncate(mark);
            }
            items.retain(|item| !is_open(item));
        }
        _ => {}
    }
}

fn note(data: &mut Data, path: &mut String, found: &mut Vec<(u32, String)>) {
    match data.value {
        DataValue::Unknown(id) if id >= FIRST => found.push((id, path.clone())),
        _ => take_open(data, path, found),
    }
}

//! Schemas in other languages: they become CUE files of the instance.

use super::inputs::{Input, Schema};
use super::{Document, Loaded, Problems, read_file};
use crate::jsonschema::{self, Language, Layout};
use crate::{World, data::Data};
use cue_syntax::{Diagnostic, Source};

/// A schema as CUE.
///
/// # Errors
/// What is wrong with the schema.
pub fn to_cue(schema: Schema, data: &Data, layout: Layout) -> Result<String, Problems> {
    let language = match schema {
        Schema::Json => Language::JsonSchema,
        Schema::OpenApi => Language::OpenApi,
    };
    jsonschema::to_cue(data, language, layout)
}

pub(super) fn join(world: &dyn World, input: &Input, loaded: &mut [Loaded], problems: &mut Problems) {
    let Some(schema) = input.schema else { return };
    let mut documents = match read_file(world, input) {
        Ok(documents) => documents,
        Err(found) => return problems.extend(found),
    };
    let Some(data) = documents.pop().filter(|_| documents.is_empty()) else {
        problems.push(Diagnostic::error("cue/load", format!("{} is no single schema", input.name)));
        return;
    };
    let text = match to_cue(schema, &data, Layout::Plain) {
        Ok(text) => text,
        Err(found) => return problems.extend(found),
    };
    for l in loaded {
        let source = Source::new(format!("{} (as CUE)", input.name), text.clone());
        problems.extend(l.instance.add(source).err().unwrap_or_default());
        l.schemas.push((schema, Document::new(&input.name, data.clone())));
    }
}

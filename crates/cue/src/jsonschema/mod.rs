//! JSON Schema to CUE: a schema as data becomes a CUE file with the same meaning.
//!
//! Drafts 4 to 2020-12 are read. Each keyword narrows the kinds that are possible or adds a constraint to one kind; from
//! both comes one expression ([`state`]). Definitions become definitions (`#name`), other schemas that something refers to
//! become members of `_#defs`, by their JSON pointers. Keywords that CUE cannot say, and patterns that are no regular
//! expressions of RE2, are left out, as the reference does.
//!
//! *Absent:* files and addresses. A reference to another document becomes an import; whoever loads the file finds it.

mod arrays;
mod combine;
mod decoder;
mod definitions;
mod expr;
mod generate;
mod keywords;
mod kinds;
mod layout;
mod meta;
mod objects;
mod openapi;
mod places;
mod state;
mod values;
mod version;

pub use generate::generate;

#[cfg(test)]
mod tests;

use crate::data::Data;
use cue_syntax::ast::Decl;
use cue_syntax::{Diagnostic, print_file};

/// How the text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As it was read: what `import` writes.
    Plain,
    /// As `def` shows it: conjuncts merged, ranges of integers named, patterns first.
    Merged,
}

/// Which language a schema is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// One schema.
    JsonSchema,
    /// The schemas of `components.schemas`, each a definition.
    OpenApi,
}

/// A schema as CUE text.
///
/// # Errors
/// Schemas that nothing can satisfy, references that lead nowhere, keywords with values of a wrong kind.
pub fn to_cue(schema: &Data, language: Language, layout: Layout) -> Result<String, Vec<Diagnostic>> {
    let file = match language {
        Language::JsonSchema => decoder::decode(schema)?,
        Language::OpenApi => openapi::decode(schema)?,
    };
    let mut decls = file.decls();
    if layout == Layout::Merged {
        layout::merge(&mut decls);
    }
    let imports = expr::imports(&file.imports, &decls);
    let leads = decls.len() > 1 && matches!(decls.first(), Some(Decl::Embedding(_)));
    let mut out = String::new();
    for line in &file.doc {
        out.push_str("//");
        out.push_str(&line.text);
        out.push('\n');
    }
    if layout == Layout::Plain && !file.doc.is_empty() {
        out.push('\n');
    }
    // As the reference has it: an expression before definitions is set off from what might stand above it.
    if leads && layout == Layout::Merged && out.is_empty() && imports.is_empty() {
        out.push('\n');
    }
    let text = print_file(&expr::file(&imports, decls));
    out.push_str(&apart(text.trim_start_matches('\n')));
    Ok(out)
}

/// With an empty line before each comment that follows a field. No literal of a schema has several lines.
fn apart(text: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with("//");
    let mut out = String::with_capacity(text.len());
    let mut previous = "";
    for line in text.lines() {
        let is_first = previous.is_empty() || previous.ends_with(['{', '(', '[']);
        if is_comment(line) && !is_comment(previous) && !is_first {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        previous = line;
    }
    out
}

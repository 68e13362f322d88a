//! Evaluated values as CUE text: what `cue eval` and `cue export --out cue` print.
//!
//! A value becomes a syntax tree ([`file`], [`expression`]) and the tree is printed by the formatter of `cue-syntax`. What
//! cannot be evaluated yet is printed as it was written.

mod constraint;
mod hoist;
pub(crate) mod literal;
mod tree;

pub use hoist::recursive_text;

use crate::program::Value;
use cue_syntax::ast;

/// What is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Definitions (`#D`).
    pub definitions: bool,
    /// Hidden fields (`_h`).
    pub hidden: bool,
    /// Optional fields (`a?:`).
    pub optional: bool,
    /// Attributes of fields.
    pub attributes: bool,
    /// Comments above fields.
    pub docs: bool,
    /// Disjunctions with their marks instead of their defaults, types of further list elements, `...` and patterns.
    pub schema: bool,
}

impl Options {
    /// What `cue eval` shows without flags.
    pub const EVAL: Options =
        Options { definitions: true, hidden: false, optional: false, attributes: false, docs: false, schema: false };
    /// What `cue export --out cue` shows.
    pub const EXPORT: Options = Options { definitions: false, docs: true, ..Options::EVAL };
}

/// How lines are indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indent {
    /// As files are.
    Tabs,
    /// Four spaces a level, as `cue eval` prints.
    Spaces,
}

/// A value as a file: the fields of a struct, or one expression; with the imports that it needs.
pub fn file(value: Value<'_>, options: &Options) -> ast::File {
    tree::Tree::new(options).file(value)
}

/// A value as an expression; the packages that it names are not imported.
pub fn expression(value: Value<'_>, options: &Options) -> ast::Expr {
    tree::Tree::new(options).value(value, false)
}

/// A value as the text of a file, with a newline at the end.
pub fn text(value: Value<'_>, options: &Options, indent: Indent) -> String {
    let printed = cue_syntax::print_file(&file(value, options));
    // An expression that stands alone is set off from what might stand above it.
    let printed = printed.trim_start_matches('\n');
    let mut out = if indent == Indent::Tabs { printed.to_owned() } else { spaced(printed) };
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Data as the text of a file: what `import` writes. A struct gives its fields, all else one expression.
pub fn data_text(data: &crate::data::Data, package: Option<&str>) -> String {
    let decls = match literal::data(data, false) {
        ast::Expr::Struct(s) => s.decls,
        e => vec![ast::Decl::Embedding(e)],
    };
    data_file(decls, Vec::new(), package)
}

/// Declarations as the text of a file.
fn data_file(decls: Vec<ast::Decl>, imports: Vec<ast::Import>, package: Option<&str>) -> String {
    let file = ast::File {
        source: cue_syntax::SourceId(u32::MAX),
        attributes: Vec::new(),
        package: package.map(literal::ident),
        imports,
        decls,
        comments: Vec::new(),
    };
    let printed = cue_syntax::print_file(&file);
    let mut out = printed.trim_start_matches('\n').to_owned();
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// With four spaces for each tab that a line begins with.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches('\t');
        out.extend(std::iter::repeat_n("    ", line.len() - rest.len()));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests;

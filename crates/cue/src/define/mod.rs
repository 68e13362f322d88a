//! A package as one file that says the same: what `cue def` prints.
//!
//! The files are joined ([`join`]), imported packages of the module put in where that is asked for ([`inline`]), fields that
//! are declared several times become one ([`merge`]). Nothing is evaluated but operators between literals. Comments above
//! fields stay, others do not.

mod inline;
mod join;
mod merge;
mod names;

use crate::Instance;
use cue_syntax::ast::File;
use join::Taken;

/// What is done beside joining.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Packages that the loader found (those of the module) become lets, as far as they are used.
    pub inline_imports: bool,
}

/// [`file`] as text, with the comments above the package clause of the first file.
pub fn text(instance: &Instance, options: Options) -> String {
    let head = instance.files.first().and_then(|first| {
        let package = first.package.as_ref()?.span;
        let before = instance.sources.get(package.source)?.text.get(..package.start as usize)?;
        let before = before.trim_end().strip_suffix("package")?;
        let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with("//");
        before.lines().all(is_comment).then(|| before.trim_start().to_owned())
    });
    let printed = cue_syntax::print_file(&file(instance, options));
    head.unwrap_or_default() + printed.trim_start_matches('\n')
}

/// The files of an instance as one; they are expected to compile.
pub fn file(instance: &Instance, options: Options) -> File {
    let mut taken = Taken::default();
    taken.add(&instance.files);
    let mut file = join::joined(instance.files.clone(), &mut taken);
    if options.inline_imports {
        inline::inline(&mut file, &instance.imports, &mut taken);
    }
    let mut declared = rustc_hash::FxHashSet::default();
    names::every(&mut file.decls, &mut |name, is_reference| {
        if !is_reference {
            declared.insert(name.name.clone());
        }
    });
    file.decls = merge::Merge::new(declared).decls(std::mem::take(&mut file.decls));
    file
}

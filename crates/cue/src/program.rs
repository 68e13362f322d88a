//! The handles behind [`crate::api`]: a compiled program, an evaluation, a value.

use crate::World;
use crate::api::{
    Compiled, DataOptions, ErrorClass, FieldOptions, FieldView, Inputs, Instance, Kinds, Limits, Selector, View,
};
use crate::data::{Data, Labels};
use cue_syntax::{Diagnostic, Span, ast};
use smol_str::SmolStr;
use std::sync::Arc;

/// A compiled package with everything it imports. Immutable, cheap to clone, `Send + Sync`; cache it by content.
#[derive(Debug, Clone)]
pub struct Program {
    inner: Arc<()>,
}

/// Compiles a package and what it imports.
///
/// # Errors
/// Unresolved names, unused imports and lets, bad literals: all that were found, in order of position.
pub fn compile(_world: &dyn World, _instance: Instance) -> Compiled {
    Ok(Program { inner: Arc::new(()) })
}

impl Program {
    /// Evaluates the program with inputs. Deterministic; one evaluation runs on one thread, several run side by side.
    pub fn evaluate(&self, _inputs: Inputs, _limits: &Limits) -> Evaluation {
        Evaluation { program: self.clone() }
    }
}

/// One evaluation and everything it made.
#[derive(Debug)]
pub struct Evaluation {
    program: Program,
}

impl Evaluation {
    /// The value of the package.
    pub fn root(&self) -> Value<'_> {
        Value { evaluation: self }
    }

    /// The value at a path; [`Value::exists`] is false when there is none.
    pub fn lookup(&self, _path: &[Selector]) -> Value<'_> {
        self.root()
    }

    /// An expression in the scope of the package (`-e`, `valueFrom`, `if`), with the imports of its first file; names of
    /// builtin packages that no file imports are known too.
    pub fn expression(&self, _expression: &ast::Expr) -> Value<'_> {
        self.root()
    }

    /// All errors of the package that are not merely incomplete; empty when `cue eval` would succeed.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }
}

/// A value in an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Value<'e> {
    evaluation: &'e Evaluation,
}

impl<'e> Value<'e> {
    /// The value at a path below; [`Value::exists`] is false when there is none.
    #[must_use]
    pub fn lookup(&self, _path: &[Selector]) -> Value<'e> {
        *self
    }

    /// Whether there is a value here: a regular field, definition or hidden field (also when it is an error), not an
    /// optional one.
    pub fn exists(&self) -> bool {
        false
    }

    /// The kinds that the value can still have.
    pub fn kind(&self) -> Kinds {
        Kinds(0)
    }

    /// Whether it is a concrete scalar, a struct or a list at this level, defaults taken.
    pub fn is_concrete(&self) -> bool {
        false
    }

    /// The id of a result that is not known yet.
    pub fn unknown(&self) -> Option<u32> {
        None
    }

    /// Some part of this struct waits for an unknown result (a guard, a source of `for`), so fields may come later.
    pub fn is_open_pending(&self) -> bool {
        false
    }

    /// Why it cannot be used, at this level or (for permanent errors) below.
    pub fn error(&self) -> Option<(ErrorClass, Vec<Diagnostic>)> {
        None
    }

    /// The default of a disjunction, else itself.
    #[must_use]
    pub fn default(&self) -> Value<'e> {
        *self
    }

    /// As data.
    ///
    /// # Errors
    /// What [`DataOptions::completeness`] does not allow: all of it, each with its path.
    pub fn data(&self, _options: &DataOptions) -> Result<Data, Vec<Diagnostic>> {
        Err(Vec::new())
    }

    /// What is incomplete in it and below, each with its path; what `data` in partial mode leaves out.
    pub fn incomplete(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The permanent errors in it and below; what `cue eval` fails with.
    pub fn errors(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The fields of a struct in output order; empty for anything else.
    pub fn fields(&self, _options: &FieldOptions) -> Vec<FieldView<'e>> {
        Vec::new()
    }

    /// The elements of a list; empty for anything else.
    pub fn items(&self) -> Vec<Value<'e>> {
        Vec::new()
    }

    /// Comments of the declarations of this field, without `//`, in source order: `+patchKey=name`, `+usage=…`.
    pub fn docs(&self) -> Vec<SmolStr> {
        Vec::new()
    }

    /// Attributes of the declarations of this field as (name, body).
    pub fn attributes(&self) -> Vec<(SmolStr, SmolStr)> {
        Vec::new()
    }

    /// Where the field was first declared.
    pub fn span(&self) -> Option<Span> {
        None
    }

    /// Its path: `a.b[0]."x-y"`.
    pub fn path(&self) -> String {
        String::new()
    }

    /// Label bits (secret) of this value; of a struct, those of what it is made of are in its fields.
    pub fn labels(&self) -> Labels {
        Labels::NONE
    }

    /// As a schema.
    pub fn view(&self) -> View<'e> {
        View::Constraint(Vec::new())
    }

    /// The evaluation that it belongs to.
    pub fn evaluation(&self) -> &'e Evaluation {
        self.evaluation
    }
}

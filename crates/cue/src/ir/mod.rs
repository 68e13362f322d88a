//! What the compiler makes of syntax: flat tables of expressions, struct literals, lists and comprehensions, with every
//! name resolved to "how many scopes up, which label".
//!
//! A scope exists at run time for each struct literal (and file), each `for` clause, each pattern or dynamic field whose
//! label is bound to a name, and each value alias. Everything else (`let`, imports) is resolved without one.

mod arena;
mod reach;
mod sym;

pub(crate) use arena::Arena;
pub(crate) use reach::{NOTHING, Reach, nearest};
pub(crate) use sym::{Sym, SymKind, Symbols};

use crate::number::Number;
use cue_syntax::Span;
use cue_syntax::ast::{BinaryOp, UnaryOp};
use smol_str::SmolStr;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// A table addressed by ids; ids are only ever made by the table that they index. A frozen table can be layered: clones
/// share what was there and add their own on top.
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    base: Arc<Vec<T>>,
    items: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { base: Arc::new(Vec::new()), items: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(crate) fn push(&mut self, item: T) -> u32 {
        self.items.push(item);
        (self.len() - 1) as u32
    }
    pub(crate) fn len(&self) -> usize {
        self.base.len() + self.items.len()
    }
    /// How many are not those of the program.
    pub(crate) fn own(&self) -> usize {
        self.items.len()
    }
    /// Sets an item that is not the program's.
    fn set(&mut self, index: u32, item: T) {
        let own = (index as usize).checked_sub(self.base.len());
        if let Some(place) = own.and_then(|i| self.items.get_mut(i)) {
            *place = item;
        }
    }
    fn freeze(&mut self) {
        if self.base.is_empty() {
            self.base = Arc::new(std::mem::take(&mut self.items));
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "an id is an index that this table gave out; tables only grow")]
impl<T> Index<u32> for Table<T> {
    type Output = T;
    fn index(&self, index: u32) -> &T {
        let index = index as usize;
        if index < self.base.len() { &self.base[index] } else { &self.items[index - self.base.len()] }
    }
}

#[expect(clippy::indexing_slicing, reason = "only what is not frozen yet is ever changed")]
impl<T> IndexMut<u32> for Table<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        let base = self.base.len();
        &mut self.items[index as usize - base]
    }
}

/// An expression of [`Ir::exprs`].
pub(crate) type ExprId = u32;

/// Kinds as bits; the order is that of CUE's own messages.
pub(crate) mod kind {
    pub(crate) const BOTTOM: u16 = 0;
    pub(crate) const NULL: u16 = 1;
    pub(crate) const BOOL: u16 = 2;
    pub(crate) const INT: u16 = 4;
    pub(crate) const FLOAT: u16 = 8;
    pub(crate) const STRING: u16 = 16;
    pub(crate) const BYTES: u16 = 32;
    pub(crate) const FUNC: u16 = 64;
    pub(crate) const LIST: u16 = 128;
    pub(crate) const STRUCT: u16 = 256;
    pub(crate) const NUMBER: u16 = INT | FLOAT;
    pub(crate) const SCALAR: u16 = NULL | BOOL | NUMBER | STRING | BYTES;
    pub(crate) const TOP: u16 = SCALAR | FUNC | LIST | STRUCT;

    /// `int`, `number`, `(string|bytes)`
    pub(crate) fn text(kinds: u16) -> String {
        if kinds == BOTTOM {
            return "_|_".into();
        }
        if kinds & TOP == TOP || kinds & !FUNC == TOP & !FUNC {
            return "_".into();
        }
        let mut names = Vec::new();
        let mut rest = kinds;
        if rest & NUMBER == NUMBER {
            rest &= !NUMBER;
            names.push("number");
        }
        for (bit, name) in [
            (NULL, "null"),
            (BOOL, "bool"),
            (INT, "int"),
            (FLOAT, "float"),
            (STRING, "string"),
            (BYTES, "bytes"),
            (FUNC, "func"),
            (LIST, "list"),
            (STRUCT, "struct"),
        ] {
            if rest & bit != 0 {
                names.push(name);
            }
        }
        if names.len() == 1 { names.concat() } else { format!("({})", names.join("|")) }
    }
}

/// How a field is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ArcKind {
    /// `a:`
    Member,
    /// `a!:`
    Required,
    /// `a?:`
    Optional,
}

/// What the evaluator itself implements, by the name that programs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Native {
    Len,
    Close,
    And,
    Or,
    Div,
    Mod,
    Quo,
    Rem,
    Error,
    MatchN,
    MatchIf,
    CloseAll,
    Reclose,
}

/// A function that can be called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    /// Predeclared.
    Native(Native),
    /// Of a builtin package.
    Package(&'static crate::builtin::Builtin),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Function::Native(a), Function::Native(b)) => a == b,
            (Function::Package(a), Function::Package(b)) => a.package == b.package && a.name == b.name,
            _ => false,
        }
    }
}

/// A piece of an interpolation.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(SmolStr),
    Bytes(Arc<[u8]>),
    Expr(ExprId),
}

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    Num(Number),
    Str(SmolStr),
    Bytes(Arc<[u8]>),
    Top,
    /// `__no_sharing`: top, and the node is not shared.
    NoShare,
    /// `_|_`
    Bottom,
    /// A basic type.
    Kind(u16),
    /// `<5`, `=~"x"`
    Bound(UnaryOp, ExprId),
    /// `+x`, `-x`, `!x`
    Unary(UnaryOp, ExprId),
    /// All but `&` and `|`.
    Binary(BinaryOp, ExprId, ExprId),
    /// `&&` and `||` under `@experiment(shortcircuit)`: the right operand only where the left one does not decide.
    Short(BinaryOp, ExprId, ExprId),
    /// `a & b & …`
    And(Box<[ExprId]>),
    /// `a | *b | …`
    Disjunction(Arc<[(ExprId, bool)]>),
    Interpolation(Box<[Part]>, bool),
    /// A field of the struct that scope `up` was instantiated in.
    Field {
        up: u16,
        label: Sym,
    },
    /// The struct of a scope itself: value aliases, `self`.
    ScopeValue {
        up: u16,
    },
    /// The label bound by a pattern or a dynamic field.
    ScopeLabel {
        up: u16,
    },
    /// The key (0) or value (1) of a `for` clause.
    Variable {
        up: u16,
        index: u8,
    },
    /// A value that the evaluation has already, whatever the scope: the second of a pair in its variables.
    Given(u32),
    /// An expression evaluated in the scope `up`, once per scope.
    Let {
        up: u16,
        value: ExprId,
    },
    /// A dynamic field of scope `up` by its label expression: `X=(e): v`.
    DynamicField {
        up: u16,
        label: ExprId,
    },
    /// The value of a package.
    Package(u32),
    Function(Function),
    Select(ExprId, Sym),
    Index(ExprId, ExprId),
    Slice(ExprId, Option<ExprId>, Option<ExprId>),
    Call(ExprId, Box<[ExprId]>),
    Struct(u32),
    List(u32),
    /// `X=e`: e in a scope of its own, whose struct is the node that e is a conjunct of.
    Alias(ExprId),
    /// `e...`
    Open(ExprId),
    /// `e?` in `try`
    Try(ExprId),
    /// A result that is not known yet.
    Unknown(u32),
    /// Data with label bits; the inner expression is a leaf.
    Tainted(ExprId, u8),
}

/// Comments, attributes and place of a field declaration.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldMeta {
    pub(crate) label: Option<Span>,
    /// What few fields have.
    more: Option<Box<MoreMeta>>,
}

#[derive(Debug, Clone, Default)]
struct MoreMeta {
    doc: Vec<SmolStr>,
    attributes: Vec<(SmolStr, SmolStr)>,
    /// Set for injected data: the user's own path.
    origin: Option<Arc<crate::data::Origin>>,
}

impl FieldMeta {
    /// Of a field of the sources.
    pub(crate) fn written(label: Span, doc: Vec<SmolStr>, attributes: Vec<(SmolStr, SmolStr)>) -> FieldMeta {
        let bare = doc.is_empty() && attributes.is_empty();
        let more = (!bare).then(|| Box::new(MoreMeta { doc, attributes, origin: None }));
        FieldMeta { label: Some(label), more }
    }

    /// Of injected data.
    pub(crate) fn given(origin: Arc<crate::data::Origin>) -> FieldMeta {
        let doc = origin.doc.clone();
        FieldMeta { label: None, more: Some(Box::new(MoreMeta { doc, attributes: Vec::new(), origin: Some(origin) })) }
    }

    pub(crate) fn doc(&self) -> &[SmolStr] {
        self.more.as_ref().map_or(&[], |m| &m.doc)
    }

    pub(crate) fn attributes(&self) -> &[(SmolStr, SmolStr)] {
        self.more.as_ref().map_or(&[], |m| &m.attributes)
    }

    pub(crate) fn origin(&self) -> Option<&Arc<crate::data::Origin>> {
        self.more.as_ref().and_then(|m| m.origin.as_ref())
    }
}

/// A declaration of a struct literal. Lets are resolved away.
#[derive(Debug, Clone)]
pub(crate) enum Decl {
    Field {
        label: Sym,
        arc: ArcKind,
        value: ExprId,
        meta: u32,
    },
    Dynamic {
        label: ExprId,
        arc: ArcKind,
        value: ExprId,
        meta: u32,
        binds: bool,
    },
    Pattern {
        pattern: ExprId,
        value: ExprId,
        binds: bool,
    },
    Embedding(ExprId),
    Comprehension(u32),
    /// `...`
    Ellipsis,
}

/// An optional field of a struct literal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OptionalField {
    pub(crate) label: Sym,
    /// Its index among the declarations.
    pub(crate) decl: u32,
    /// How many declarations of other fields are before it.
    pub(crate) before: u32,
}

/// A struct literal.
#[derive(Debug, Clone, Default)]
pub(crate) struct StructLit {
    pub(crate) decls: Box<[Decl]>,
    /// The optional fields among the declarations, by label; nothing where they are all to be made at once.
    pub(crate) optional: Box<[OptionalField]>,
    /// An optional field is declared otherwise, too.
    pub(crate) repeats: bool,
    /// A field is declared more than once.
    pub(crate) again: bool,
    /// A label is computed.
    pub(crate) dynamic: bool,
    /// There is an embedding or comprehension, so the literal may not be a struct at all.
    pub(crate) embeds: bool,
    /// A regular or required field is declared, or nothing is embedded: it is a struct whatever else happens.
    pub(crate) is_struct: bool,
    pub(crate) open: bool,
    /// Labels that it can give to the struct that it is embedded in; `None` when they cannot be known beforehand.
    pub(crate) labels: Option<Box<[Sym]>>,
    /// The top level of a file.
    pub(crate) file: bool,
    /// What it embeds stays as closed as it is, unless it is written `x...` (experiment `explicitopen`).
    pub(crate) keeps_closed: bool,
}

/// An element of a list literal.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    Value(ExprId),
    Comprehension(u32),
}

/// A list literal.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListLit {
    pub(crate) elements: Box<[Element]>,
    /// `Some(None)` is `...`, `Some(Some(t))` is `...t`.
    pub(crate) rest: Option<Option<ExprId>>,
}

/// A clause of a comprehension.
#[derive(Debug, Clone)]
pub(crate) enum Clause {
    /// Opens a scope with the variables.
    For {
        source: ExprId,
    },
    If(ExprId),
    /// Evaluated when its name is used; kept for its errors only.
    Let,
    /// `try`: the body's references may be missing. With a binding it opens a scope.
    Try(Option<ExprId>),
}

/// A comprehension.
#[derive(Debug, Clone)]
pub(crate) struct Comprehension {
    pub(crate) clauses: Box<[Clause]>,
    /// A struct literal.
    pub(crate) body: ExprId,
    pub(crate) fallback: Option<ExprId>,
    /// See [`StructLit::labels`].
    pub(crate) labels: Option<Box<[Sym]>>,
}

/// A package.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    /// One struct literal a file.
    pub(crate) files: Vec<ExprId>,
    /// Index of the package in the numbering of hidden names.
    pub(crate) hidden: u32,
}

/// No declaration.
pub(crate) const NO_META: u32 = u32::MAX;

/// The tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ir {
    pub(crate) symbols: Symbols,
    pub(crate) exprs: Table<Expr>,
    pub(crate) spans: Table<Span>,
    pub(crate) structs: Table<StructLit>,
    pub(crate) lists: Table<ListLit>,
    pub(crate) comprehensions: Table<Comprehension>,
    pub(crate) metas: Table<FieldMeta>,
    /// By expression the declaration that it is the value of; [`NO_META`] for most.
    declared: Table<u32>,
    pub(crate) packages: Table<Package>,
}

impl Ir {
    pub(crate) fn add(&mut self, expr: Expr, span: Span) -> ExprId {
        self.spans.push(span);
        self.declared.push(NO_META);
        self.exprs.push(expr)
    }

    /// Takes down that an expression is the value of a declaration.
    pub(crate) fn declare(&mut self, value: ExprId, meta: u32) {
        self.declared.set(value, meta);
    }

    /// The declaration that an expression is the value of.
    pub(crate) fn declaration(&self, value: ExprId) -> Option<u32> {
        Some(self.declared[value]).filter(|m| *m != NO_META)
    }

    /// From here on clones share what is there.
    pub(crate) fn freeze(&mut self) {
        self.symbols.freeze();
        self.exprs.freeze();
        self.spans.freeze();
        self.structs.freeze();
        self.lists.freeze();
        self.comprehensions.freeze();
        self.metas.freeze();
        self.declared.freeze();
        self.packages.freeze();
    }
}

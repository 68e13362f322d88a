//! The syntax tree, in CUE's own vocabulary (spec.md; the names are those of the CUE grammar).
//!
//! Every node has its span. Nothing is resolved here: an identifier is its text. String literals are decoded (escapes,
//! multiline indent), number literals keep their source text.

pub use crate::rare::Rare;
use crate::span::{SourceId, Span};
use smol_str::SmolStr;

/// One source file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Where it came from.
    pub source: SourceId,
    /// `@if(…)`, `@ignore()`, `@experiment(…)`, `@extern(…)` before the package clause.
    pub attributes: Vec<Attribute>,
    /// The package clause.
    pub package: Option<Ident>,
    /// All import specs, grouped or not, in order.
    pub imports: Vec<Import>,
    /// The declarations.
    pub decls: Vec<Decl>,
    /// All comments of the file in order of position; those directly above a field are also in [`Field::doc`].
    pub comments: Vec<Comment>,
}

/// A line comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// From `//` to the end of the line.
    pub span: Span,
    /// The text after `//`, as written.
    pub text: SmolStr,
}

/// `import name "path:qualifier"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The local name, when given.
    pub name: Option<Ident>,
    /// The decoded path, a `:name` qualifier still in it.
    pub path: SmolStr,
    /// The whole spec.
    pub span: Span,
    /// Comments directly above.
    pub doc: Vec<Comment>,
}

/// A name with its place. `_`, `#D`, `_h`, `_#D`, `$x` and keywords used as names are names too.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    /// As written.
    pub name: SmolStr,
    /// Where.
    pub span: Span,
}

/// `@name(body)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name without `@`.
    pub name: SmolStr,
    /// What stands between the parentheses, as written.
    pub body: SmolStr,
    /// The whole attribute.
    pub span: Span,
}

/// An element of a struct literal or of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Decl {
    /// `label: value`.
    Field(Field),
    /// An expression that stands alone.
    Embedding(Expr),
    /// `let x = e`.
    Let(LetClause),
    /// `...` or `...T`.
    Ellipsis(Ellipsis),
    /// `for`/`if`/`let`/`try` clauses with a struct body.
    Comprehension(Comprehension),
    /// An attribute of the struct itself.
    Attribute(Attribute),
}

/// `...` or `...T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ellipsis {
    /// The type after the dots.
    pub value: Option<Box<Expr>>,
    /// The whole.
    pub span: Span,
}

/// `[alias=]label[~alias][?|!]: value @attr…`.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `X=` before the label (for `[X=pattern]` see [`Label::Pattern`]).
    pub alias: Option<Box<Ident>>,
    /// The label.
    pub label: Label,
    /// `~X` or `~(K,V)` after the label (experiment `aliasv2`).
    pub postfix_alias: Option<Box<PostfixAlias>>,
    /// `?`, `!` or nothing.
    pub constraint: Constraint,
    /// The value. In the chained form `a: b: 1` it is a struct literal with `braces: false`.
    pub value: Expr,
    /// Attributes behind the value.
    pub attributes: Rare<Attribute>,
    /// Comments directly above, without a blank line between.
    pub doc: Rare<Comment>,
    /// The whole field.
    pub span: Span,
}

/// `~X` or `~(K,V)`.
#[derive(Debug, Clone, PartialEq)]
pub struct PostfixAlias {
    /// The name for the label, in the form with two names.
    pub key: Option<Ident>,
    /// The name for the field.
    pub value: Ident,
}

/// Whether a field must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// `a:`
    Regular,
    /// `a?:`
    Optional,
    /// `a!:`
    Required,
}

/// What stands before the colon.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// An identifier, `#D`, `_h`, a keyword.
    Ident(Ident),
    /// A string literal without interpolation; it binds no name.
    String(StringLit),
    /// A string literal with interpolation.
    Interpolation(Interpolation),
    /// `(expr)`.
    Dynamic(Box<Expr>, Span),
    /// `[pattern]` or `[X=pattern]`.
    Pattern {
        /// The alias of the label.
        alias: Option<Ident>,
        /// The pattern.
        value: Box<Expr>,
        /// With the brackets.
        span: Span,
    },
}

impl Label {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Label::Ident(x) => x.span,
            Label::String(x) => x.span,
            Label::Interpolation(x) => x.span,
            Label::Dynamic(_, span) | Label::Pattern { span, .. } => *span,
        }
    }
}

/// `let x = e`, as a declaration or a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct LetClause {
    /// The name.
    pub name: Ident,
    /// The value.
    pub value: Box<Expr>,
    /// The whole.
    pub span: Span,
    /// Comments directly above.
    pub doc: Vec<Comment>,
}

/// `clause… { body } [else|otherwise { … }]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprehension {
    /// At least one; the first is `for`, `if` or `try`.
    pub clauses: Vec<Clause>,
    /// The body.
    pub body: StructLit,
    /// `else`, `otherwise` or `fallback`.
    pub fallback: Option<(Ident, StructLit)>,
    /// The whole.
    pub span: Span,
    /// Comments directly above.
    pub doc: Vec<Comment>,
}

/// One clause of a comprehension.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// `for k, v in e` or `for v in e`.
    For {
        /// The key.
        key: Option<Ident>,
        /// The value.
        value: Ident,
        /// What is walked.
        source: Box<Expr>,
        /// The clause.
        span: Span,
    },
    /// `if e`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The clause.
        span: Span,
    },
    /// `let x = e`.
    Let(LetClause),
    /// `try` alone or `try x = e`.
    Try {
        /// The name and value of the second form.
        binding: Option<(Ident, Box<Expr>)>,
        /// The clause.
        span: Span,
    },
}

/// `{ … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct StructLit {
    /// The declarations.
    pub decls: Vec<Decl>,
    /// False for the inner structs of `a: b: 1`.
    pub braces: bool,
    /// With the braces.
    pub span: Span,
}

/// `[ … ]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListLit {
    /// The elements; an ellipsis can only be the last.
    pub elements: Vec<Element>,
    /// With the brackets.
    pub span: Span,
}

/// An element of a list literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// A value.
    Value(Expr),
    /// A comprehension; each struct that it yields is an element.
    Comprehension(Box<Comprehension>),
    /// `...` or `...T`.
    Ellipsis(Ellipsis),
}

/// A string or bytes literal without interpolation.
#[derive(Debug, Clone, PartialEq)]
pub struct StringLit {
    /// The decoded content. For bytes literals it may hold any byte.
    pub value: Text,
    /// With quotes and `#` marks.
    pub span: Span,
    /// Written with three quotes.
    pub multiline: bool,
    /// How many `#` stand on each side.
    pub hashes: u8,
}

/// Decoded content.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// Of `"…"`.
    String(SmolStr),
    /// Of `'…'`.
    Bytes(Box<[u8]>),
}

/// A string or bytes literal with interpolation.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpolation {
    /// Literal pieces and expressions in order; the kind (string or bytes) is that of the pieces.
    pub parts: Vec<InterpolationPart>,
    /// Whether the quotes were `'`.
    pub bytes: bool,
    /// Written with three quotes.
    pub multiline: bool,
    /// How many `#` stand on each side.
    pub hashes: u8,
    /// The whole.
    pub span: Span,
}

/// A piece of an interpolation.
#[derive(Debug, Clone, PartialEq)]
pub enum InterpolationPart {
    /// Decoded text.
    Text(Text),
    /// `\( … )`.
    Expr(Expr),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A name; `_` is top.
    Ident(Ident),
    /// `_|_`.
    Bottom(Span),
    /// `null`.
    Null(Span),
    /// `true` or `false`.
    Bool(bool, Span),
    /// A number literal, its text as written (`1_000`, `0x1F`, `1.5Gi`).
    Number(SmolStr, Span),
    /// A string or bytes literal.
    String(StringLit),
    /// With `\( … )`.
    Interpolation(Interpolation),
    /// `{ … }`.
    Struct(StructLit),
    /// `[ … ]`.
    List(ListLit),
    /// `( e )`; kept, because a parenthesised disjunction is not flattened into its parent.
    Paren(Box<Expr>, Span),
    /// `op e`.
    Unary {
        /// The operator; `*` is the default mark.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
        /// The whole.
        span: Span,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// The whole.
        span: Span,
    },
    /// `e.name` or `e."name"`.
    Selector {
        /// What is selected from.
        operand: Box<Expr>,
        /// A [`Label::Ident`] or a [`Label::String`].
        label: Box<Label>,
        /// The whole.
        span: Span,
    },
    /// `e[i]`.
    Index {
        /// What is indexed.
        operand: Box<Expr>,
        /// The index.
        index: Box<Expr>,
        /// The whole.
        span: Span,
    },
    /// `e[lo:hi]`.
    Slice {
        /// What is sliced.
        operand: Box<Expr>,
        /// From.
        low: Option<Box<Expr>>,
        /// To.
        high: Option<Box<Expr>>,
        /// The whole.
        span: Span,
    },
    /// `f(a, b)`.
    Call {
        /// What is called.
        function: Box<Expr>,
        /// The arguments.
        arguments: Vec<Expr>,
        /// The whole.
        span: Span,
    },
    /// `X={…}`: a value alias.
    Alias {
        /// The name.
        name: Ident,
        /// The value.
        value: Box<Expr>,
        /// The whole.
        span: Span,
    },
    /// `e...` (experiment `explicitopen`).
    Open(Box<Expr>, Span),
    /// `e?` inside `try` (experiment `try`).
    Try(Box<Expr>, Span),
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Expr::Ident(x) => x.span,
            Expr::String(x) => x.span,
            Expr::Interpolation(x) => x.span,
            Expr::Struct(x) => x.span,
            Expr::List(x) => x.span,
            Expr::Bottom(s)
            | Expr::Null(s)
            | Expr::Bool(_, s)
            | Expr::Number(_, s)
            | Expr::Paren(_, s)
            | Expr::Open(_, s)
            | Expr::Try(_, s) => *s,
            Expr::Unary { span, .. }
            | Expr::Binary { span, .. }
            | Expr::Selector { span, .. }
            | Expr::Index { span, .. }
            | Expr::Slice { span, .. }
            | Expr::Call { span, .. }
            | Expr::Alias { span, .. } => *span,
        }
    }
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `!`
    Not,
    /// `*`, the default mark: legal only directly under `|`.
    Default,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `!=`
    NotEqual,
    /// `==` (language v0.15)
    Equal,
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `|`
    Or,
    /// `&`
    And,
    /// `||`
    BoolOr,
    /// `&&`
    BoolAnd,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

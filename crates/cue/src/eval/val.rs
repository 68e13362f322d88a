//! Results of expressions.

use super::{Evaluator, NodeId};
use crate::ir::{Function, kind};
use crate::number::{Number, NumberKind};
use cue_syntax::ast::UnaryOp;
use smol_str::SmolStr;
use std::sync::Arc;

/// The result of an expression. Structs, lists, disjunctions and everything that a reference names are nodes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Num(Number),
    Str(SmolStr),
    Bytes(Arc<[u8]>),
    Top,
    Kind(u16),
    Bound(UnaryOp, Arc<Val>),
    /// A boolean builtin that waits for its first argument.
    Validator(Arc<(Function, Vec<Val>)>),
    Function(Function),
    Node(NodeId),
}

impl Val {
    /// The kinds it can have; a node's are not known here.
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Val::Null => kind::NULL,
            Val::Bool(_) => kind::BOOL,
            Val::Num(n) => match n.kind() {
                NumberKind::Int => kind::INT,
                NumberKind::Float => kind::FLOAT,
            },
            Val::Str(_) => kind::STRING,
            Val::Bytes(_) => kind::BYTES,
            Val::Kind(k) => *k,
            Val::Bound(op, limit) => match (op, limit.as_ref()) {
                (UnaryOp::NotEqual, Val::Null) => kind::TOP & !kind::NULL,
                (UnaryOp::Match | UnaryOp::NotMatch, _) => kind::STRING | kind::BYTES,
                (UnaryOp::Equal, Val::Num(_)) => kind::NUMBER,
                (UnaryOp::Equal, Val::Node(_)) => kind::TOP,
                (_, Val::Num(_)) => kind::NUMBER,
                (_, Val::Node(_)) => kind::TOP,
                (_, v) => v.kind(),
            },
            Val::Validator(v) => match &v.0 {
                Function::Package(b) => b.params.first().map_or(kind::TOP, |p| p.kinds.0),
                Function::Native(_) => kind::TOP,
            },
            Val::Function(_) => kind::FUNC,
            Val::Top | Val::Node(_) => kind::TOP,
        }
    }

    /// A concrete scalar.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self, Val::Null | Val::Bool(_) | Val::Num(_) | Val::Str(_) | Val::Bytes(_))
    }
}

impl Evaluator {
    /// A value as it stands in a message.
    pub(crate) fn show(&self, v: &Val) -> String {
        self.show_in(v, 3)
    }

    /// Values can name themselves (`x: matchN(1, [x])`), so there is a depth to it.
    fn show_in(&self, v: &Val, depth: u32) -> String {
        if depth == 0 && !v.is_scalar() {
            return "…".to_owned();
        }
        match v {
            Val::Null => "null".into(),
            Val::Bool(b) => b.to_string(),
            Val::Num(n) => n.to_cue(),
            Val::Str(s) => quoted(s),
            Val::Bytes(b) => format!("'{}'", String::from_utf8_lossy(b)),
            Val::Top => "_".into(),
            Val::Kind(k) => kind::text(*k),
            Val::Bound(op, limit) => format!("{}{}", op_text(*op), self.show_in(limit, depth)),
            Val::Validator(v) => {
                let args: Vec<String> = v.1.iter().map(|a| self.show_in(a, depth - 1)).collect();
                format!("{}({})", function_name(v.0), args.join(", "))
            }
            Val::Function(f) => function_name(*f),
            Val::Node(n) => self.show_node(*n, depth),
        }
    }

    fn show_node(&self, n: NodeId, depth: u32) -> String {
        use super::Base;
        let n = self.follow(n);
        let node = &self.nodes[n];
        let child = |c: NodeId| if depth == 0 { "…".to_owned() } else { self.show_node(c, depth - 1) };
        match &node.base {
            Base::Scalar(v) => self.show_in(v, depth),
            Base::Disjunction(alts) => {
                let parts: Vec<String> = alts.iter().take(8).map(|a| child(a.node)).collect();
                parts.join(" | ")
            }
            Base::List => {
                let parts: Vec<String> = node.arcs.iter().take(4).map(|a| child(*a)).collect();
                format!("[{}{}]", parts.join(","), if node.arcs.len() > 4 { ",…" } else { "" })
            }
            Base::Struct => {
                let parts: Vec<String> = node
                    .arcs
                    .iter()
                    .filter(|a| self.nodes[**a].arc == crate::ir::ArcKind::Member)
                    .take(4)
                    .map(|a| format!("{}:{}", self.ir.symbols.text(self.nodes[*a].label), child(*a)))
                    .collect();
                format!("{{{}{}}}", parts.join(","), if node.arcs.len() > 4 { ",…" } else { "" })
            }
            Base::Bottom => match node.arcs.first() {
                Some(first) => {
                    let is_list = self.nodes[*first].label.as_index().is_some();
                    let parts: Vec<String> = node
                        .arcs
                        .iter()
                        .take(4)
                        .map(|a| match is_list {
                            true => child(*a),
                            false => format!("{}:{}", self.ir.symbols.text(self.nodes[*a].label), child(*a)),
                        })
                        .collect();
                    let more = if node.arcs.len() > 4 { ",…" } else { "" };
                    if is_list {
                        format!("[{}{more}]", parts.join(","))
                    } else {
                        format!("{{{}{more}}}", parts.join(","))
                    }
                }
                None => "_|_".into(),
            },
            Base::Unknown(_) => "(not known yet)".into(),
            Base::Constraint | Base::None => match &node.scratch {
                Some(s) => {
                    let mut parts: Vec<String> = Vec::new();
                    if let Some((v, _)) = &s.scalar {
                        parts.push(self.show_in(v, depth));
                    } else if !s.checks.is_empty() {
                        let implied = s.checks.iter().fold(kind::TOP, |k, (v, _)| k & v.kind());
                        if implied != s.kind {
                            parts.push(kind::text(s.kind));
                        }
                        parts.extend(s.checks.iter().map(|(v, _)| self.show_in(v, depth)));
                    } else {
                        parts.push(kind::text(s.kind));
                    }
                    parts.join(" & ")
                }
                None => "_".into(),
            },
            Base::Forward(_) => "_".into(),
        }
    }
}

pub(crate) fn function_name(f: Function) -> String {
    use crate::ir::Native;
    match f {
        Function::Package(b) => format!("{}.{}", b.package.rsplit('/').next().unwrap_or(b.package), b.name),
        Function::Native(n) => match n {
            Native::Len => "len",
            Native::Close => "close",
            Native::And => "and",
            Native::Or => "or",
            Native::Div => "div",
            Native::Mod => "mod",
            Native::Quo => "quo",
            Native::Rem => "rem",
            Native::Error => "error",
            Native::MatchN => "matchN",
            Native::MatchIf => "matchIf",
            Native::CloseAll => "__closeAll",
            Native::Reclose => "__reclose",
        }
        .into(),
    }
}

pub(crate) fn function_name_of(b: &crate::builtin::Builtin) -> String {
    format!("{}.{}", b.package.rsplit('/').next().unwrap_or(b.package), b.name)
}

pub(crate) fn op_text(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Not => "!",
        UnaryOp::Default => "*",
        UnaryOp::Less => "<",
        UnaryOp::LessEqual => "<=",
        UnaryOp::Greater => ">",
        UnaryOp::GreaterEqual => ">=",
        UnaryOp::NotEqual => "!=",
        UnaryOp::Equal => "==",
        UnaryOp::Match => "=~",
        UnaryOp::NotMatch => "!~",
    }
}

/// A string literal.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

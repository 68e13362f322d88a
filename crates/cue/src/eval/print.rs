//! A concrete value straight to JSON text: without data in between, and without all of the text at once.

use super::{Base, Evaluator, NodeId, Val};
use crate::ir::{ArcKind, SymKind};
use crate::json::{Style, quote, write};
use crate::stack::down;
use std::fmt::Write;

/// How much text is gathered before it is handed on.
const PIECE: usize = 1 << 14;

/// Text on its way out.
struct Out<'s> {
    text: String,
    style: Style,
    sink: &'s mut dyn Write,
}

impl Evaluator {
    /// Whether all of a final value is concrete: then it can be printed as it stands.
    pub(crate) fn is_printable(&self, n: NodeId, depth: u32) -> bool {
        let node = &self.nodes[self.default_of(n)];
        // A value can be there any number of times: making data of it finds that there is no end.
        self.spend(1);
        if depth > self.limits.depth || node.fault.is_some() || self.stopped.is_some() || self.budget_is_spent() {
            return false;
        }
        let below = |a: &NodeId| down(|| self.is_printable(*a, depth + 1));
        match &node.base {
            Base::Scalar(v) => v.is_scalar(),
            Base::List => node.arcs.iter().all(|a| self.nodes[*a].label.as_index().is_none() || below(a)),
            Base::Struct => node.arcs.iter().all(|a| match (self.nodes[*a].label.kind(), self.nodes[*a].arc) {
                (SymKind::String, ArcKind::Member) => below(a),
                (SymKind::String, ArcKind::Required) => false,
                _ => true,
            }),
            _ => false,
        }
    }

    /// Prints a value that [`Evaluator::is_printable`].
    ///
    /// # Errors
    /// The sink's.
    pub(crate) fn print_json(&self, n: NodeId, style: Style, sink: &mut dyn Write) -> std::fmt::Result {
        let mut out = Out { text: String::with_capacity(PIECE + PIECE / 4), style, sink };
        self.print(n, &mut out, 0)?;
        out.sink.write_str(&out.text)
    }

    fn print(&self, n: NodeId, out: &mut Out<'_>, depth: usize) -> std::fmt::Result {
        if out.text.len() >= PIECE {
            out.sink.write_str(&out.text)?;
            out.text.clear();
        }
        let node = &self.nodes[self.default_of(n)];
        let style = out.style;
        let text = &mut out.text;
        match &node.base {
            Base::Scalar(v) => match v {
                Val::Null => text.push_str("null"),
                Val::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
                Val::Num(x) => x.put_json(text),
                Val::Str(s) => quote(text, s),
                Val::Bytes(b) => write::bytes(text, b),
                _ => {}
            },
            Base::List => {
                text.push('[');
                let mut any = false;
                for arc in node.arcs.iter().filter(|a| self.nodes[**a].label.as_index().is_some()) {
                    write::separate(&mut out.text, style, depth + 1, any);
                    any = true;
                    down(|| self.print(*arc, out, depth + 1))?;
                }
                if any {
                    write::separate(&mut out.text, style, depth, false);
                }
                out.text.push(']');
            }
            Base::Struct => {
                text.push('{');
                let mut any = false;
                for arc in &node.arcs {
                    let field = &self.nodes[*arc];
                    if field.label.kind() != SymKind::String || field.arc != ArcKind::Member {
                        continue;
                    }
                    write::separate(&mut out.text, style, depth + 1, any);
                    any = true;
                    quote(&mut out.text, self.ir.symbols.text(field.label));
                    out.text.push_str(style.colon());
                    down(|| self.print(*arc, out, depth + 1))?;
                }
                if any {
                    write::separate(&mut out.text, style, depth, false);
                }
                out.text.push('}');
            }
            _ => {}
        }
        Ok(())
    }
}

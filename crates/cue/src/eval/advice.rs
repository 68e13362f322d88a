//! What may be done about a fault: the name that was meant, the names and values that there are, where a value is expected.

use super::fault::{FaultInfo, REQUIRED};
use super::{Base, Evaluator, FaultId, Mode, NONE, NodeId, Reason, Val, nearest};
use crate::ir::{ArcKind, Sym};
use cue_syntax::Span;
use smol_str::SmolStr;

/// More than this are not listed.
const LISTED: usize = 12;

impl Evaluator {
    pub(super) fn advice(&self, f: FaultId) -> Option<String> {
        let info = &self.faults[f];
        match &info.reason {
            // The parent of the field that may not be there, or the struct that was asked.
            Reason::NotAllowed(sym) if info.node != NONE => self.names_beside(self.nodes[info.node].parent, *sym),
            Reason::Undefined(sym, asked) => self.names_beside(*asked, *sym),
            Reason::Ambiguous(n) => self.marks(*n),
            Reason::EmptyDisjunction => self.none_of(info),
            _ => None,
        }
    }

    /// The name of a struct that was probably meant, or all of them.
    fn names_beside(&self, owner: NodeId, wrong: Sym) -> Option<String> {
        if owner == NONE {
            return None;
        }
        let owner = self.follow(owner);
        let text = |l: Sym| self.ir.symbols.text(l).clone();
        let labels: Vec<Sym> =
            self.labels(owner).into_iter().filter(|l| *l != wrong && l.as_index().is_none()).collect();
        let names: Vec<SmolStr> = labels.iter().map(|l| text(*l)).collect();
        if let Some(near) = nearest(&text(wrong), names.iter().map(SmolStr::as_str)) {
            return Some(format!("did you mean \"{near}\"?"));
        }
        // What else stands beside it may not be allowed either.
        let given = |l: &&Sym| self.arc(owner, **l).is_none_or(|a| self.nodes[a].fault.is_none());
        let names: Vec<SmolStr> = labels.iter().filter(given).map(|l| text(*l)).collect();
        (!names.is_empty() && names.len() <= LISTED).then(|| format!("it has {}", names.join(", ")))
    }

    /// Why none of the alternatives that are left is the one.
    fn marks(&self, n: NodeId) -> Option<String> {
        let Base::Disjunction(alts) = &self.nodes[self.follow(n)].base else { return None };
        let mut marked = alts.iter().filter(|a| a.mode == Mode::Is).map(|a| self.show(&Val::Node(a.node)));
        Some(match (marked.next(), marked.next()) {
            (Some(one), Some(other)) => format!("{one} and {other} are both marked as the default (`*`)"),
            _ => "give a value, or mark one of them as the default with `*`".to_owned(),
        })
    }

    /// The values that there may be, where each alternative is one and what is given is another.
    fn none_of(&self, info: &FaultInfo) -> Option<String> {
        let scalar = |v: &Val| matches!(v, Val::Null | Val::Bool(_) | Val::Num(_) | Val::Str(_) | Val::Bytes(_));
        let pairs: Option<Vec<(&Val, &Val)>> = info
            .related
            .iter()
            .map(|f| match &self.faults[*f].reason {
                Reason::Conflict(a, b) if scalar(a) && scalar(b) => Some((a, b)),
                _ => None,
            })
            .collect();
        let pairs = pairs.filter(|p| p.len() > 1 && p.len() <= LISTED)?;
        let (a, b) = pairs.first()?;
        let given = [*a, *b].into_iter().find(|v| pairs.iter().all(|(a, b)| a == v || b == v))?;
        let others: Vec<&Val> = pairs.iter().map(|(a, b)| if *a == given { *b } else { *a }).collect();
        let near = match given {
            Val::Str(text) => {
                let texts = others.iter().filter_map(|v| if let Val::Str(t) = v { Some(t.as_str()) } else { None });
                nearest(text, texts).map(|near| format!("; did you mean \"{near}\"?"))
            }
            _ => None,
        };
        let shown: Vec<String> = others.iter().map(|v| self.show(v)).collect();
        Some(format!("{} is none of {}{}", self.show(given), shown.join(", "), near.unwrap_or_default()))
    }

    /// Where a value is expected that a declaration elsewhere asks for: the struct that does not give it.
    pub(super) fn wanted_in(&self, info: &FaultInfo) -> Option<Span> {
        let missing = match &info.reason {
            Reason::Static(text) => *text == REQUIRED,
            Reason::NonConcrete(Val::Node(_)) => true,
            _ => false,
        };
        if !missing || info.node == NONE {
            return None;
        }
        let parent = Some(self.nodes[info.node].parent).filter(|p| *p != NONE && self.nodes[*p].parent != NONE)?;
        let declared = self.ir.spans[*info.at.first()?];
        let around = |s: &Span| s.source == declared.source && s.start <= declared.start && declared.end <= s.end;
        // What a flag names is no place where anything could be given.
        let file = |s: &Span| self.unit.sources.get(s.source).is_some_and(|source| !source.name.starts_with("--"));
        let mut given = self.nodes[parent].conjs.iter().map(|c| self.ir.spans[c.expr]);
        given.find(|s| file(s) && !around(s)).filter(|_| self.nodes[parent].arc == ArcKind::Member)
    }
}

//! Which candidates the evaluator finds implied: at every place where one stands, the other conjuncts give the same value.

use super::candidates::Candidate;
use super::canonical_value;
use crate::eval::{NONE, NodeId};
use crate::program::Evaluation;
use cue_syntax::Span;
use rustc_hash::{FxHashMap, FxHashSet};

impl Evaluation {
    /// The candidates that can go, one after the other, by number.
    pub(super) fn implied(&self, candidates: &[Candidate]) -> Vec<usize> {
        let by_place: FxHashMap<(u32, u32, u32), usize> =
            candidates.iter().enumerate().map(|(i, c)| (key(c.value), i)).collect();
        let nodes = self.nodes_with_conjuncts();
        // Where each candidate stands.
        let mut places: Vec<Vec<NodeId>> = vec![Vec::new(); candidates.len()];
        for (node, spans) in &nodes {
            for span in spans {
                if let Some(at) = by_place.get(&key(*span)).and_then(|i| places.get_mut(*i)) {
                    at.push(*node);
                }
            }
        }
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        // What is used at few places goes first, and of those the last; a struct after all that is in it.
        let inner = |i: &usize| candidates.get(*i).is_some_and(|c| c.inner.is_some());
        let uses = |i: &usize| places.get(*i).map_or(0, Vec::len);
        order.sort_by_key(|i| (inner(i), if inner(i) { 0 } else { uses(i) }, std::cmp::Reverse(*i)));
        order.sort_by_key(|i| inner(i));
        let (literals, mut structs): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|i| !inner(i));
        structs.sort_unstable();
        let mut removed: FxHashSet<(u32, u32, u32)> = FxHashSet::default();
        let mut out: Vec<usize> = Vec::new();
        let mut known: FxHashMap<NodeId, String> = FxHashMap::default();
        for i in literals.into_iter().chain(structs) {
            let (Some(candidate), Some(at)) = (candidates.get(i), places.get(i)) else { continue };
            let empty = candidate.inner.as_ref().is_none_or(|inner| inner.iter().all(|x| out.contains(x)));
            if !empty || at.is_empty() {
                continue;
            }
            removed.insert(key(candidate.value));
            let implied = at.iter().all(|node| {
                let Some(rest) = self.without(*node, &removed) else { return false };
                let schema = self.in_definition(*node);
                let whole = known.entry(*node).or_insert_with(|| canonical_value(self.node_value(*node), schema));
                *whole == canonical_value(self.node_value(rest), schema)
            });
            if implied {
                out.push(i);
            } else {
                removed.remove(&key(candidate.value));
            }
        }
        out
    }

    /// A node whose value is that of `node` without the conjuncts at some places; nothing when none is left.
    fn without(&self, node: NodeId, removed: &FxHashSet<(u32, u32, u32)>) -> Option<NodeId> {
        let rest = self.conjuncts_but(node, |span| removed.contains(&key(span)));
        (rest != NONE).then_some(rest)
    }
}

fn key(span: Span) -> (u32, u32, u32) {
    (span.source.0, span.start, span.end)
}

//! What is known of one schema while its keywords are read, and the expression that comes of it.

use super::expr::{braces, call, disallowed, elements, ellipsis, join, more, tag, top};
use super::kinds::{Core, Kinds};
use crate::data::Data;
use crate::export::literal::{NOWHERE, name};
use cue_syntax::ast::{BinaryOp, Decl, Element, Expr};

/// Which fields an object may have beside those that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Openness {
    Open,
    Closed,
    /// A pattern speaks of all others.
    Covered,
}

/// What may follow the elements of a tuple.
#[derive(Debug)]
pub(super) enum Rest {
    Any,
    None,
    Of(Expr),
}

/// Elements with a schema each.
#[derive(Debug)]
pub(super) struct Tuple {
    /// Where it stands among the constraints.
    pub(super) at: usize,
    pub(super) items: Vec<Expr>,
    pub(super) rest: Rest,
}

/// One schema.
#[derive(Debug)]
pub(super) struct State<'d> {
    /// Where it stands.
    pub(super) pointer: String,
    /// The address that references in it are relative to.
    pub(super) base: String,
    /// How deep it stands.
    pub(super) depth: usize,
    /// The kinds that are possible.
    pub(super) allowed: Kinds,
    /// The kinds that the constraints say already.
    pub(super) known: Kinds,
    /// Constraints of all kinds.
    pub(super) all: Vec<Expr>,
    /// Constraints of one kind each, as [`Core::ALL`].
    pub(super) of: [Vec<Expr>; 6],
    /// Fields and patterns, once a keyword of objects was seen.
    pub(super) object: Option<Vec<Decl>>,
    /// Patterns of fields, negated.
    pub(super) patterns: Vec<Expr>,
    pub(super) openness: Openness,
    pub(super) tuple: Option<Tuple>,
    pub(super) contains: (Option<Data>, Option<Data>),
    pub(super) condition: [Option<&'d Data>; 3],
    pub(super) exclusive: (bool, bool),
    pub(super) nullable: bool,
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) deprecated: bool,
    /// Whether more than kinds was said; known at the end.
    pub(super) is_constrained: bool,
}

impl State<'_> {
    pub(super) fn new(pointer: String, base: String, depth: usize, allowed: Kinds) -> Self {
        State {
            pointer,
            base,
            depth,
            allowed,
            known: Kinds::ALL,
            all: Vec::new(),
            of: Default::default(),
            object: None,
            patterns: Vec::new(),
            openness: Openness::Open,
            tuple: None,
            contains: (None, None),
            condition: [None; 3],
            exclusive: (false, false),
            nullable: false,
            id: None,
            title: String::new(),
            description: String::new(),
            deprecated: false,
            is_constrained: false,
        }
    }

    /// Adds a constraint of one kind.
    pub(super) fn add(&mut self, core: Core, e: Expr) {
        if let Some(list) = self.of.get_mut(core as usize) {
            list.push(e);
        }
    }

    /// The fields of the object.
    pub(super) fn fields(&mut self) -> &mut Vec<Decl> {
        self.object.get_or_insert_default()
    }

    /// The text for people.
    pub(super) fn doc(&self) -> String {
        let (title, description) = (self.title.trim(), self.description.trim());
        match (title.is_empty(), description.is_empty()) {
            (false, false) => format!("{title}\n\n{description}"),
            (false, true) => title.to_owned(),
            _ => description.to_owned(),
        }
    }

    /// The expression; afterwards all kinds that are allowed are known.
    pub(super) fn finish(&mut self) -> Expr {
        if self.allowed == Kinds::NONE {
            return disallowed();
        }
        self.finish_lists();
        if let Some(mut fields) = self.object.take() {
            let e = match self.openness {
                Openness::Closed => call(name("close"), vec![braces(fields)]),
                Openness::Covered => braces(fields),
                Openness::Open => {
                    fields.push(ellipsis());
                    braces(fields)
                }
            };
            self.add(Core::Object, e);
        }
        for (list, is_literal) in self.of.iter_mut().zip(Core::ALL.map(|core| {
            move |e: &Expr| match core {
                Core::Array => matches!(e, Expr::List(_)),
                Core::Object => matches!(e, Expr::Struct(_)),
                _ => false,
            }
        })) {
            list.sort_by_key(is_literal);
        }
        self.is_constrained = !self.all.is_empty() || self.of.iter().any(|list| !list.is_empty());
        let mut conjuncts = std::mem::take(&mut self.all);
        conjuncts.extend(join(BinaryOp::Or, self.alternatives()));
        let mut e = join(BinaryOp::And, conjuncts).unwrap_or_else(top);
        if self.nullable {
            e = join(BinaryOp::Or, vec![Expr::Null(NOWHERE), e]).unwrap_or_else(top);
        }
        if let Some(id) = self.id.as_deref().filter(|_| !self.pointer.is_empty()) {
            e = match e {
                Expr::Struct(mut s) => {
                    s.decls.insert(0, tag("id", id));
                    Expr::Struct(s)
                }
                e => braces(vec![tag("id", id), Decl::Embedding(e)]),
            };
        }
        self.known = self.allowed;
        e
    }

    /// One alternative for each kind, where the kinds are not clear without.
    fn alternatives(&mut self) -> Vec<Expr> {
        let constrained = |list: &Vec<Expr>, core: Core| !list.is_empty() && self.allowed.meets(core.kinds());
        let needed =
            self.allowed != self.known || self.of.iter().zip(Core::ALL).any(|(list, core)| constrained(list, core));
        let mut out = Vec::new();
        if !needed {
            return out;
        }
        for (list, core) in self.of.iter().zip(Core::ALL) {
            let allowed = self.allowed.meets(core.kinds());
            if !list.is_empty() {
                if allowed {
                    out.extend(join(BinaryOp::And, list.clone()));
                }
            } else if allowed && self.known.meets(core.kinds()) {
                out.push(match core {
                    Core::Null => Expr::Null(NOWHERE),
                    Core::Bool => name("bool"),
                    Core::Number => name("number"),
                    Core::String => name("string"),
                    Core::Array => elements(vec![more(None)]),
                    Core::Object => braces(vec![ellipsis()]),
                });
            }
        }
        out
    }

    fn finish_lists(&mut self) {
        let Some(tuple) = self.tuple.take() else { return };
        let mut all: Vec<Element> = tuple.items.into_iter().map(Element::Value).collect();
        match tuple.rest {
            Rest::Any => all.push(more(None)),
            Rest::Of(e) => all.push(more(Some(e))),
            Rest::None => {}
        }
        if let Some(list) = self.of.get_mut(Core::Array as usize) {
            list.insert(tuple.at.min(list.len()), elements(all));
        }
    }
}

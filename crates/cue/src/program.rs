//! The handles behind [`crate::api`]: a compiled program, an evaluation, a value.

mod fits;
mod parts;
mod subsume;

pub use parts::Parts;

use crate::World;
use crate::api::{
    ArcType, Compiled, Completeness, Constraint, DataOptions, ErrorClass, FieldOptions, FieldView, Inputs, Instance,
    Kinds, Limits, Selector, View,
};
use crate::compile::{self, Unit};
use crate::data::{Data, Labels};
use crate::eval::{Base, Evaluator, Export, NONE, NodeId, Stop, Val, flag};
use crate::ir::{ArcKind, SymKind, kind};
use crate::json;
use crate::stack::deep;
use cue_syntax::{Diagnostic, Sources, Span, ast};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::sync::Arc;

/// A compiled package with everything it imports. Immutable, cheap to clone, `Send + Sync`; cache it by content.
#[derive(Debug, Clone)]
pub struct Program {
    unit: Arc<Unit>,
}

/// Compiles a package and what it imports.
///
/// # Errors
/// Unresolved names, unused imports and lets, bad literals: all that were found, in order of position.
pub fn compile(world: &dyn World, instance: Instance) -> Compiled {
    deep(|| compile::compile(world, instance)).map(|unit| Program { unit: Arc::new(unit) })
}

impl Program {
    /// Evaluates the program with inputs. Deterministic; one evaluation runs on one thread, several run side by side.
    pub fn evaluate(&self, inputs: Inputs, limits: &Limits) -> Evaluation {
        let all = inputs.data.iter().chain(&inputs.results);
        self.evaluate_with(all.map(|(path, data)| (path.as_slice(), data)), limits)
    }

    /// As [`Program::evaluate`], with data that stay the caller's: documents of files, each at its path.
    pub fn evaluate_with<'d>(
        &self,
        data: impl Iterator<Item = (&'d [Selector], &'d Data)>,
        limits: &Limits,
    ) -> Evaluation {
        let unit = self.unit.clone();
        let limits = limits.clone();
        let evaluator = deep(move || {
            let mut e = Evaluator::new(unit, limits);
            data.for_each(|(path, data)| e.inject(path, data));
            e.evaluate_all();
            e
        });
        Evaluation { program: self.clone(), evaluator: RefCell::new(evaluator) }
    }

    /// The sources that spans of this program point into.
    pub fn sources(&self) -> &Sources {
        &self.unit.sources
    }
}

/// One evaluation and everything it made.
#[derive(Debug)]
pub struct Evaluation {
    program: Program,
    evaluator: RefCell<Evaluator>,
}

impl Evaluation {
    fn value(&self, node: NodeId) -> Value<'_> {
        Value { evaluation: self, node }
    }

    /// The value of the package.
    pub fn root(&self) -> Value<'_> {
        self.value(self.evaluator.borrow().root)
    }

    /// The value at a path; [`Value::exists`] is false when there is none.
    pub fn lookup(&self, path: &[Selector]) -> Value<'_> {
        self.root().lookup(path)
    }

    /// An expression in the scope of the package (`-e`, `valueFrom`, `if`), with the imports of its files; names of
    /// builtin packages that no file imports are known too, and fields whose label is a string are names.
    pub fn expression(&self, expression: &ast::Expr) -> Value<'_> {
        let mut evaluator = self.evaluator.borrow_mut();
        let e = &mut *evaluator;
        let unit = self.program.unit.clone();
        let node = deep(move || match compile::expression(&mut e.ir, &unit, expression) {
            Ok(id) => e.outside(id),
            Err(diagnostics) => e.failed(&diagnostics),
        });
        self.value(node)
    }

    /// All errors of the package that are not merely incomplete; empty when `cue eval` would succeed.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.root().errors()
    }

    /// What it has used of its limits so far.
    pub fn usage(&self) -> crate::api::Usage {
        self.evaluator.borrow().usage()
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
    /// `NONE` where there is nothing.
    node: NodeId,
}

impl<'e> Value<'e> {
    fn with<T>(&self, f: impl FnOnce(&mut Evaluator) -> T) -> T {
        f(&mut self.evaluation.evaluator.borrow_mut())
    }

    fn at(&self, node: NodeId) -> Value<'e> {
        Value { evaluation: self.evaluation, node }
    }

    /// The value at a path below; [`Value::exists`] is false when there is none.
    #[must_use]
    pub fn lookup(&self, path: &[Selector]) -> Value<'e> {
        let mut node = self.node;
        for step in path {
            if node == NONE {
                break;
            }
            node = self.with(|e| {
                let n = e.default_of(node);
                let label = e.label_of(step);
                match e.arc(n, label) {
                    Some(arc) if e.nodes[arc].arc == ArcKind::Member => arc,
                    _ => NONE,
                }
            });
        }
        self.at(node)
    }

    /// Whether there is a value here: a regular field, definition or hidden field (also when it is an error), not an
    /// optional one.
    pub fn exists(&self) -> bool {
        self.node != NONE
    }

    /// The kinds that the value can still have.
    pub fn kind(&self) -> Kinds {
        if self.node == NONE {
            return Kinds(kind::BOTTOM);
        }
        self.with(|e| {
            let n = e.default_of(self.node);
            Kinds(match &e.nodes[n].base {
                Base::Bottom => kind::BOTTOM,
                Base::Disjunction(alts) => alts.iter().fold(0, |k, a| k | e.kind_of(&Val::Node(a.node))),
                _ => e.kind_of(&Val::Node(n)),
            })
        })
    }

    /// Whether it is a concrete scalar, a struct or a list at this level, defaults taken.
    pub fn is_concrete(&self) -> bool {
        self.node != NONE
            && self.with(|e| {
                let n = e.default_of(self.node);
                e.nodes[n].fault.is_none() && matches!(e.nodes[n].base, Base::Scalar(_) | Base::Struct | Base::List)
            })
    }

    /// The id of a result that is not known yet.
    pub fn unknown(&self) -> Option<u32> {
        if self.node == NONE {
            return None;
        }
        self.with(|e| match e.nodes[e.default_of(self.node)].base {
            Base::Unknown(id) => Some(id),
            _ => None,
        })
    }

    /// Some part of this struct waits for an unknown result (a guard, a source of `for`), so fields may come later.
    pub fn is_open_pending(&self) -> bool {
        self.node != NONE && self.with(|e| e.has(e.default_of(self.node), flag::OPEN_PENDING))
    }

    /// Why it cannot be used, at this level or (for permanent errors) below.
    pub fn error(&self) -> Option<(ErrorClass, Vec<Diagnostic>)> {
        if self.node == NONE {
            return Some((ErrorClass::Incomplete, vec![Diagnostic::error("cue/undefined-field", "no value here")]));
        }
        let fault = self.with(|e| {
            let n = e.default_of(self.node);
            let permanent = e.permanent(self.node).or(e.permanent(n));
            permanent.or(e.nodes[n].fault).map(|f| (e.class(f), e.diagnostic(f)))
        });
        fault.map(|(class, d)| match class {
            ErrorClass::Error => {
                let all = self.errors();
                (class, if all.is_empty() { vec![d] } else { all })
            }
            ErrorClass::Incomplete => (class, vec![d]),
        })
    }

    /// The default of a disjunction, else itself.
    #[must_use]
    pub fn default(&self) -> Value<'e> {
        if self.node == NONE {
            return *self;
        }
        self.at(self.with(|e| e.default_of(self.node)))
    }

    /// As data.
    ///
    /// # Errors
    /// What [`DataOptions::completeness`] does not allow: all of it, each with its path.
    pub fn data(&self, options: &DataOptions) -> Result<Data, Vec<Diagnostic>> {
        if self.node == NONE {
            return Err(vec![Diagnostic::error("cue/undefined-field", "no value here")]);
        }
        let (errors, _) = self.all_errors();
        if !errors.is_empty() {
            return Err(errors);
        }
        let partial = options.completeness == Completeness::Partial;
        let how = Export { partial, origins: options.origins, check: false };
        self.with(|e| {
            let node = self.node;
            let (data, problems) = deep(|| {
                let mut problems = Vec::new();
                let data = e.export(node, how, &mut problems, 0);
                (data, problems)
            });
            let mut problems: Vec<_> =
                problems.into_iter().filter(|f| !partial || e.class(*f) == ErrorClass::Error).collect();
            if let Some(f) = e.stopped {
                // What else came up is no more than a part of what there would be.
                problems = vec![f];
            }
            match data {
                Some(data) if problems.is_empty() => Ok(data),
                None if problems.is_empty() => {
                    Ok(crate::data::DataValue::Struct(crate::data::Fields::default()).into())
                }
                _ => Err(told_once(problems.iter().map(|f| e.diagnostic(*f)))),
            }
        })
    }

    /// As JSON text, piece by piece and without a newline at the end. What [`Value::data`] refuses is refused before the
    /// first piece. A sink that takes no more is left alone from then on; it knows why.
    ///
    /// # Errors
    /// As [`Value::data`], concrete; that a part is not known yet.
    pub fn write_json(&self, style: json::Style, sink: &mut dyn std::fmt::Write) -> Result<(), Vec<Diagnostic>> {
        let direct = self.node != NONE && self.all_errors().0.is_empty();
        if direct && self.with(|e| deep(|| e.is_printable(self.node, 0))) {
            let _ = self.with(|e| deep(|| e.print_json(self.node, style, sink)));
            return Ok(());
        }
        let data = self.data(&DataOptions::default())?;
        let text = json::write(&data, style).map_err(|e| vec![Diagnostic::error("cue/unknown", e.to_string())])?;
        let _ = sink.write_str(&text);
        Ok(())
    }

    /// What is incomplete in it and below, each with its path; what `data` in partial mode leaves out.
    pub fn incomplete(&self) -> Vec<Diagnostic> {
        if self.node == NONE {
            return Vec::new();
        }
        self.with(|e| {
            let node = self.node;
            let problems = deep(|| {
                let mut problems = Vec::new();
                e.export(node, Export { partial: true, origins: false, check: true }, &mut problems, 0);
                problems
            });
            let incomplete = problems.into_iter().filter(|f| e.class(*f) == ErrorClass::Incomplete);
            told_once(incomplete.map(|f| e.diagnostic(f)))
        })
    }

    /// The permanent errors in it and below; what `cue eval` fails with. Structural cycles and required fields that are not
    /// allowed, within one field of a value that was selected, are shown in their place and fail only the evaluation of the
    /// whole.
    pub fn errors(&self) -> Vec<Diagnostic> {
        let (errors, in_place) = self.all_errors();
        if in_place { Vec::new() } else { errors }
    }

    /// The permanent errors, and whether they are shown in their places.
    fn all_errors(&self) -> (Vec<Diagnostic>, bool) {
        if self.node == NONE {
            return Default::default();
        }
        self.with(|e| {
            let mut out = match e.stopped {
                // Nothing is sure when the evaluation could not end.
                Some(f) => vec![f],
                None => e.collect_errors(self.node),
            };
            // A cycle is an error of the value that was asked for; within another one it is incomplete.
            if out.is_empty() && self.node != e.root {
                out.extend(e.own_cycle(self.node));
            }
            let in_place = self.node != e.root && e.shown_in_place(self.node, &out);
            (told_once(out.into_iter().map(|f| e.diagnostic(f))), in_place)
        })
    }

    /// The fields of a struct in output order; empty for anything else.
    pub fn fields(&self, options: &FieldOptions) -> Vec<FieldView<'e>> {
        if self.node == NONE {
            return Vec::new();
        }
        self.with(|e| {
            let n = e.default_of(self.node);
            if options.optional {
                e.make_optional(n);
            }
            let mut out = Vec::new();
            for arc in e.ordered_arcs(n) {
                let node = &e.nodes[arc];
                let wanted = match node.label.kind() {
                    SymKind::String => true,
                    SymKind::Definition => options.definitions,
                    SymKind::Hidden => options.hidden,
                    SymKind::HiddenDefinition => options.hidden && options.definitions,
                    SymKind::Index => false,
                };
                let (label, kind) = (node.label, node.arc);
                if !wanted || (kind != ArcKind::Member && !options.optional) {
                    continue;
                }
                out.push(FieldView {
                    label: e.ir.symbols.text(label).clone(),
                    arc: match kind {
                        ArcKind::Member => ArcType::Regular,
                        ArcKind::Required => ArcType::Required,
                        ArcKind::Optional => ArcType::Optional,
                    },
                    value: self.at(arc),
                });
            }
            if options.optional {
                let nodes: Vec<NodeId> = out.iter().map(|f| f.value.node).collect();
                deep(|| nodes.iter().for_each(|n| e.settle_outside(*n)));
            }
            out
        })
    }

    /// Whether a struct in it, or it, has this field. Cheaper than to look at all fields of it.
    pub fn has_within(&self, field: &Selector) -> bool {
        if self.node == NONE {
            return false;
        }
        self.with(|e| {
            let label = e.label_of(field);
            let mut open = vec![(self.node, 0)];
            while let Some((node, depth)) = open.pop() {
                let n = e.default_of(node);
                for arc in e.nodes[n].arcs.iter().filter(|arc| e.nodes[**arc].arc == ArcKind::Member) {
                    if e.nodes[*arc].label == label {
                        return true;
                    }
                    // no value is deeper than its evaluation may be
                    if depth < e.limits.depth {
                        open.push((*arc, depth + 1));
                    }
                }
            }
            false
        })
    }

    /// The elements of a list; empty for anything else.
    pub fn items(&self) -> Vec<Value<'e>> {
        if self.node == NONE {
            return Vec::new();
        }
        self.with(|e| {
            let n = e.default_of(self.node);
            let arcs = &e.nodes[n].arcs;
            arcs.iter().filter(|a| e.nodes[**a].label.as_index().is_some()).map(|a| self.at(*a)).collect()
        })
    }

    /// Comments of the declarations of this field, without `//`, in source order: `+patchKey=name`, `+usage=…`.
    pub fn docs(&self) -> Vec<SmolStr> {
        if self.node == NONE {
            return Vec::new();
        }
        self.with(|e| e.docs(self.node))
    }

    /// Attributes of the declarations of this field as (name, body).
    pub fn attributes(&self) -> Vec<(SmolStr, SmolStr)> {
        if self.node == NONE {
            return Vec::new();
        }
        self.with(|e| {
            let metas = e.metas(self.node);
            let mut out: Vec<(SmolStr, SmolStr)> = Vec::new();
            for attribute in metas.iter().flat_map(|m| e.ir.metas[*m].attributes().iter()) {
                if !out.contains(attribute) {
                    out.push(attribute.clone());
                }
            }
            out
        })
    }

    /// Where the field was first declared.
    pub fn span(&self) -> Option<Span> {
        if self.node == NONE {
            return None;
        }
        self.with(|e| e.span(self.node))
    }

    /// Its path: `a.b[0]."x-y"`.
    pub fn path(&self) -> String {
        if self.node == NONE {
            return String::new();
        }
        self.with(|e| e.path(self.node))
    }

    /// Whether its label is a definition's or a hidden field's; the text of a regular label may look like one.
    pub fn is_special(&self) -> bool {
        self.node != NONE
            && self.with(|e| {
                let kind = e.nodes[self.node].label.kind();
                matches!(kind, SymKind::Definition | SymKind::Hidden | SymKind::HiddenDefinition)
            })
    }

    /// Its conjuncts as they were written, those that have a place in a source.
    pub fn written(&self) -> Vec<ast::Expr> {
        if self.node == NONE {
            return Vec::new();
        }
        let spans: Vec<Span> = self.with(|e| {
            let conjuncts = e.nodes[self.node].conjs.iter().chain(&e.nodes[e.follow(self.node)].conjs);
            conjuncts.map(|c| e.ir.spans[c.expr]).collect()
        });
        let mut seen: Vec<Span> = Vec::new();
        let mut out = Vec::new();
        for span in spans {
            if seen.contains(&span) {
                continue;
            }
            seen.push(span);
            let source = self.evaluation.program.unit.sources.get(span.source);
            let text = source.and_then(|s| s.text.get(span.start as usize..span.end as usize));
            if let Some(text) = text {
                let source = cue_syntax::Source::new("", text);
                out.extend(cue_syntax::parse_expr(&source, cue_syntax::SourceId(0)).tree);
            }
        }
        out
    }

    /// Label bits (secret) of this value; of a struct, those of what it is made of are in its fields.
    pub fn labels(&self) -> Labels {
        if self.node == NONE {
            return Labels::NONE;
        }
        self.with(|e| Labels(e.nodes[self.node].taint | e.nodes[e.default_of(self.node)].taint))
    }

    /// Whether it is a disjunction with more alternatives than [`Value::view`] has.
    pub fn is_cut(&self) -> bool {
        self.node != NONE && self.with(|e| e.has(e.follow(self.node), flag::CUT))
    }

    /// As a schema.
    pub fn view(&self) -> View<'e> {
        if let Some((class, diagnostics)) = self.error()
            && !self.is_concrete()
        {
            return View::Bottom(class, diagnostics);
        }
        let node = self.with(|e| e.follow(self.node));
        let base = self.with(|e| e.nodes[node].base.clone());
        match base {
            Base::Bottom | Base::None | Base::Forward(_) => View::Bottom(ErrorClass::Error, Vec::new()),
            Base::Scalar(_) => match self.at(node).data(&DataOptions::default()) {
                Ok(data) => View::Scalar(data),
                Err(d) => View::Bottom(ErrorClass::Incomplete, d),
            },
            Base::Unknown(id) => View::Unknown(id),
            Base::Disjunction(alts) => {
                let marked = crate::eval::Mode::Is;
                View::Disjunction(alts.iter().map(|a| (self.at(a.node), a.mode == marked)).collect())
            }
            Base::Struct => self.with(|e| {
                let open = e.has(node, flag::OPENED);
                let patterns = e.nodes[node].scratch.as_ref().map(|s| s.patterns.clone()).unwrap_or_default();
                let pairs: Vec<(NodeId, NodeId)> = deep(|| {
                    patterns
                        .into_iter()
                        .map(|p| {
                            let pattern = match p.pattern {
                                Val::Node(n) => n,
                                v => e.value_node(&v),
                            };
                            let value = e.conj_node(p.value);
                            e.settle_outside(pattern);
                            e.settle_outside(value);
                            (pattern, value)
                        })
                        .collect()
                });
                View::Struct { open, patterns: pairs.into_iter().map(|(p, v)| (self.at(p), self.at(v))).collect() }
            }),
            Base::List => self.with(|e| {
                let rest = e.nodes[node].scratch.as_ref().and_then(|s| s.list.as_ref()).filter(|l| l.closed.is_none());
                let conj = rest.map(|l| l.rest.iter().find_map(|r| r.1));
                let rest = conj.map(|conj| {
                    deep(|| {
                        let n = match conj {
                            Some(conj) => e.conj_node(conj),
                            None => e.value_node(&Val::Top),
                        };
                        e.settle_outside(n);
                        n
                    })
                });
                View::List { rest: rest.map(|n| self.at(n)) }
            }),
            Base::Constraint => self.with(|e| {
                let Some(s) = e.nodes[node].scratch.as_ref() else { return View::Constraint(Vec::new()) };
                let (kinds, checks) = (s.kind, s.checks.clone());
                let implied = checks.iter().fold(kind::TOP, |k, (v, _)| k & v.kind());
                let checks = e.telling_checks(&checks);
                let mut out = Vec::new();
                if kinds != kind::TOP && kinds != implied {
                    out.push(Constraint::Type(Kinds(kinds)));
                }
                for check in checks {
                    match check {
                        Val::Bound(op, limit) => {
                            let n = deep(|| {
                                let n = e.value_node(&limit);
                                e.settle_outside(n);
                                n
                            });
                            out.push(Constraint::Bound(op, self.at(n)));
                        }
                        Val::Validator(call) => {
                            let args: Vec<NodeId> = deep(|| {
                                call.1
                                    .iter()
                                    .map(|a| {
                                        let n = match a {
                                            Val::Node(n) => *n,
                                            a => e.value_node(a),
                                        };
                                        e.settle_outside(n);
                                        n
                                    })
                                    .collect()
                            });
                            let full = crate::eval::function_name(call.0);
                            let (package, name) = full.rsplit_once('.').unwrap_or(("", &full));
                            let args = args.into_iter().map(|n| self.at(n)).collect();
                            out.push(Constraint::Call(package.into(), name.into(), args));
                        }
                        _ => {}
                    }
                }
                View::Constraint(out)
            }),
        }
    }

    /// The evaluation that it belongs to.
    pub fn evaluation(&self) -> &'e Evaluation {
        self.evaluation
    }
}

impl Evaluator {
    /// An expression given from outside, with the package as its scope.
    fn outside(&mut self, id: u32) -> NodeId {
        let env = self.new_env(NONE, self.root);
        self.task_depth = 0;
        match self.eval(id, env) {
            Ok(Val::Node(n)) => {
                self.finalize(n);
                n
            }
            Ok(_) => {
                let n = self.detached_node(id, env);
                self.finalize(n);
                n
            }
            Err(Stop::Pending(_)) => {
                let n = self.detached_node(id, env);
                self.finalize(n);
                n
            }
            Err(stop) => self.stopped_node(stop),
        }
    }

    /// A node for an expression that did not compile.
    fn failed(&mut self, diagnostics: &[Diagnostic]) -> NodeId {
        let text = diagnostics.first().map(|d| d.message.clone()).unwrap_or_default();
        let f = self.fault(crate::eval::Code::Eval, crate::eval::Reason::Text(text.into()), NONE, &[]);
        self.stopped_node(Stop::Fault(f))
    }

    /// A node with this value.
    fn value_node(&mut self, v: &Val) -> NodeId {
        let expr = self.expr_of(v, NONE);
        self.conj_node(crate::eval::Conj { expr, env: NONE, close: 0, cyc: 0 })
    }

    /// A node without a place with this one conjunct.
    fn conj_node(&mut self, conj: crate::eval::Conj) -> NodeId {
        let n = self.new_node(NONE, crate::ir::Sym::NONE);
        self.nodes[n].conjs.push(crate::eval::Conj { close: 0, ..conj });
        self.nodes[n].flags |= crate::eval::flag::PART;
        n
    }
}

/// Without those that say the same of the same place: a value that several fields read is wrong once.
fn told_once(all: impl Iterator<Item = Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = rustc_hash::FxHashSet::default();
    let place = |d: &Diagnostic| d.labels.first().map(|l| (l.source.name.clone(), l.start));
    all.filter(|d| seen.insert((d.code, d.path.clone(), d.message.clone(), place(d)))).collect()
}

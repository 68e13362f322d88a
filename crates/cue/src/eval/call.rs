//! Calls: predeclared functions, functions of builtin packages.

use super::{Base, Code, Conj, EnvId, Evaluator, FaultId, NONE, NodeId, Reason, Res, Stop, Val, flag};
use crate::builtin::{Builtin, Fault, Kinds, Run, spread};
use crate::data::{Data, DataValue, Labels};
use crate::ir::{Decl, Expr, ExprId, Function, Native, Sym, kind};
use crate::number::Number;
use crate::stack::down;
use std::sync::Arc;

impl Evaluator {
    pub(crate) fn call(&mut self, function: ExprId, args: &[ExprId], e: ExprId, env: EnvId) -> Res<Val> {
        let f = match self.eval(function, env)? {
            Val::Function(f) => f,
            // Something that is not known yet may still turn out to be a function.
            other => match self.operand(other, function)? {
                Val::Function(f) => f,
                other => {
                    let text = format!(
                        "cannot call non-function {} (type {})",
                        self.show(&other),
                        kind::text(self.kind_of(&other))
                    );
                    return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
                }
            },
        };
        let mut values = Vec::with_capacity(args.len());
        for a in args {
            values.push(self.eval(*a, env)?);
        }
        match f {
            Function::Native(n) => self.native(n, values, args, e, env),
            Function::Package(b) => {
                let needed = b.params.iter().filter(|p| p.default.is_none()).count();
                if b.validator && values.len() < needed {
                    return self.partial(f, values, args);
                }
                self.apply(f, values, e)
            }
        }
    }

    /// A call with its first argument left out.
    fn partial(&mut self, f: Function, values: Vec<Val>, args: &[ExprId]) -> Res<Val> {
        let mut concrete = Vec::with_capacity(values.len());
        for (i, (v, a)) in values.into_iter().zip(args).enumerate() {
            // A schema is meant as it stands, with all its alternatives.
            let schema = match f {
                Function::Package(b) => {
                    let param = b.params.get(i + 1);
                    matches!(b.run, Run::Evaluator) && param.is_some_and(|p| p.kinds == Kinds::TOP)
                }
                Function::Native(_) => false,
            };
            let v = match v {
                Val::Node(n) if schema => Val::Node(n),
                Val::Node(n) => match self.operand(Val::Node(n), *a) {
                    Ok(v) => v,
                    Err(Stop::Fault(x)) if !self.is_permanent(x) => Val::Node(n),
                    Err(stop) => return Err(stop),
                },
                v => v,
            };
            concrete.push(v);
        }
        Ok(Val::Validator(Arc::new((f, concrete))))
    }

    /// Calls a function with all its arguments.
    pub(crate) fn apply(&mut self, f: Function, mut values: Vec<Val>, e: ExprId) -> Res<Val> {
        let b = match f {
            Function::Package(b) => b,
            Function::Native(n) => return self.native(n, values, &[], e, NONE),
        };
        if values.len() > b.params.len() {
            let text = format!(
                "too many arguments in call to {} (have {}, want {})",
                super::val::function_name(f),
                values.len(),
                b.params.len()
            );
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
        }
        while let Some(param) = b.params.get(values.len()) {
            let Some(default) = param.default else {
                let text = format!(
                    "not enough arguments in call to {} (have {}, want {})",
                    super::val::function_name(f),
                    values.len(),
                    b.params.len()
                );
                return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
            };
            values.push(constant(default));
        }
        let Run::Pure(_) = b.run else { return self.special(b, values, e) };
        if b.structural {
            return self.apply_to_parts(b, &values, e);
        }
        let mut data = Vec::with_capacity(values.len());
        for (v, param) in values.iter().zip(b.params) {
            let given = self.builtin_argument(b, data.len(), v.clone(), param.kinds, e)?;
            data.push(self.data_of(&given, e).map_err(|stop| self.of_argument(b, v, stop, e))?);
        }
        if let Some(id) = data.iter().find_map(unknown_in) {
            return Err(Stop::Unknown(id));
        }
        match b.call_within(&data, self.room()) {
            Ok(mut result) => {
                self.make(result.bytes(), e)?;
                // A scalar argument has left its labels with the evaluation: they are for every part of the result too.
                if self.taint != 0 {
                    spread(&mut result, Labels(self.taint));
                }
                Ok(self.val_of(result))
            }
            Err(fault) => Err(self.builtin_fault(b, fault, e)),
        }
    }

    /// A builtin that only moves elements of lists about: they need not be concrete.
    fn apply_to_parts(&mut self, b: &'static Builtin, values: &[Val], e: ExprId) -> Res<Val> {
        let mut parts = Vec::new();
        let mut open = None;
        let mut data = Vec::with_capacity(values.len());
        for (v, param) in values.iter().zip(b.params) {
            let given = self.builtin_argument(b, data.len(), v.clone(), param.kinds, e)?;
            data.push(match self.data_of(&given, e) {
                Ok(d) => d,
                Err(Stop::Fault(f)) if self.faults[f].code == Code::Incomplete => {
                    open.get_or_insert((v, Stop::Fault(f)));
                    self.with_parts(&given, &mut parts, 0)
                }
                Err(stop) => return Err(self.of_argument(b, v, stop, e)),
            });
        }
        if parts.is_empty()
            && let Some(id) = data.iter().find_map(unknown_in)
        {
            return Err(Stop::Unknown(id));
        }
        match b.call_within(&data, self.room()) {
            Ok(result) => {
                self.make(result.bytes(), e)?;
                if parts.is_empty() { Ok(self.val_of(result)) } else { Ok(self.put_back_parts(result, &parts, e)) }
            }
            // A part that has to be a list, and is not known to be one.
            Err(Fault::Incomplete(_)) if let Some((v, stop)) = open => {
                let part = data.iter().find_map(unknown_part).and_then(|i| parts.get(i as usize).copied());
                let Some(part) = part.map(Val::Node).filter(|p| self.kind_of(p) & kind::LIST == 0) else {
                    return Err(self.of_argument(b, v, stop, e));
                };
                let k = kind::text(self.kind_of(&part));
                let text = format!("cannot use value {} (type {k}) as list", self.show(&part));
                Err(self.builtin_fault(b, Fault::Error(text), e))
            }
            Err(fault) => Err(self.builtin_fault(b, fault, e)),
        }
    }

    /// Lists as data, with the number of a part for everything in them that is none.
    fn with_parts(&mut self, v: &Val, parts: &mut Vec<NodeId>, depth: u32) -> Data {
        let Val::Node(n) = v else { return self.data_of(v, NONE).unwrap_or(DataValue::Null.into()) };
        let m = self.default_of(*n);
        if let Base::List = self.nodes[m].base
            && depth < self.limits.depth
        {
            let items = self.nodes[m].arcs.to_vec();
            return DataValue::List(
                items.into_iter().map(|i| down(|| self.with_parts(&Val::Node(i), parts, depth + 1))).collect(),
            )
            .into();
        }
        parts.push(*n);
        DataValue::Unknown(parts.len() as u32 - 1).into()
    }

    fn put_back_parts(&mut self, data: Data, parts: &[NodeId], e: ExprId) -> Val {
        match data.value {
            DataValue::Unknown(i) => parts.get(i as usize).map_or(Val::Top, |n| Val::Node(*n)),
            DataValue::List(items) => {
                let items = items.into_iter().map(|i| down(|| self.put_back_parts(i, parts, e))).collect();
                Val::Node(self.list_of(items, e))
            }
            _ => self.val_of(data),
        }
    }

    fn builtin_fault(&mut self, b: &Builtin, fault: Fault, e: ExprId) -> Stop {
        let name = super::val::function_name_of(b);
        let (code, text) = match fault {
            Fault::Error(t) => (Code::Eval, t),
            Fault::Incomplete(t) => (Code::Incomplete, t),
        };
        let text = format!("error in call to {name}: {text}");
        self.stop(code, Reason::Text(text.into()), NONE, &[e])
    }

    fn count(&mut self, name: &str, values: &[Val], want: usize, e: ExprId) -> Res<()> {
        if values.len() == want {
            return Ok(());
        }
        let what = if values.len() < want { "not enough" } else { "too many" };
        let text = format!("{what} arguments in call to {name} (have {}, want {want})", values.len());
        Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]))
    }

    fn native(&mut self, f: Native, values: Vec<Val>, args: &[ExprId], e: ExprId, env: EnvId) -> Res<Val> {
        let name = super::val::function_name(Function::Native(f));
        let arg = |i: usize| args.get(i).copied().unwrap_or(e);
        match f {
            Native::Len => {
                self.count(&name, &values, 1, e)?;
                let v = values.into_iter().next().unwrap_or(Val::Top);
                let kinds = kind::STRING | kind::BYTES | kind::LIST | kind::STRUCT;
                let n = match self.argument(&name, 0, v, kinds, arg(0))? {
                    Val::Str(s) => s.len(),
                    Val::Bytes(b) => b.len(),
                    Val::Node(n) => return self.len_of(n),
                    _ => 0,
                };
                Ok(Val::Num(Number::from(n as u64)))
            }
            Native::Close => {
                self.count(&name, &values, 1, e)?;
                match values.into_iter().next() {
                    Some(Val::Node(_)) => {}
                    v => return self.argument(&name, 0, v.unwrap_or(Val::Top), kind::STRUCT, arg(0)),
                }
                let n = self.closed_copy(e, arg(0), env, flag::CLOSE_ONCE);
                if self.is_struct_literal(arg(0)) {
                    return Ok(Val::Node(n));
                }
                match self.argument(&name, 0, Val::Node(n), kind::STRUCT, arg(0)) {
                    // References that only lead back to the call give it nothing: what is closed is empty.
                    Err(Stop::Fault(f)) if self.faults[f].code == Code::Cycle => Ok(Val::Node(n)),
                    v => v.map(|_| Val::Node(n)),
                }
            }
            Native::And | Native::Or => {
                self.count(&name, &values, 1, e)?;
                let v = values.into_iter().next().unwrap_or(Val::Top);
                let Val::Node(n) = self.operand(v, arg(0))? else {
                    let text = format!("argument of {name} must be a list");
                    return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
                };
                let items = self.nodes[n].arcs.clone();
                if items.is_empty() {
                    if f == Native::And {
                        return Ok(Val::Top);
                    }
                    return Err(self.stop(Code::Incomplete, Reason::Static("empty list in call to or"), NONE, &[e]));
                }
                if let Some(known) = self.made.get(&(e, env)) {
                    return Ok(Val::Node(*known));
                }
                let node = self.combination(f == Native::Or, items.to_vec(), e);
                self.made.insert((e, env), node);
                Ok(Val::Node(node))
            }
            Native::Div | Native::Mod | Native::Quo | Native::Rem => {
                self.count(&name, &values, 2, e)?;
                let mut numbers = Vec::new();
                for (i, v) in values.into_iter().enumerate() {
                    if let Val::Num(n) = self.argument(&name, i, v, kind::INT, arg(i))? {
                        numbers.push(n);
                    }
                }
                let [a, b] = numbers.as_slice() else { return Ok(Val::Top) };
                let r = match f {
                    Native::Div => a.div(b),
                    Native::Mod => a.modulo(b),
                    Native::Quo => a.quo(b),
                    _ => a.rem(b),
                };
                r.map(Val::Num)
                    .map_err(|problem| self.stop(Code::Eval, Reason::Text(problem.to_string().into()), NONE, &[e]))
            }
            Native::Error => {
                self.count(&name, &values, 1, e)?;
                let v = values.into_iter().next().unwrap_or(Val::Top);
                match self.operand(v, arg(0))? {
                    Val::Str(text) => Err(self.stop(Code::User, Reason::Text(text), NONE, &[e])),
                    other => {
                        let text = format!("cannot use {} as string in argument 1 to error", self.show(&other));
                        Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]))
                    }
                }
            }
            Native::MatchN | Native::MatchIf => {
                let want = if f == Native::MatchN { 2 } else { 3 };
                if values.len() == want {
                    return Ok(Val::Validator(Arc::new((Function::Native(f), values))));
                }
                if values.len() != want + 1 {
                    self.count(&name, &values, want, e)?;
                }
                let mut values = values.into_iter();
                let v = values.next().unwrap_or(Val::Top);
                let rest: Vec<Val> = values.collect();
                self.match_schemas(f, &v, &rest, e).map(Val::Bool)
            }
            Native::CloseAll if !args.is_empty() => Ok(Val::Node(self.closed_copy(e, arg(0), env, flag::CLOSE_ALL))),
            Native::CloseAll | Native::Reclose => Ok(values.into_iter().next().unwrap_or(Val::Top)),
        }
    }

    fn len_of(&mut self, n: NodeId) -> Res<Val> {
        if self.has(n, flag::OPEN_PENDING) {
            return Err(Stop::Unknown(NONE));
        }
        if let Some(f) = self.nodes[n].fault {
            return Err(Stop::Fault(f));
        }
        let is_list = match &self.nodes[n].base {
            Base::None => self.nodes[n].scratch.as_ref().is_some_and(|s| s.list.is_some()),
            base => matches!(base, Base::List),
        };
        let known = self.nodes[n].flags & (flag::DONE | flag::SETTLED) == flag::DONE | flag::SETTLED;
        if let Some(count) = self.lengths.get(&n).filter(|_| known) {
            return Ok(Val::Num(Number::from(*count as u64)));
        }
        let counts = |a: &&NodeId| {
            let arc = &self.nodes[**a];
            let fits = if is_list { arc.label.as_index().is_some() } else { arc.label.is_regular() };
            arc.arc == crate::ir::ArcKind::Member && fits
        };
        let (all, count) = (self.nodes[n].arcs.len(), self.nodes[n].arcs.iter().filter(counts).count());
        // Asked in each round of a loop, a long one is counted once.
        self.spend(all / 64);
        if known && all > 64 {
            self.lengths.insert(n, count);
        }
        Ok(Val::Num(Number::from(count as u64)))
    }

    /// The node of `close(x)` or `__closeAll(x)`.
    fn closed_copy(&mut self, e: ExprId, arg: ExprId, env: EnvId, how: u16) -> NodeId {
        if let Some(n) = self.made.get(&(e, env)) {
            return *n;
        }
        let n = self.new_node(NONE, Sym::NONE);
        self.nodes[n].conjs.push(Conj { expr: arg, env, close: 0, cyc: 0 });
        self.nodes[n].flags |= how;
        self.made.insert((e, env), n);
        n
    }

    /// Whether an expression is a struct as it is written, whatever it embeds: one that has fields, or embeds nothing.
    fn is_struct_literal(&self, e: ExprId) -> bool {
        match &self.ir.exprs[e] {
            Expr::Struct(id) => {
                let lit = &self.ir.structs[*id];
                lit.is_struct || !lit.decls.iter().any(|d| matches!(d, Decl::Embedding(_)))
            }
            _ => false,
        }
    }

    /// The node of `and([…])` or `or([…])`.
    fn combination(&mut self, or: bool, items: Vec<NodeId>, at: ExprId) -> NodeId {
        let span = self.span_at(at);
        let parts: Vec<ExprId> = items.iter().map(|item| self.expr_of(&Val::Node(*item), at)).collect();
        let combined = match parts.as_slice() {
            [one] => *one,
            _ if or => {
                let alternatives = parts.iter().map(|p| (*p, false)).collect();
                self.ir.add(Expr::Disjunction(alternatives), span)
            }
            _ => self.ir.add(Expr::And(parts.into()), span),
        };
        let n = self.new_node(NONE, Sym::NONE);
        self.nodes[n].conjs.push(Conj { expr: combined, env: NONE, close: 0, cyc: 0 });
        n
    }

    /// What a value has become, without the validators on it: an expression over its fields or elements.
    fn final_value(&mut self, v: &Val, at: ExprId) -> ExprId {
        let Val::Node(n) = v else { return self.expr_of(v, at) };
        let n = self.default_of(*n);
        let span = self.span_at(at);
        let (is_list, base) = match &self.nodes[n].base {
            Base::List => (true, None),
            Base::Struct => (false, None),
            Base::Scalar(v) => (false, Some(v.clone())),
            Base::Constraint => {
                let s = self.nodes[n].scratch.as_ref();
                let kinds = s.map_or(kind::TOP, |s| s.kind);
                let checks = s.map(|s| s.checks.clone()).unwrap_or_default();
                let mut parts = vec![self.ir.add(Expr::Kind(kinds), span)];
                for (check, _) in checks {
                    if let Val::Bound(..) = check {
                        parts.push(self.expr_of(&check, at));
                    }
                }
                return self.ir.add(Expr::And(parts.into()), span);
            }
            _ => return self.expr_of(v, at),
        };
        if let Some(scalar) = base {
            return self.expr_of(&scalar, at);
        }
        self.make_optional(n);
        let arcs = self.nodes[n].arcs.clone();
        let mut elements = Vec::new();
        let mut decls = Vec::new();
        for arc in &arcs {
            let (label, kind) = (self.nodes[*arc].label, self.nodes[*arc].arc);
            let value = self.expr_of(&Val::Node(*arc), at);
            if is_list {
                elements.push(crate::ir::Element::Value(value));
            } else {
                decls.push(Decl::Field { label, arc: kind, value, meta: NONE });
            }
        }
        let e = if is_list {
            let rest = if self.list_closed(n) { None } else { Some(None) };
            Expr::List(self.ir.lists.push(crate::ir::ListLit { elements: elements.into(), rest }))
        } else {
            let lit = crate::ir::StructLit { decls: decls.into(), is_struct: true, ..Default::default() };
            Expr::Struct(self.ir.structs.push(lit))
        };
        self.ir.add(e, span)
    }

    /// Unifies a value with a schema in a node of its own.
    fn unified(&mut self, v: &Val, schema: &Val, at: ExprId) -> NodeId {
        let n = self.new_node(NONE, Sym::NONE);
        let value = self.final_value(v, at);
        let schema = self.expr_of(schema, at);
        for expr in [value, schema] {
            self.nodes[n].conjs.push(Conj { expr, env: NONE, close: 0, cyc: 0 });
        }
        n
    }

    /// Whether a value satisfies a schema; `None` when it cannot be told yet.
    pub(crate) fn satisfies(&mut self, v: &Val, schema: &Val, at: ExprId) -> Option<bool> {
        let n = self.unified(v, schema, at);
        self.task_depth += 1;
        let outer = std::mem::replace(&mut self.trial, n);
        self.finalize(n);
        self.trial = outer;
        self.task_depth -= 1;
        if self.permanent(n).is_some() {
            return Some(false);
        }
        let mut problems = Vec::new();
        self.export(n, super::data::Export::default(), &mut problems, 0);
        problems.retain(|f| !self.is_schema_only(*f, v));
        if problems.iter().any(|f| self.is_permanent(*f)) {
            Some(false)
        } else if problems.is_empty() {
            Some(true)
        } else {
            None
        }
    }

    /// Whether what is not concrete is there by the schema alone: `{a: int}` fits any struct without `a`.
    fn is_schema_only(&self, f: FaultId, v: &Val) -> bool {
        let fault = &self.faults[f];
        let (Reason::NonConcrete(_) | Reason::Ambiguous(_), Some((_, trail)), Val::Node(v)) =
            (&fault.reason, &fault.trail, v)
        else {
            return false;
        };
        let given = trail.iter().try_fold(*v, |n, label| {
            let arc = self.arc(self.default_of(n), *label)?;
            (self.nodes[arc].arc == crate::ir::ArcKind::Member).then_some(arc)
        });
        given.is_none()
    }

    fn match_schemas(&mut self, f: Native, v: &Val, rest: &[Val], e: ExprId) -> Res<bool> {
        // Defaults are taken before anything is compared.
        let v = match v {
            Val::Node(n) => {
                self.finalize(*n);
                Val::Node(self.default_of(*n))
            }
            v => v.clone(),
        };
        match (f, rest) {
            (Native::MatchIf, [condition, then, otherwise]) => {
                let met = self.satisfies(&v, condition, e);
                let chosen = if met == Some(true) { then } else { otherwise };
                match self.satisfies(&v, chosen, e) {
                    Some(false) if met.is_some() => Ok(false),
                    Some(true) => Ok(true),
                    _ => {
                        let reason = Reason::Static("what matchIf compares is not complete");
                        Err(self.stop(Code::Incomplete, reason, NONE, &[e]))
                    }
                }
            }
            (Native::MatchN, [count, schemas]) => {
                let schemas = match self.operand(schemas.clone(), e)? {
                    Val::Node(n) => self.nodes[n].arcs.to_vec(),
                    _ => Vec::new(),
                };
                // A schema that is named several times is tried once.
                let mut known: Vec<(NodeId, Option<bool>)> = Vec::with_capacity(schemas.len());
                let mut verdicts = Vec::with_capacity(schemas.len());
                for s in schemas {
                    self.run(s);
                    let schema = self.follow(s);
                    let verdict = match known.iter().find(|k| k.0 == schema) {
                        Some((_, verdict)) => *verdict,
                        None => self.satisfies(&v, &Val::Node(s), e),
                    };
                    known.push((schema, verdict));
                    verdicts.push(verdict);
                }
                self.admits_count(count, &verdicts, e)
            }
            _ => Ok(false),
        }
    }

    /// Whether a count admits as many matches as there are; incomplete when it could by those that cannot be told yet.
    fn admits_count(&mut self, count: &Val, verdicts: &[Option<bool>], e: ExprId) -> Res<bool> {
        if let Val::Node(n) = count {
            self.finalize(*n);
        }
        let matched = verdicts.iter().filter(|v| **v == Some(true)).count() as u64;
        let open = verdicts.iter().filter(|v| v.is_none()).count() as u64;
        if self.admits(count, &Val::Num(Number::from(matched))) {
            return Ok(true);
        }
        let possible = (matched + 1..=matched + open).any(|n| self.admits(count, &Val::Num(Number::from(n))));
        if possible {
            let text = format!("{matched} matched, expected {}", self.show(count));
            return Err(self.stop(Code::Incomplete, Reason::Text(text.into()), NONE, &[e]));
        }
        self.why_not = Some(format!("{matched} matched, expected {}", self.show(count)));
        Ok(false)
    }

    /// Functions of packages that need the evaluator.
    fn special(&mut self, b: &'static Builtin, values: Vec<Val>, e: ExprId) -> Res<Val> {
        match (b.package, b.name, values.as_slice()) {
            ("list", "Sort" | "SortStable" | "IsSorted", [list, comparer]) => self.sorted(b, list, comparer, e),
            ("list", "MatchN", [list, count, schema]) => {
                let Val::Node(n) = self.operand(list.clone(), e)? else { return Ok(Val::Bool(false)) };
                let items = self.nodes[n].arcs.clone();
                let verdicts = items.into_iter().map(|i| self.satisfies(&Val::Node(i), schema, e)).collect::<Vec<_>>();
                self.admits_count(count, &verdicts, e).map(Val::Bool)
            }
            ("encoding/json" | "encoding/yaml", "Validate" | "ValidatePartial", [text, schema]) => {
                self.validate_text(b, text, schema, e)
            }
            ("encoding/openapi", "MarshalSchema", [config, schema]) => self.openapi_text(config, schema, e),
            ("struct", "MinFields" | "MaxFields", [object, n]) => {
                let object = self.operand(object.clone(), e)?;
                let Val::Num(limit) = self.operand(n.clone(), e)? else { return Ok(Val::Bool(false)) };
                match object {
                    Val::Node(object) => {
                        self.field_count(b.name == "MinFields", object, &limit, (e, self.is_whole(b, e)))
                    }
                    other => Err(self.wrong_kind(b, 0, &other, e)),
                }
            }
            ("list", "MinItems" | "MaxItems", [list, n]) => {
                let list = self.operand(list.clone(), e)?;
                let Val::Num(limit) = self.operand(n.clone(), e)? else { return Ok(Val::Bool(false)) };
                match list {
                    Val::Node(list) => self.item_count(b.name == "MinItems", list, &limit, (e, self.is_whole(b, e))),
                    other => Err(self.wrong_kind(b, 0, &other, e)),
                }
            }
            ("list", "UniqueItems", [list]) => match self.operand(list.clone(), e)? {
                Val::Node(list) => self.unique_items(list, e),
                other => Err(self.wrong_kind(b, 0, &other, e)),
            },
            _ => {
                let text = format!("{} is not supported", super::val::function_name_of(b));
                Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]))
            }
        }
    }

    fn validate_text(&mut self, b: &'static Builtin, text: &Val, schema: &Val, e: ExprId) -> Res<Val> {
        let partner = if b.package == "encoding/json" { "Unmarshal" } else { "UnmarshalStream" };
        let Some(reader) = crate::builtin::lookup(b.package, partner) else { return Ok(Val::Bool(true)) };
        let parsed = self.apply(Function::Package(reader), vec![text.clone()], e)?;
        let documents = match &parsed {
            Val::Node(n) if partner == "UnmarshalStream" => {
                self.finalize(*n);
                self.nodes[self.follow(*n)].arcs.iter().map(|a| Val::Node(*a)).collect()
            }
            v => vec![v.clone()],
        };
        for document in documents {
            let n = self.unified(&document, schema, e);
            self.task_depth += 1;
            self.finalize(n);
            self.task_depth -= 1;
            if let Some(f) = self.permanent(n) {
                return Err(Stop::Fault(f));
            }
            if b.name == "Validate" {
                let mut problems = Vec::new();
                self.export(n, super::data::Export::default(), &mut problems, 0);
                if let Some(f) = problems.first() {
                    let text = self.message(*f);
                    return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
                }
            }
        }
        Ok(Val::Bool(true))
    }

    /// `list.Sort` and its kin with a comparer `{T, x, y, less}`: `less` is evaluated for pairs of elements.
    fn sorted(&mut self, b: &'static Builtin, list: &Val, comparer: &Val, e: ExprId) -> Res<Val> {
        let Val::Node(n) = self.builtin_argument(b, 0, list.clone(), Kinds::LIST, e)? else { return Ok(Val::Top) };
        let items = self.nodes[n].arcs.clone();
        let mut keys = Vec::with_capacity(items.len());
        for item in &items {
            keys.push(self.operand(Val::Node(*item), e)?);
        }
        // `x < y` and `x > y` on scalars need no evaluation.
        let direct = self.direct_comparer(comparer, &keys);
        let mut failed: Option<Stop> = None;
        let mut less = |this: &mut Self, a: usize, b: usize| -> bool {
            if failed.is_some() {
                return false;
            }
            let (Some(x), Some(y)) = (keys.get(a), keys.get(b)) else { return false };
            if let Some(op) = direct {
                return matches!(this.operate(op, x.clone(), y.clone(), e), Ok(Val::Bool(true)));
            }
            match this.compare_with(comparer, x, y, e) {
                Ok(is) => is,
                Err(stop) => {
                    failed.get_or_insert(stop);
                    false
                }
            }
        };
        if b.name == "IsSorted" {
            let mut ok = true;
            for i in 1..items.len() {
                ok &= !less(self, i, i - 1);
            }
            return match failed {
                Some(stop) => Err(stop),
                None => Ok(Val::Bool(ok)),
            };
        }
        let mut order: Vec<usize> = (0..items.len()).collect();
        merge_sort(&mut order, &mut |a, b| less(self, a, b));
        if let Some(stop) = failed {
            return Err(stop);
        }
        let sorted: Vec<Val> = order.iter().filter_map(|i| items.get(*i)).map(|n| Val::Node(*n)).collect();
        Ok(Val::Node(self.list_of(sorted, e)))
    }

    fn direct_comparer(&mut self, comparer: &Val, keys: &[Val]) -> Option<cue_syntax::ast::BinaryOp> {
        if !keys.iter().all(Val::is_scalar) {
            return None;
        }
        let Val::Node(n) = comparer else { return None };
        self.run(*n);
        let n = self.follow(*n);
        let label = self.ir.symbols.string("less");
        let arc = self.arc(n, label)?;
        let x = self.ir.symbols.string("x");
        let y = self.ir.symbols.string("y");
        let [conj] = self.nodes[arc].conjs.as_slice() else { return None };
        let Expr::Binary(op, l, r) = &self.ir.exprs[conj.expr] else { return None };
        match (&self.ir.exprs[*l], &self.ir.exprs[*r]) {
            (Expr::Field { label: a, .. }, Expr::Field { label: b, .. }) if *a == x && *b == y => Some(*op),
            _ => None,
        }
    }

    fn compare_with(&mut self, comparer: &Val, x: &Val, y: &Val, e: ExprId) -> Res<bool> {
        let n = self.new_node(NONE, Sym::NONE);
        let expr = self.expr_of(comparer, e);
        self.nodes[n].conjs.push(Conj { expr, env: NONE, close: 0, cyc: 0 });
        for (name, v) in [("x", x), ("y", y)] {
            let value = self.expr_of(v, e);
            let label = self.ir.symbols.string(name);
            let decls = Box::new([Decl::Field { label, arc: crate::ir::ArcKind::Member, value, meta: NONE }]);
            let id = self.ir.structs.push(crate::ir::StructLit { decls, is_struct: true, ..Default::default() });
            let span = self.span_at(e);
            let lit = self.ir.add(Expr::Struct(id), span);
            self.nodes[n].conjs.push(Conj { expr: lit, env: NONE, close: 0, cyc: 0 });
        }
        let label = self.ir.symbols.string("less");
        let arc = self.select(n, label, e)?;
        match self.operand(Val::Node(arc), e)? {
            Val::Bool(b) => Ok(b),
            _ => Err(self.stop(Code::Eval, Reason::Static("field less of a comparer must be a bool"), NONE, &[e])),
        }
    }
}

/// A stable sort that survives comparers that are no order.
fn merge_sort(items: &mut Vec<usize>, less: &mut impl FnMut(usize, usize) -> bool) {
    if items.len() < 2 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge_sort(items, less);
    merge_sort(&mut right, less);
    let left = std::mem::take(items);
    let (mut l, mut r) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (l.peek(), r.peek()) {
        let next = if less(*b, *a) { r.next() } else { l.next() };
        items.extend(next);
    }
    items.extend(l);
    items.extend(r);
}

/// A default of a parameter: a string, a number or a bool as CUE text.
fn constant(text: &str) -> Val {
    if let Some(s) = text.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
        return Val::Str(s.into());
    }
    match text {
        "true" => Val::Bool(true),
        "false" => Val::Bool(false),
        "null" => Val::Null,
        _ => Number::parse_literal(text).map_or(Val::Top, Val::Num),
    }
}

/// The id of an unknown result somewhere in data.
fn unknown_in(data: &crate::data::Data) -> Option<u32> {
    use crate::data::DataValue;
    match &data.value {
        DataValue::Unknown(id) => Some(*id),
        DataValue::List(items) => items.iter().find_map(unknown_in),
        DataValue::Struct(fields) => fields.values().find_map(unknown_in),
        _ => None,
    }
}

/// The first part that stands in place of a list, or of one in a list.
fn unknown_part(data: &crate::data::Data) -> Option<u32> {
    use crate::data::DataValue;
    let part = |d: &crate::data::Data| if let DataValue::Unknown(i) = d.value { Some(i) } else { None };
    match &data.value {
        DataValue::List(items) => items.iter().find_map(part),
        _ => part(data),
    }
}

//! The actions of a step's value: where they stand, in which order, what they are given.

use super::inject::{Form, injections};
use super::{path_label, payload};
use crate::evaluate::{Payload, Results};
use cue::{Completeness, DataOptions, ErrorClass, FieldOptions, Inputs, Limits, Selector};
use cue::{Evaluation, Program, Value};
use cue_syntax::{Diagnostic, Sources};
use indexmap::IndexMap;
use model::action::{Action, DEFAULT_PROVIDER};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How deep actions may lie.
const DEPTH: usize = 64;
/// How often a step's value is evaluated until its actions are known.
const ROUNDS: usize = 64;

/// An action in a value.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// `apply`, `l[0]`, `s.x`
    pub(super) path: String,
    pub(super) selectors: Vec<Selector>,
    pub(super) action: &'static Action,
    /// Of a package that was added: its provider and its name.
    pub(super) external: Option<(SmolStr, SmolStr)>,
    pub(super) form: Form,
    /// Stands for its result while it is unknown.
    pub(super) id: Option<u32>,
    /// In the flat spelling: parameters that the result has too, as they were given.
    pub(super) given: serde_json::Map<String, serde_json::Value>,
}

/// An evaluation in which every action is known that can be known now.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) evaluation: Evaluation,
    /// In order.
    pub(super) sites: Vec<Site>,
}

/// The actions that a step's value has before anything is known of any result. They depend on the template and its inputs
/// alone, so that who asks again with the same inputs need not have them looked for again.
#[derive(Debug, Default)]
pub(super) struct First {
    sites: Vec<Site>,
    met: Met,
}

/// Fields by path, each with how many were met before it.
type Met = FxHashMap<String, usize>;

/// What is evaluated, and how.
pub(super) struct Template<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a Sources,
    pub(super) limits: &'a Limits,
    /// Providers of packages that were added.
    pub(super) external: &'a BTreeSet<String>,
}

impl Template<'_> {
    /// Evaluates with the results of these actions, and finds the actions; `met` and `more` are the fields that were met until
    /// now.
    fn round(
        &self,
        inputs: &Inputs,
        known: &IndexMap<String, Site>,
        results: &Results,
        (met, more): (&Met, &mut Met),
    ) -> Result<(Evaluation, Vec<Site>), Diagnostic> {
        let evaluation = self.evaluate(inputs, known, results);
        let mut sites = Vec::new();
        let name = Selector::Ident("#do".into());
        let mut walk = Walk { sources: self.sources, external: self.external, sites: &mut sites, met, more, name };
        walk.fields(evaluation.root(), &mut Vec::new(), "", 0)?;
        Ok((evaluation, sites))
    }

    fn evaluate(&self, inputs: &Inputs, known: &IndexMap<String, Site>, results: &Results) -> Evaluation {
        let results: Vec<_> = known.values().flat_map(|site| injections(site, results.get(&site.path))).collect();
        let all = inputs.data.iter().chain(&inputs.results).chain(&results);
        self.program.evaluate_with(all.map(|(path, data)| (path.as_slice(), data)), self.limits)
    }
}

/// Evaluates until the set of actions no longer changes: an action that was found is given an unknown result, and one that
/// was only there because a guard took the absence of a result for an answer goes away again. `first` is what this has
/// answered before for the same template and inputs, with whatever results.
///
/// # Errors
/// An action that does not exist; actions whose guards depend on each other.
pub(super) fn settle(
    template: &Template<'_>,
    inputs: &Inputs,
    results: &Results,
    first: Option<Arc<First>>,
) -> Result<(Settled, Arc<First>), Diagnostic> {
    let mut known: IndexMap<String, Site> = IndexMap::new();
    let mut next_id = 0;
    let (first, mut evaluated) = match first {
        Some(first) => (first, None),
        None => {
            let mut met = Met::default();
            let (evaluation, sites) = template.round(inputs, &known, results, (&Met::default(), &mut met))?;
            (Arc::new(First { sites, met }), Some(evaluation))
        }
    };
    let mut more = Met::default();
    for round in 0..ROUNDS {
        let (evaluation, mut sites) = match round {
            0 => (evaluated.take(), first.sites.clone()),
            _ => {
                let (evaluation, sites) = template.round(inputs, &known, results, (&first.met, &mut more))?;
                (Some(evaluation), sites)
            }
        };
        let before = known.len();
        known.retain(|path, _| sites.iter().any(|s| s.path == *path));
        let mut changed = known.len() != before;
        for site in &mut sites {
            if let Some(same) = known.get(&site.path) {
                site.id = same.id;
                continue;
            }
            let unknown = !results.contains_key(&site.path);
            if unknown {
                site.id = Some(next_id);
                next_id += 1;
            }
            // an action whose result nobody can see changes nothing
            changed |= !site.action.returns.is_empty();
            known.insert(site.path.clone(), site.clone());
        }
        if !changed {
            // of what was looked for before, without any result that anybody can see
            let evaluation = evaluation.unwrap_or_else(|| template.evaluate(inputs, &IndexMap::new(), results));
            return Ok((Settled { evaluation, sites }, first));
        }
    }
    Err(Diagnostic::error(
        "workflow/action-guards",
        "the guards of the step's actions depend on each other, so which of them run cannot be decided",
    ))
}

struct Walk<'a> {
    sources: &'a Sources,
    external: &'a BTreeSet<String>,
    sites: &'a mut Vec<Site>,
    /// Fields by path in the order in which they were first met. Those of one loop stand at one place, and a result that is put
    /// in changes the order in which the evaluator lists them.
    met: &'a Met,
    /// Those that are met since then.
    more: &'a mut Met,
    /// The field that makes a struct an action.
    name: Selector,
}

impl Walk<'_> {
    /// Children in source order, then the value itself when it is an action.
    fn value(
        &mut self,
        value: Value<'_>,
        selectors: &mut Vec<Selector>,
        path: &str,
        depth: usize,
    ) -> Result<(), Diagnostic> {
        if depth > DEPTH {
            return Ok(());
        }
        let value = value.default();
        let items = value.items();
        if !items.is_empty() {
            for (i, item) in items.into_iter().enumerate() {
                selectors.push(Selector::Index(i));
                self.value(item, selectors, &format!("{path}[{i}]"), depth + 1)?;
                selectors.pop();
            }
            return Ok(());
        }
        self.fields(value, selectors, path, depth)
    }

    fn fields(
        &mut self,
        value: Value<'_>,
        selectors: &mut Vec<Selector>,
        path: &str,
        depth: usize,
    ) -> Result<(), Diagnostic> {
        let mut fields = value.fields(&FieldOptions { optional: false, hidden: true, definitions: false });
        // A struct that only declares what may be there: its optional fields are not made for a look, which most structs are
        // spared, unless it is an action.
        let name = if path.is_empty() { None } else { text(value, "#do") };
        if fields.is_empty() && name.is_none() {
            return Ok(());
        }
        let has_params = fields.iter().any(|f| f.label == "$params");
        let place = |v: &Value<'_>| v.span().map_or((u32::MAX, u32::MAX), |s| (s.source.0, s.start));
        let inside = |label: &SmolStr| match path_label(label) {
            label if path.is_empty() => label.to_string(),
            label => format!("{path}.{label}"),
        };
        let (met, more) = (self.met, &mut *self.more);
        fields.sort_by_cached_key(|f| {
            let inside = inside(&f.label);
            let nth = met.get(&inside).copied().unwrap_or_else(|| {
                let count = met.len() + more.len();
                *more.entry(inside).or_insert(count)
            });
            match step_number(&f.value) {
                Some(n) => (false, n, (0, 0), nth),
                None => (true, 0, place(&f.value), nth),
            }
        });
        for field in fields {
            let skipped =
                field.label == "$returns" || (depth == 0 && matches!(field.label.as_str(), "parameter" | "context"));
            // what templates are made of is mostly data
            if skipped || !field.value.has_within(&self.name) {
                continue;
            }
            selectors.push(Selector::new(&field.label));
            let inner = inside(&field.label);
            self.value(field.value, selectors, &inner, depth + 1)?;
            selectors.pop();
        }
        let Some(name) = name.filter(|name| name != "steps" && name != "nop") else { return Ok(()) };
        let declares_returns = !has_params && {
            let declared = value.fields(&FieldOptions { optional: true, hidden: true, definitions: false });
            if declared.is_empty() {
                return Ok(());
            }
            declared.iter().any(|f| f.label == "$returns")
        };
        let provider = text(value, "#provider").unwrap_or_else(|| DEFAULT_PROVIDER.into());
        let is_external = self.external.contains(provider.as_str());
        let action = match is_external {
            true => &model::action::EXTERNAL,
            false => model::action::find(&provider, &name).map_err(|d| self.at(d, value))?,
        };
        let form = if has_params || declares_returns || is_external { Form::Params } else { Form::Flat };
        let external = is_external.then_some((provider, name));
        let mut given = serde_json::Map::new();
        if form == Form::Flat {
            for field in action.returns.iter().filter(|r| action.params.iter().any(|p| p.name == r.name)) {
                let at = value.lookup(&[Selector::new(field.name)]);
                let partial = DataOptions { completeness: Completeness::Partial, origins: false };
                if let Some(payload) = at.data(&partial).ok().filter(|_| at.exists()).and_then(|d| payload(&d).ok()) {
                    given.insert(field.name.to_owned(), payload.value);
                }
            }
        }
        self.sites.push(Site {
            path: path.to_owned(),
            selectors: selectors.clone(),
            action,
            external,
            form,
            id: None,
            given,
        });
        Ok(())
    }

    fn at(&self, diagnostic: Diagnostic, value: Value<'_>) -> Diagnostic {
        match value.span() {
            Some(span) => diagnostic.at(self.sources, span, ""),
            None => diagnostic,
        }
    }
}

/// The number of an attribute `@step(n)`.
fn step_number(value: &Value<'_>) -> Option<i64> {
    value.attributes().iter().find(|(name, _)| name == "step").and_then(|(_, body)| body.trim().parse().ok())
}

/// A concrete text at a definition of a struct.
fn text(value: Value<'_>, name: &str) -> Option<SmolStr> {
    let found = value.lookup(&[Selector::Ident(name.into())]);
    if !found.exists() {
        return None;
    }
    match found.data(&DataOptions::default()).ok()?.value {
        cue::DataValue::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// What an action would be given.
pub(super) enum Params {
    /// All of it.
    Ready(Payload),
    /// It needs results that are not there yet.
    Unknown(Vec<u32>),
    /// It needs something else that is not there; says what.
    Missing(String),
}

impl Site {
    /// The action's parameters.
    ///
    /// # Errors
    /// They are wrong, whatever is still to come; or a field is not one of the action's.
    pub(super) fn params(&self, evaluation: &Evaluation) -> Result<Params, Diagnostic> {
        let params = self.own_params(evaluation)?;
        Ok(match (params, &self.external) {
            (Params::Ready(Payload { value, secret }), Some((provider, name))) => {
                let value = serde_json::json!({"provider": provider.as_str(), "do": name.as_str(), "params": value});
                Params::Ready(Payload { value, secret })
            }
            (params, _) => params,
        })
    }

    fn own_params(&self, evaluation: &Evaluation) -> Result<Params, Diagnostic> {
        let value = evaluation.lookup(&self.selectors);
        match self.form {
            Form::Params => {
                let params = value.lookup(&[Selector::new("$params")]);
                if !params.exists() {
                    return Ok(Params::Ready(serde_json::Value::Object(serde_json::Map::new()).into()));
                }
                for field in params.fields(&FieldOptions::default()) {
                    self.action.check_field(&field.label)?;
                }
                self.read(params, None)
            }
            Form::Flat => self.read(value, Some(self.action.returns)),
        }
    }

    /// The parameters with the comments of their declarations.
    pub(super) fn raw_params(&self, evaluation: &Evaluation) -> Option<cue::Data> {
        let value = evaluation.lookup(&self.selectors);
        let options = DataOptions { completeness: Completeness::Partial, origins: true };
        match self.form {
            Form::Params => value.lookup(&[Selector::new("$params")]).data(&options).ok(),
            Form::Flat => value.data(&options).ok(),
        }
    }

    fn read(&self, value: Value<'_>, flat: Option<&[model::action::Field]>) -> Result<Params, Diagnostic> {
        let mut map = serde_json::Map::new();
        let mut secret = false;
        let mut unknown = Vec::new();
        if let Some((_, problems)) = value.error().filter(|(class, _)| *class == ErrorClass::Error)
            && let Some(problem) = problems.into_iter().next()
        {
            return Err(problem);
        }
        for field in value.fields(&FieldOptions::default()) {
            let given = self.action.params.iter().any(|p| field.label == p.name);
            if flat.is_some() && !given {
                continue; // results, and fields that the template keeps beside the parameters
            }
            let is_continue = self.action.name == "wait" && field.label == "continue";
            match read_field(field.value) {
                Read::Value(data) => match payload(&data) {
                    Ok(payload) => {
                        secret |= payload.secret;
                        map.insert(field.label.to_string(), payload.value);
                    }
                    Err(ids) => unknown.extend(ids),
                },
                Read::Unknown(id) => unknown.push(id),
                Read::Missing(_) if is_continue => {}
                Read::Missing(message) => return Ok(Params::Missing(message)),
                Read::Wrong(problem) => return Err(*problem),
            }
        }
        if unknown.is_empty() {
            Ok(Params::Ready(Payload { value: serde_json::Value::Object(map), secret }))
        } else {
            Ok(Params::Unknown(unknown))
        }
    }
}

pub(super) enum Read {
    Value(cue::Data),
    Unknown(u32),
    Missing(String),
    Wrong(Box<Diagnostic>),
}

/// A value that must be all there.
pub(super) fn read_field(value: Value<'_>) -> Read {
    if let Some(id) = value.unknown() {
        return Read::Unknown(id);
    }
    let problems = match value.data(&DataOptions::default()) {
        Ok(data) => return Read::Value(data),
        Err(problems) => problems,
    };
    let own = value.error().filter(|(class, _)| *class == ErrorClass::Error).map(|(_, problems)| problems);
    if let Some(problem) = own.into_iter().flatten().chain(value.errors()).next() {
        return Read::Wrong(Box::new(problem));
    }
    // what is there may still say which results are awaited
    if let Ok(part) = value.data(&DataOptions { completeness: Completeness::Partial, origins: false })
        && let Err(ids) = payload(&part)
        && let Some(id) = ids.first()
    {
        return Read::Unknown(*id);
    }
    let first = problems.into_iter().next();
    let path = first.as_ref().and_then(|p| p.path.clone()).unwrap_or_else(|| value.path());
    let why = first.map(|p| p.message).unwrap_or_default();
    Read::Missing(if why.is_empty() {
        format!("waiting for value {path}")
    } else {
        format!("waiting for value {path}: {why}")
    })
}

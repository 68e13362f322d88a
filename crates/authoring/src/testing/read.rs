//! A file of cases, read with every mistake in it.

use super::{Answer, AnswerResult, Assertion, Case, Expect, Input, Suite, Wanted};
use crate::data::{boolean, field, fields, items, kind, text};
use cue::{Data, DataOptions, DataValue, Fields, Inputs, Instance, Limits};
use cue_syntax::{Diagnostic, Label, Source, Sources};
use model::action::nearest;
use render::builtin::Packages;
use std::sync::Arc;

const SUITE: &[&str] = &["definition", "context", "cases"];
const CASE: &[&str] = &[
    "name",
    "parameter",
    "context",
    "workload",
    "workloadOutputs",
    "component",
    "application",
    "clusters",
    "observed",
    "step",
    "actions",
    "time",
    "allowUnknown",
    "expect",
];
const EXPECT: &[&str] = &[
    "parameter",
    "output",
    "outputs",
    "objects",
    "exact",
    "assert",
    "healthy",
    "message",
    "details",
    "phase",
    "calls",
    "values",
    "error",
    "errors",
    "warnings",
    "snapshot",
];
const ANSWER: &[&str] = &["path", "do", "returns", "waits", "fails"];
const WANTED: &[&str] = &["contains", "code", "path", "help"];

impl Suite {
    /// Whether a file of this name has cases: `NAME_test.yaml`, `.yml` or `.cue`.
    pub fn is_named_so(file: &str) -> bool {
        ["_test.yaml", "_test.yml", "_test.cue"].iter().any(|end| file.ends_with(end))
    }

    /// Reads a file of cases: CUE when its name ends so, else YAML.
    ///
    /// # Errors
    /// Every mistake in it: broken YAML or CUE, unknown fields, cases without a name or an expectation.
    pub fn read(source: &Arc<Source>) -> Result<Suite, Vec<Diagnostic>> {
        let data = if source.name.ends_with(".cue") { of_cue(source)? } else { of_yaml(source)? };
        let mut reader = Reader { source, problems: Vec::new() };
        let suite = reader.suite(&data);
        if reader.problems.is_empty() { Ok(suite) } else { Err(reader.problems) }
    }
}

fn of_yaml(source: &Arc<Source>) -> Result<Data, Vec<Diagnostic>> {
    let mut documents = cue::yaml::read(source)?;
    match documents.len() {
        1 => Ok(documents.remove(0)),
        n => Err(vec![
            Diagnostic::error("test/file", format!("{} has {n} documents", source.name))
                .help("write all cases of a definition under one `cases:`"),
        ]),
    }
}

fn of_cue(source: &Arc<Source>) -> Result<Data, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let id = sources.add(source.clone());
    let parsed = cue_syntax::parse_file(source, id);
    let Some(file) = parsed.tree.filter(|_| parsed.diagnostics.is_empty()) else { return Err(parsed.diagnostics) };
    let instance = Instance { sources, files: vec![file], ..Instance::default() };
    let program = cue::compile(&Packages, instance)?;
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    evaluation.root().data(&DataOptions { origins: true, ..DataOptions::default() })
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: &Data, message: String, help: &str) {
        let mut problem = Diagnostic::error("test/file", message).help(help);
        problem.labels.extend(place(at, ""));
        if problem.labels.is_empty() {
            problem.labels.push(Label { source: self.source.clone(), start: 0, end: 0, text: String::new() });
        }
        self.problems.push(problem);
    }

    fn known(&mut self, data: &Data, what: &str, known: &[&str]) {
        let Some(all) = fields(data) else {
            let message = format!("{what} is {}, not a map", kind(data));
            return self.wrong(data, message, &format!("it has the fields {}", known.join(", ")));
        };
        for (name, value) in all {
            if known.contains(&name.as_str()) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has the fields {}", known.join(", ")),
            };
            self.wrong(value, format!("{what} has no field `{name}`"), &help);
        }
    }

    fn string(&mut self, data: &Data, name: &str) -> Option<String> {
        let value = field(data, name)?;
        if let Some(found) = text(value) {
            return Some(found.to_owned());
        }
        self.wrong(
            value,
            format!("`{name}` is {}, not text", kind(value)),
            "write text, in quotes where YAML needs them",
        );
        None
    }

    fn boolean(&mut self, data: &Data, name: &str) -> bool {
        let Some(value) = field(data, name) else { return false };
        boolean(value).unwrap_or_else(|| {
            self.wrong(value, format!("`{name}` is {}, not true or false", kind(value)), "write true or false");
            false
        })
    }

    fn map(&mut self, data: &Data, name: &str) -> Option<Data> {
        let value = field(data, name)?;
        if fields(value).is_none() {
            self.wrong(value, format!("`{name}` is {}, not a map", kind(value)), "write fields below it");
            return None;
        }
        Some(value.clone())
    }

    fn list(&mut self, data: &Data, name: &str) -> Option<Data> {
        let value = field(data, name)?;
        if !matches!(value.value, DataValue::List(_)) {
            self.wrong(value, format!("`{name}` is {}, not a list", kind(value)), "write elements with `-` below it");
            return None;
        }
        Some(value.clone())
    }

    fn suite(&mut self, data: &Data) -> Suite {
        self.known(data, "a file of cases", SUITE);
        let definition = self.string(data, "definition");
        let context = self.map(data, "context").and_then(|d| fields(&d).cloned()).unwrap_or_default();
        let list = self.list(data, "cases");
        if list.as_ref().is_none_or(|l| items(l).is_empty())
            && field(data, "cases").is_none_or(|c| !items(c).is_empty())
        {
            self.wrong(data, "there are no cases".to_owned(), "write `cases:` with at least one");
        }
        let mut cases: Vec<Case> = Vec::new();
        for item in list.iter().flat_map(items) {
            let Some(case) = self.case(item, &context) else { continue };
            if cases.iter().any(|c| c.name == case.name) {
                let message = format!("two cases have the name \"{}\"", case.name);
                self.wrong(item, message, "give each case a name of its own");
            }
            cases.push(case);
        }
        Suite { source: self.source.clone(), definition, cases }
    }

    fn case(&mut self, data: &Data, shared: &Fields) -> Option<Case> {
        self.known(data, "a case", CASE);
        fields(data)?;
        let name = self.string(data, "name").unwrap_or_default();
        if name.is_empty() {
            self.wrong(data, "a case has no name".to_owned(), "write `name:` with what the case is about");
        }
        let mut context = shared.clone();
        for (key, value) in self.map(data, "context").iter().filter_map(fields).flatten() {
            context.insert(key.clone(), value.clone());
        }
        let time = match self.string(data, "time") {
            None => 60_000,
            Some(text) => workflow::time::duration(&text).unwrap_or_else(|e| {
                self.wrong(data, format!("`time` is no duration: {e}"), "write it as `30s`, `5m` or `1h30m`");
                0
            }),
        };
        let input = Input {
            parameter: self.map(data, "parameter").unwrap_or_else(|| DataValue::Struct(Fields::default()).into()),
            context,
            workload: self.map(data, "workload"),
            workload_outputs: self.map(data, "workloadOutputs"),
            component: self.map(data, "component"),
            application: self.map(data, "application"),
            clusters: self.list(data, "clusters"),
            observed: self.map(data, "observed"),
            step: self.map(data, "step"),
            actions: self.list(data, "actions").iter().flat_map(items).filter_map(|d| self.answer(d)).collect(),
            time,
            allow_unknown: self.boolean(data, "allowUnknown"),
        };
        if let Some(observed) = &input.observed {
            self.known(observed, "`observed`", &["output", "outputs"]);
        }
        let Some(expected) = field(data, "expect") else {
            self.wrong(
                data,
                format!("case \"{name}\" expects nothing"),
                "write `expect:`; `snapshot: true` keeps the result",
            );
            return None;
        };
        let expect = self.expect(expected, &name);
        Some(Case { name, origin: data.origin.clone(), input, expect })
    }

    fn answer(&mut self, data: &Data) -> Option<Answer> {
        self.known(data, "an action", ANSWER);
        let (path, action) = (self.string(data, "path"), self.string(data, "do"));
        if path.is_none() && action.is_none() {
            self.wrong(
                data,
                "an action has neither `path` nor `do`".to_owned(),
                "say which action answers so: `do: kube.read`",
            );
        }
        if let Some((provider, name)) = action.as_deref().map(|a| a.split_once('.').unwrap_or(("", a)))
            && let Err(problem) = model::action::find(provider, name)
        {
            self.wrong(data, problem.message, problem.help.as_deref().unwrap_or_default());
        }
        let (waits, fails) = (self.string(data, "waits"), self.string(data, "fails"));
        let result = match (field(data, "returns"), waits, fails) {
            (Some(returns), None, None) => AnswerResult::Returns(returns.clone()),
            (None, Some(message), None) => AnswerResult::Waits(message),
            (None, None, Some(message)) => AnswerResult::Fails(message),
            _ => {
                self.wrong(
                    data,
                    "an action needs one of `returns`, `waits`, `fails`".to_owned(),
                    "write `returns: {}` when it brings nothing",
                );
                return None;
            }
        };
        Some(Answer { path, action, result })
    }

    fn expect(&mut self, data: &Data, case: &str) -> Expect {
        self.known(data, "`expect`", EXPECT);
        let any = |name: &str| field(data, name).cloned();
        let mut expect = Expect {
            parameter: self.map(data, "parameter"),
            output: any("output"),
            outputs: self.map(data, "outputs"),
            objects: self.list(data, "objects"),
            exact: self.boolean(data, "exact"),
            assertions: Vec::new(),
            healthy: any("healthy"),
            message: any("message"),
            details: self.map(data, "details"),
            phase: any("phase"),
            calls: self.list(data, "calls"),
            values: self.map(data, "values"),
            error: any("error").and_then(|d| self.wanted(&d)),
            errors: None,
            warnings: self.list(data, "warnings").iter().flat_map(items).filter_map(|d| self.wanted(d)).collect(),
            snapshot: self.boolean(data, "snapshot"),
        };
        if let Some(list) = self.list(data, "errors") {
            expect.errors = Some(items(&list).iter().filter_map(|d| self.wanted(d)).collect());
        }
        if let Some(asserted) = field(data, "assert") {
            let one = |d: &Data, is_condition| {
                Some(Assertion { text: text(d)?.to_owned(), is_condition, origin: d.origin.clone() })
            };
            match &asserted.value {
                DataValue::String(_) => expect.assertions.extend(one(asserted, false)),
                DataValue::List(list) if list.iter().all(|d| text(d).is_some()) => {
                    expect.assertions.extend(list.iter().filter_map(|d| one(d, true)));
                }
                _ => self.wrong(
                    asserted,
                    format!("`assert` is {}", kind(asserted)),
                    "write a list of conditions, or a text that the result has to satisfy",
                ),
            }
        }
        if !expect.says_something() {
            self.wrong(data, format!("case \"{case}\" expects nothing"), "`snapshot: true` keeps the result");
        }
        expect
    }

    fn wanted(&mut self, data: &Data) -> Option<Wanted> {
        if let Some(contains) = text(data) {
            let contains = Some(contains.to_owned());
            return Some(Wanted { contains, origin: data.origin.clone(), ..Wanted::default() });
        }
        self.known(data, "an error", WANTED);
        let wanted = Wanted {
            contains: self.string(data, "contains"),
            code: self.string(data, "code"),
            path: self.string(data, "path"),
            help: self.string(data, "help"),
            origin: data.origin.clone(),
        };
        if wanted.contains.is_none() && wanted.code.is_none() && wanted.path.is_none() && wanted.help.is_none() {
            self.wrong(data, "nothing is said of the error".to_owned(), "write a part of its text, or `code:`");
            return None;
        }
        Some(wanted)
    }
}

impl Expect {
    fn says_something(&self) -> bool {
        let objects = [&self.parameter, &self.output, &self.outputs, &self.objects, &self.healthy, &self.message];
        let more = [&self.details, &self.phase, &self.calls, &self.values];
        objects.iter().chain(&more).any(|d| d.is_some())
            || !self.assertions.is_empty()
            || self.error.is_some()
            || self.errors.is_some()
            || !self.warnings.is_empty()
            || self.snapshot
            || self.exact
    }
}

/// The place of a part of a case, as a label; a whole block is shown by its first line.
pub(super) fn place(data: &Data, words: &str) -> Option<Label> {
    data.origin.as_ref().map(|origin| {
        let (start, end) = (origin.span.start, origin.span.end);
        let slice = origin.source.text.get(start as usize..end as usize).unwrap_or_default();
        let end = start + slice.find('\n').unwrap_or(slice.len()) as u32;
        Label { source: origin.source.clone(), start, end, text: words.to_owned() }
    })
}

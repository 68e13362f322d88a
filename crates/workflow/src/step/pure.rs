//! Actions that only compute: done here, where the comments of a patch are still known, and remembered nowhere.

use super::{is_tainted, payload};
use crate::evaluate::Payload;
use cue::builtin::{Fault, Run};
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use model::action::Action;
use smol_str::SmolStr;

/// Go's layout of a time that names none.
const RFC3339: &str = "2006-01-02T15:04:05Z07:00";

/// The result of an action; `None` when it is none of these.
pub(super) fn compute(action: &Action, params: &Data) -> Option<Result<Payload, Diagnostic>> {
    let result = match (action.provider, action.name) {
        ("util", "string") => text(params).map(|v| ("str", v)),
        ("util", "patch-k8s-object") | ("cue", "strategyUnify") => patch(params).map(|v| ("result", v)),
        ("time", "timestamp") => timestamp(params).map(|v| ("timestamp", v)),
        ("time", "date") => date(params).map(|v| ("date", v)),
        _ => return None,
    };
    Some(result.map(|(name, value)| {
        let fields = [(SmolStr::new(name), value)].into_iter().collect();
        let mut result = payload(&DataValue::Struct(fields).into()).unwrap_or_default();
        result.secret |= is_tainted(params);
        result
    }))
}

fn field<'a>(params: &'a Data, name: &str) -> Option<&'a Data> {
    match &params.value {
        DataValue::Struct(fields) => fields.get(name),
        _ => None,
    }
}

fn string<'a>(params: &'a Data, name: &str) -> &'a str {
    match field(params, name).map(|d| &d.value) {
        Some(DataValue::String(text)) => text,
        _ => "",
    }
}

fn text(params: &Data) -> Result<Data, Diagnostic> {
    match field(params, "bt").map(|d| &d.value) {
        Some(DataValue::Bytes(bytes)) => Ok(Data::string(String::from_utf8_lossy(bytes))),
        Some(DataValue::String(text)) => Ok(Data::string(text.clone())),
        _ => Err(problem("the parameter \"bt\" is no bytes")),
    }
}

fn patch(params: &Data) -> Result<Data, Diagnostic> {
    let (Some(value), Some(patch)) = (field(params, "value"), field(params, "patch")) else {
        return Err(problem("the parameters \"value\" and \"patch\" are needed"));
    };
    render::patch::apply(value, patch)
        .map_err(|found| found.into_iter().next().unwrap_or_else(|| problem("the patch does not fit")))
}

fn timestamp(params: &Data) -> Result<Data, Diagnostic> {
    let layout = Some(string(params, "layout")).filter(|l| !l.is_empty()).unwrap_or(RFC3339);
    let instant = call("Parse", &[Data::string(layout), Data::string(string(params, "date"))])?;
    call("ToUnix", &[instant])
}

fn date(params: &Data) -> Result<Data, Diagnostic> {
    let layout = Some(string(params, "layout")).filter(|l| !l.is_empty()).unwrap_or(RFC3339);
    let seconds = field(params, "timestamp").cloned().unwrap_or_else(|| Data::from(0i64));
    let instant = call("Unix", &[seconds, Data::from(0i64)])?;
    call("FormatString", &[Data::string(layout), instant])
}

/// A function of CUE's package `time`.
fn call(name: &str, arguments: &[Data]) -> Result<Data, Diagnostic> {
    match cue::builtin::lookup("time", name).map(|b| b.run) {
        Some(Run::Pure(function)) => function(arguments).map_err(|fault| match fault {
            Fault::Error(message) | Fault::Incomplete(message) => problem(message),
        }),
        _ => Err(problem(format!("time.{name} is not there"))),
    }
}

fn problem(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("workflow/action", message)
}

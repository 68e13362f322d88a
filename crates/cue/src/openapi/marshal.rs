//! `openapi.MarshalSchema`.

use super::{Config, generate};
use crate::api::{Selector, View};
use crate::data::{Data, DataValue};
use crate::eval::{Code, Evaluator, NONE, Reason, Res, Val};
use crate::ir::ExprId;
use crate::json;
use crate::program::{Evaluation, Value};

/// The configuration, from a value that an `openapi.#Config` admits.
fn config(value: Value<'_>) -> Result<Config, String> {
    let at = |name: &str| value.lookup(&[Selector::new(name)]);
    let scalar = |name: &str| match at(name).default().view() {
        View::Scalar(data) => Some(data.value),
        _ => None,
    };
    let Some(DataValue::String(version)) = scalar("version") else {
        return Err("the version is not known yet".to_owned());
    };
    let info = at("info");
    let info = if info.exists() {
        let data = info.data(&crate::DataOptions::default());
        Some(data.map_err(|d| d.first().map_or_else(String::new, |d| d.message.clone()))?)
    } else {
        None
    };
    let expand_references = matches!(scalar("expandReferences"), Some(DataValue::Bool(true)));
    Ok(Config { version: Some(version.to_string()), info, title: None, expand_references })
}

impl Evaluator {
    /// The text of the document; incomplete as long as the configuration or the schema is.
    pub(crate) fn openapi_text(&mut self, options: &Val, schema: &Val, e: ExprId) -> Res<Val> {
        let (Val::Node(options), Val::Node(schema)) =
            (self.operand(options.clone(), e)?, self.operand(schema.clone(), e)?)
        else {
            let reason = Reason::Static("openapi.MarshalSchema takes two structs");
            return Err(self.stop(Code::Eval, reason, NONE, &[e]));
        };
        for node in [options, schema] {
            self.settle_outside(node);
        }
        let text = Evaluation::borrowed(self, options, config).and_then(|config| {
            Evaluation::borrowed(self, schema, |value| generate(value, &config))
                .map_err(|d| d.first().map_or_else(String::new, |d| d.message.clone()))
                .and_then(|data: Data| json::write(&data, json::Style::Compact).map_err(|u| u.to_string()))
        });
        match text {
            Ok(text) => Ok(Val::Str(text.into())),
            Err(message) => {
                let text = format!("error in call to openapi.MarshalSchema: {message}");
                Err(self.stop(Code::Incomplete, Reason::Text(text.into()), NONE, &[e]))
            }
        }
    }
}

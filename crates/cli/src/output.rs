//! Machine-readable output: `-o json` and `-o yaml`.

use crate::session::Outcome;
use cue_syntax::Diagnostic;
use serde_json::Value;

/// A form that programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON, indented by two.
    Json,
    /// YAML.
    Yaml,
}

/// A value as text, with a line end.
pub(crate) fn text(value: &Value, format: Format) -> Outcome<String> {
    match format {
        Format::Json => serde_json::to_string_pretty(value)
            .map(|text| text + "\n")
            .map_err(|e| Diagnostic::error("cli/output", e.to_string()).into()),
        Format::Yaml => cue::yaml::write(&cue::json::from_value(value))
            .map_err(|_| Diagnostic::error("cli/output", "a value that is not known yet cannot be printed").into()),
    }
}

/// Ends the process without a word when what reads its output has gone (`lateen … | head`). The standard library panics
/// then, and every `print!` would have to be written otherwise.
pub(crate) fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to std") && text.contains("os error 32") {
            // What a shell gives a command that SIGPIPE has ended.
            std::process::exit(141);
        }
        usual(panic);
    }));
}

/// Prints an object of a cluster, or several, without `managedFields`: who set which field is bookkeeping, and longer than
/// the rest (as kubectl does it).
pub(crate) fn objects(mut value: Value, format: Format) -> Outcome {
    let forget = |object: &mut Value| {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    };
    forget(&mut value);
    let items = match &mut value {
        Value::Array(items) => Some(items),
        list => list.get_mut("items").and_then(Value::as_array_mut),
    };
    items.into_iter().flatten().for_each(forget);
    print(&value, format)
}

/// Prints a value.
pub(crate) fn print(value: &Value, format: Format) -> Outcome {
    print!("{}", text(value, format)?);
    Ok(())
}

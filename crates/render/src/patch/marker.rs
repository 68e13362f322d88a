//! The markers in comments: `+patchKey=name`, `+patchStrategy=retainKeys`.

use cue::Data;
use cue_syntax::Diagnostic;
use model::action::nearest;
use smol_str::SmolStr;

/// How a value takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    RetainKeys,
    Replace,
    Open,
    JsonMergePatch,
    JsonPatch,
}

/// What the comments of one field ask for.
#[derive(Debug, Default)]
pub(super) struct Markers {
    pub(super) strategy: Option<Strategy>,
    pub(super) keys: Option<Keys>,
}

/// The paths that tell elements of a list apart: all have to be equal.
pub(super) type Keys = Vec<Vec<SmolStr>>;

const STRATEGIES: [(&str, Strategy); 5] = [
    ("retainKeys", Strategy::RetainKeys),
    ("replace", Strategy::Replace),
    ("open", Strategy::Open),
    ("jsonMergePatch", Strategy::JsonMergePatch),
    ("jsonPatch", Strategy::JsonPatch),
];

impl Markers {
    /// Reads the comments of a field.
    ///
    /// # Errors
    /// A strategy that does not exist, or a marker that is nearly one of these.
    pub(super) fn of(data: &Data, path: &str) -> Result<Markers, Vec<Diagnostic>> {
        let mut markers = Markers::default();
        let Some(origin) = &data.origin else { return Ok(markers) };
        for line in &origin.doc {
            let Some((name, value)) = line.trim().strip_prefix('+').and_then(|m| m.split_once('=')) else { continue };
            let value = value.split_whitespace().next().unwrap_or_default();
            match name {
                "patchKey" => {
                    let path = |key: &str| key.trim().split('.').map(SmolStr::new).collect();
                    markers.keys = Some(value.split(',').map(path).collect());
                }
                "patchStrategy" => match STRATEGIES.iter().find(|(text, _)| *text == value) {
                    Some((_, strategy)) => markers.strategy = Some(*strategy),
                    None => return Err(vec![unknown(value, path)]),
                },
                _ if name.eq_ignore_ascii_case("patchKey") || name.eq_ignore_ascii_case("patchStrategy") => {
                    return Err(vec![misspelt(name, path)]);
                }
                _ => {}
            }
        }
        Ok(markers)
    }
}

fn unknown(value: &str, path: &str) -> Diagnostic {
    let names = STRATEGIES.iter().map(|(text, _)| *text);
    let help = match nearest(value, names.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("one of {}", names.collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::error("render/unknown-patch-strategy", format!("{path}: there is no patch strategy \"{value}\""))
        .help(help)
}

fn misspelt(name: &str, path: &str) -> Diagnostic {
    let right = if name.eq_ignore_ascii_case("patchKey") { "patchKey" } else { "patchStrategy" };
    Diagnostic::error("render/unknown-patch-marker", format!("{path}: there is no marker \"+{name}\""))
        .help(format!("write \"+{right}=\""))
}

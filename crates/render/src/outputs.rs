//! `outputs` of a component: expressions over what runs.

use crate::application::ComponentInput;
use crate::component::Live;
use crate::renderer::Renderer;
use crate::{template, tree};
use cue::{Data, DataOptions, Selector};
use cue_syntax::{Diagnostic, Source, Sources};
use indexmap::IndexMap;

/// The scope of the expressions.
const SCOPE: &str = "output: _\noutputs: _\ncontext: _\n";

impl Renderer {
    /// The values that a component gives to others (`outputs[].valueFrom`), from what runs: `output` is the workload,
    /// `outputs` the other objects by name, `context` repeats both.
    ///
    /// # Errors
    /// An expression that is broken, or that reads what is not there (yet).
    pub fn component_outputs(
        &self,
        component: &ComponentInput,
        live: &Live,
    ) -> Result<IndexMap<String, Data>, Vec<Diagnostic>> {
        if component.outputs.is_empty() {
            return Ok(IndexMap::new());
        }
        let scope = self.programs.status("outputs", SCOPE)?;
        let output = live.workload.as_ref().map_or_else(tree::empty, cue::json::from_value);
        let outputs = tree::object(live.outputs.iter().map(|(k, v)| (k.as_str(), cue::json::from_value(v))));
        let context = tree::object([
            ("name", Data::string(component.name.as_str())),
            ("output", output.clone()),
            ("outputs", outputs.clone()),
        ]);
        let at = |name: &str| vec![Selector::Field(name.into())];
        let data = vec![(at("output"), output), (at("outputs"), outputs), (at("context"), context)];
        let evaluation = scope.program.evaluate(cue::Inputs { data, results: Vec::new() }, &template::limits());
        let mut values = IndexMap::new();
        let mut problems = Vec::new();
        for (i, out) in component.outputs.iter().enumerate() {
            let path = format!("{}.outputs[{i}].valueFrom", component.path);
            let source = Source::new(path.clone(), out.value_from.as_str());
            let id = Sources::default().add(source.clone());
            let parsed = cue_syntax::parse_expr(&source, id);
            let Some(expression) = parsed.tree.filter(|_| parsed.diagnostics.is_empty()) else {
                problems.extend(parsed.diagnostics);
                continue;
            };
            match evaluation.expression(&expression).data(&DataOptions::default()) {
                Ok(value) => {
                    values.insert(out.name.clone(), value);
                }
                Err(_) if out.optional => {}
                Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                    problem.path = Some(path.clone());
                    problem.labels.clear();
                    problem
                })),
            }
        }
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }
}

//! A step with `forEach` as the steps that it stands for.

use crate::tree;
use model::{ForEach, Input, Step};

/// One for each item, with the item where `parameterKey` says; where only a run will know the items, one step to which an
/// input brings its item.
pub(crate) fn steps(step: &Step, each: &ForEach) -> Vec<Step> {
    let one = Step { for_each: None, ..step.clone() };
    let Some(items) = &each.items else {
        let mut one = one;
        one.inputs.push(Input { from: each.from.clone(), parameter_key: each.parameter_key.clone() });
        return vec![one];
    };
    if each.parameter_key.is_empty() {
        return if items.is_empty() { Vec::new() } else { vec![one] };
    }
    let key = tree::parts(&each.parameter_key);
    let with = |item| {
        let mut properties = crate::application::properties(step.properties.as_ref(), None);
        tree::set_parts(&mut properties, &key, cue::json::from_value(item));
        // what came from a file and an item has no unknown parts
        Step { properties: cue::json::to_value(&properties).ok(), ..one.clone() }
    };
    items.iter().map(with).collect()
}

/// Whether a value at one of these paths is, has or is part of what stands at the other.
pub(crate) fn touches(one: &str, other: &str) -> bool {
    let (one, other) = (tree::parts(one), tree::parts(other));
    one.iter().zip(&other).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(step: serde_json::Value) -> serde_json::Value {
        let step: Step = serde_json::from_value(step).unwrap();
        json!(
            steps(&step, step.for_each.as_ref().unwrap())
                .iter()
                .map(|s| json!([s.properties, s.inputs]))
                .collect::<Vec<_>>()
        )
    }

    #[test]
    fn items_stand_where_the_key_says() {
        let each = json!({"items": ["a", "b"], "parameterKey": "env[0].value"});
        let step = json!({"name": "s", "type": "t", "properties": {"env": [{"name": "x"}]}, "forEach": each});
        assert_eq!(
            of(step),
            json!([[{"env": [{"name": "x", "value": "a"}]}, []], [{"env": [{"name": "x", "value": "b"}]}, []]])
        );
        let found = json!({"name": "s", "type": "t", "forEach": {"from": "found", "parameterKey": "url"}});
        assert_eq!(of(found), json!([[null, [{"from": "found", "parameterKey": "url"}]]]));
        assert_eq!(of(json!({"name": "s", "type": "t", "forEach": {"items": []}})), json!([]));
    }

    #[test]
    fn names_that_only_begin_alike_have_nothing_to_do_with_each_other() {
        assert!(touches("env[0].value", "env") && touches("url", "url.path") && touches("", "a"));
        assert!(!touches("url", "urls") && !touches("env[0]", "env[1]"));
    }
}

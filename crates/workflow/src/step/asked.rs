//! What was found out about steps that will be asked about again in a moment: a visit asks what is next after each result.
//!
//! Only what a template makes of its inputs, never of results. It is found by all of its inputs, so that it is never another
//! one's or an old one; what has a secret in it is not kept.

use super::sites::First;
use crate::evaluate::Scope;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many steps are remembered; what is forgotten is found out again.
const STEPS: usize = 64;

/// What a template was evaluated with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    kind: String,
    parameter: Value,
    context: Map<String, Value>,
}

impl Question {
    /// The inputs of a step; `None`: one of them is secret.
    pub(super) fn of(scope: Scope<'_>) -> Option<Question> {
        (!scope.parameter.secret).then(|| Question {
            kind: scope.step.kind.clone(),
            parameter: scope.parameter.value.clone(),
            context: scope.context.clone(),
        })
    }

    fn is_of(&self, scope: Scope<'_>) -> bool {
        !scope.parameter.secret
            && self.kind == scope.step.kind
            && self.context == *scope.context
            && self.parameter == scope.parameter.value
    }
}

/// The steps that were asked about last, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<VecDeque<(Question, Arc<First>)>>);

impl Asked {
    fn all(&self) -> MutexGuard<'_, VecDeque<(Question, Arc<First>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a step with these inputs.
    pub(super) fn find(&self, scope: Scope<'_>) -> Option<Arc<First>> {
        self.all().iter().rev().find(|(question, _)| question.is_of(scope)).map(|(_, first)| first.clone())
    }

    pub(super) fn keep(&self, question: Question, first: Arc<First>) {
        let mut all = self.all();
        if all.len() >= STEPS {
            all.pop_front();
        }
        all.push_back((question, first));
    }

    /// Nobody will ask about it for a while.
    pub(super) fn forget(&self, scope: Scope<'_>) {
        self.all().retain(|(question, _)| !question.is_of(scope));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Payload;
    use indexmap::IndexMap;
    use model::Step;
    use serde_json::json;

    struct Given {
        step: Step,
        parameter: Payload,
        context: Map<String, Value>,
    }

    impl Given {
        fn scope<'a>(&'a self, inputs: &'a IndexMap<String, Payload>) -> Scope<'a> {
            Scope { step: &self.step, parameter: &self.parameter, context: &self.context, inputs }
        }
    }

    #[test]
    fn a_step_is_known_by_all_of_its_inputs_and_not_for_ever() {
        let asked = Asked::default();
        let inputs = IndexMap::new();
        let of = |kind: &str, parameter: Value, secret: bool, name: usize| Given {
            step: Step { kind: kind.to_owned(), ..Step::default() },
            parameter: Payload { value: parameter, secret },
            context: [("name".to_owned(), name.into())].into_iter().collect(),
        };
        let knows = |given: &Given| asked.find(given.scope(&inputs)).is_some();
        let keep = |given: &Given| {
            if let Some(question) = Question::of(given.scope(&inputs)) {
                asked.keep(question, Arc::default());
            }
        };
        let one = of("apply", json!({"a": 1}), false, 0);
        keep(&one);
        assert!(knows(&one));
        for other in [
            of("deploy", json!({"a": 1}), false, 0),
            of("apply", json!({"a": 2}), false, 0),
            of("apply", json!({"a": 1}), false, 1),
            of("apply", json!({"a": 1}), true, 0),
        ] {
            assert!(!knows(&other));
        }
        let secret = of("apply", json!({"a": "s"}), true, 0);
        keep(&secret);
        assert_eq!(asked.all().len(), 1, "what is secret is not kept");
        for name in 1..=STEPS {
            keep(&of("apply", json!({"a": 1}), false, name));
        }
        assert_eq!(asked.all().len(), STEPS);
        assert!(!knows(&one), "the oldest goes");
        asked.forget(of("apply", json!({"a": 1}), false, 7).scope(&inputs));
        assert_eq!(asked.all().len(), STEPS - 1);
    }
}

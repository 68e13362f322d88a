//! Debug output, from a run that is asked for it to the ConfigMaps that go away with it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod place;

use insta::assert_snapshot;
use place::{Place, without_hub};
use serde_json::Value;

const APP: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components: []
  workflow:
    steps:
      - name: settings
        type: apply-object
        properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}}
      - name: side
        type: step-group
        subSteps:
          - {name: never, type: print-message-in-status, if: "false", properties: {message: hello}}
          - {name: hello, type: print-message-in-status, properties: {message: hello}}
      - {name: gate, type: suspend}
      - {name: later, type: print-message-in-status, properties: {message: later}}
"#;

const RUN: &str = r#"apiVersion: core.oam.dev/v1alpha1
kind: WorkflowRun
metadata: {name: alone, annotations: {workflowrun.oam.dev/debug: "true"}}
spec:
  workflowSpec:
    steps:
      - {name: hello, type: print-message-in-status, properties: {message: alone}}
      - {name: wrong, type: request, properties: {url: "http://127.0.0.1:1/", method: GET}, timeout: 1s}
"#;

fn maps(place: &Place) -> Vec<String> {
    let maps: Value = serde_json::from_str(&place.prints(&["get", "configmaps", "-o", "json"])).unwrap();
    let names =
        maps["items"].as_array().unwrap().iter().map(|map| map["metadata"]["name"].as_str().unwrap().to_owned());
    names.filter(|name| name.contains("-debug-")).collect()
}

#[test]
fn what_steps_come_to_is_written_down_for_who_asked_for_it() {
    let place = Place::new(&[("app.yaml", APP)]);
    place.prints(&["up", "-f", "app.yaml"]);
    assert_snapshot!(without_hub(&place.refused(&["workflow", "debug", "shop"])), @r#"
    debug/nothing

      × there is no debug output of the run of shop
      help: `lateen up -f FILE --debug` writes it down, and so does a policy of type debug or the annotation workflowrun.oam.dev/debug: "true"
    "#);
    assert_eq!(maps(&place), Vec::<String>::new());

    place.prints(&["up", "-f", "app.yaml", "--debug"]);
    let shown = place.prints(&["workflow", "debug", "shop"]);
    let (settings, rest) = shown.split_once("// hello").unwrap();
    assert!(
        settings.starts_with("// settings (apply-object)\napply: {\n") && settings.contains("creationTimestamp"),
        "{shown}"
    );
    assert!(!settings.contains("managedFields"), "who set which field is bookkeeping: {shown}");
    assert_snapshot!(rest.replace('\t', "  "), @r#"
     (print-message-in-status)
    message: {
      $params: {
        message: "hello"
      }
    }
    parameter: {
      message: "hello"
    }

    // gate (suspend)
    suspend: {
      $params: {}
    }
    parameter: {}
    "#);
    assert_eq!(
        place.prints(&["workflow", "debug", "shop", "-s", "hello", "--focus", "parameter.message"]),
        "\"hello\"\n"
    );
    let colour =
        place.prints(&["workflow", "debug", "shop", "-s", "settings", "-f", "parameter.value.data", "-o", "yaml"]);
    assert_eq!(colour, "colour: blue\n");
    let all: Value = serde_json::from_str(&place.prints(&["workflow", "debug", "shop", "-o", "json"])).unwrap();
    assert_eq!(all["hello"]["parameter"]["message"], "hello", "{all}");
    for (args, wanted) in [
        (&["-s", "helo"][..], "did you mean \"hello\"?"),
        (&["-s", "side"], "a group has no value of its own"),
        (&["-s", "never"], "it has not been visited: it is skipped"),
        (&["-s", "hello", "-f", "parameter.text"], "it has "),
    ] {
        let said = place.refused(&[&["workflow", "debug", "shop"], args].concat());
        assert!(said.contains(wanted), "{args:?}: {said}");
    }

    let names = maps(&place);
    assert_eq!(names.len(), 3, "{names:?}");
    let app: Value = serde_json::from_str(&place.prints(&["get", "applications", "shop", "-o", "json"])).unwrap();
    let uid = app["metadata"]["uid"].as_str().unwrap();
    let step = app["status"]["workflow"]["steps"][0]["id"].as_str().unwrap();
    assert!(names.contains(&format!("shop-{step}-debug-{}", &uid[uid.len() - 5..])), "{names:?}");

    place.prints(&["delete", "shop", "--yes"]);
    assert_eq!(maps(&place), Vec::<String>::new());
}

#[test]
fn a_run_on_its_own_is_asked_by_an_annotation_and_a_step_that_failed_shows_how_far_it_came() {
    let place = Place::new(&[("run.yaml", RUN)]);
    place.fails(&["up", "-f", "run.yaml"]);
    assert_eq!(maps(&place).len(), 2);
    let failed = place.prints(&["workflow", "debug", "alone", "-s", "wrong"]);
    assert!(failed.contains("url:    \"http://127.0.0.1:1/\""), "{failed}");
}

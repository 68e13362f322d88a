//! The smaller commands as a user runs them, each on an embedded hub of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the command has failed")]

mod place;

use place::{Place, without_hub};

const DEFINITION: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: TraitDefinition
metadata:
  name: team
  namespace: vela-system
  annotations: {definition.oam.dev/description: "Who is asked"}
spec:
  appliesToWorkloads: [statefulsets.apps]
  schematic:
    cue:
      template: |
        patch: metadata: labels: team: parameter.name
        parameter: name: string
"#;

const APP: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - name: front
      type: worker
      properties: {image: busybox}
      traits:
        - type: team
          properties: {name: tea}
";

#[test]
fn definitions_of_the_hub_are_listed_shown_and_used() {
    let fitting = DEFINITION.replace("statefulsets.apps", "deployments.apps");
    let place = Place::new(&[("team.yaml", &fitting), ("unfit.yaml", DEFINITION), ("app.yaml", APP)]);
    let unknown = place.refused(&["def", "show", "team"]);
    assert!(unknown.contains("there is no definition \"team\""), "{unknown}");
    let unfit = place.refused(&["up", "-f", "unfit.yaml", "-f", "app.yaml"]);
    for part in [
        "render/applies-to",
        "spec.components[0].traits[0].type: trait \"team\" is not made for apps/v1 Deployment, the workload of component \"front\"",
        "app.yaml:10:17",
        "it applies to statefulsets.apps; where it fits all the same, add \"deployments.apps\" to appliesToWorkloads of",
    ] {
        assert!(unfit.replace("\n  \u{2502}", "").contains(part), "{part}\n{unfit}");
    }
    // The definition lies beside the application: it is stored with it.
    place.prints(&["up", "-f", "team.yaml", "-f", "app.yaml"]);
    let listed = place.prints(&["def", "list", "--type", "trait"]);
    let row: Vec<&str> = listed.lines().find(|line| line.starts_with("team")).unwrap().split_whitespace().collect();
    assert_eq!(row.join(" "), "team trait hub/vela-system Who is asked");
    insta::assert_snapshot!(place.prints(&["def", "get", "team", "-o", "yaml"]), @"
    apiVersion: core.oam.dev/v1beta1
    kind: TraitDefinition
    metadata:
      annotations:
        definition.oam.dev/description: Who is asked
      name: team
      namespace: vela-system
    spec:
      appliesToWorkloads:
        - deployments.apps
      schematic:
        cue:
          template: |
            patch: metadata: labels: team: parameter.name
            parameter: name: string
    ");
    assert!(
        place.prints(&["def", "show", "team"]).starts_with("team (trait, hub, namespace vela-system)\nWho is asked\n")
    );
    let builtin = place.prints(&["def", "get", "scaler"]);
    assert!(builtin.contains("scaler: {") && builtin.contains("parameter: {"), "{builtin}");
    assert!(place.refused(&["def", "show", "scalar"]).contains("did you mean \"scaler\"?"));
}

#[test]
fn a_cluster_is_renamed_and_labelled() {
    let place = Place::new(&[]);
    place.prints(&["cluster", "create", "one", "--labels", "tier=1,region=eu"]);
    place.prints(&["cluster", "labels", "add", "one", "team=tea"]);
    place.prints(&["cluster", "labels", "del", "one", "tier"]);
    place.prints(&["cluster", "alias", "one", "The first"]);
    place.prints(&["cluster", "rename", "one", "first"]);
    insta::assert_snapshot!(place.prints(&["cluster", "list"]), @"
    CLUSTER   ALIAS       TYPE       ENDPOINT                   ACCEPTED   LABELS
    local                 Internal   -                          true
    first     The first   Internal   embedded:one (simulated)   true       region=eu,team=tea
    ");
    assert!(place.refused(&["cluster", "rename", "one", "other"]).contains("no cluster named \"one\""));
    assert!(place.refused(&["cluster", "labels", "add", "local", "a=b"]).contains("the hub has no labels"));
}

#[test]
fn an_add_on_is_enabled_where_it_is_wanted() {
    let place = Place::new(&[]);
    place.prints(&["cluster", "create", "foo"]);
    assert_eq!(
        place.prints(&["addon", "enable", "fluxcd", "--clusters", "foo"]),
        "addon fluxcd is enabled on foo (simulated)\n"
    );
    insta::assert_snapshot!(place.prints(&["addon", "list"]), @"
    NAME        DESCRIPTION                                           ENABLED-ON
    fluxcd      Helm releases and repositories                        foo
    terraform   cloud resources by the Terraform controller
    ocm         registration of clusters by Open Cluster Management
    velaux      a dashboard                                           local,foo
    ");
    assert_eq!(
        place.prints(&["addon", "enable", "velaux"]),
        "addon velaux is enabled on local\naddon velaux is enabled on foo\n"
    );
    assert!(place.refused(&["addon", "enable", "flux"]).contains("did you mean fluxcd?"));
    assert!(place.refused(&["addon", "enable", "fluxcd", "-c", "bar"]).contains("no cluster named \"bar\""));
}

#[test]
fn the_hub_is_removed_only_when_somebody_says_yes() {
    let place = Place::new(&[]);
    place.prints(&["namespace", "create", "kept"]);
    insta::assert_snapshot!(without_hub(&place.refused(&["hub", "reset"])), @"
    cli/confirm

      × Remove the embedded hub in $FOLDER/home/clusters/local with everything in it? needs a yes
      help: give --yes where nobody can be asked
    ");
    assert!(place.prints(&["namespace", "list"]).contains("kept"));
    assert_eq!(place.prints(&["hub", "reset", "--yes"]), "Removed the embedded hub.\n");
    assert!(!place.prints(&["namespace", "list"]).contains("kept"));
}

#[test]
fn completion_knows_every_flag_of_every_command() {
    let place = Place::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.prints(&["completion", shell]);
        for word in ["allow-unreachable", "kube-version", "port-forward"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

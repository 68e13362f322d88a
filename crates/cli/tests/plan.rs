//! `lateen plan` and `lateen diff` as a user runs them, without a hub and with an embedded one.

mod place;

use place::Place;

const APP: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - name: web
      type: webservice
      properties:
        image: nginx:1.27
        ports: [{port: 80, expose: true}]
    - name: keys
      type: k8s-objects
      properties:
        objects:
          - apiVersion: v1
            kind: Secret
            metadata: {name: keys}
            stringData: {token: very-secret}
";

const STAGES: &str = "  policies:
    - name: staging
      type: topology
      properties: {clusters: [local], namespace: staging}
    - name: production
      type: topology
      properties: {clusterLabelSelector: {tier: production}, namespace: shop}
    - name: bigger
      type: override
      properties:
        components:
          - name: web
            properties: {cpu: \"2\"}
            traits: [{type: scaler, properties: {replicas: 3}}]
  workflow:
    steps:
      - name: try
        type: deploy
        properties: {policies: [staging]}
      - name: look
        type: suspend
        properties: {duration: 1h}
      - name: tell
        type: notification
        if: status.try.succeeded
        properties: {slack: {url: {value: 'http://example.com'}, message: {text: done}}}
      - name: release
        type: deploy
        properties: {policies: [production, bigger]}
";

#[test]
fn a_plan_without_a_hub() {
    let place = Place::new(&[("app.yaml", &format!("{APP}{STAGES}")), ("plain.yaml", APP)]);
    let seen = [place.told(&["plan", "-f", "app.yaml"]), place.told(&["plan", "-f", "plain.yaml", "--exit-code"])];
    insta::assert_snapshot!(seen.join("\n--\n"));
    // Nothing was made by asking.
    assert!(!place.path("home").exists());
    let json = place.told(&["plan", "-f", "app.yaml", "-o", "json"]);
    assert!(json.contains("***") && !json.contains("very-secret"), "{json}");
}

/// The texts of the YAML blocks of a document.
fn blocks(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next())
}

#[test]
fn what_the_manual_of_workflows_shows_can_be_planned() {
    let mut seen = Vec::new();
    for text in blocks(include_str!("../../../docs/workflows.md")) {
        // a run is planned as the Application of its steps
        let head = "kind: Application\nmetadata: {name: run}\nspec:\n  components: []\n  workflow:\n";
        let app = match text.split_once("  workflowSpec:\n") {
            Some((_, steps)) => format!("apiVersion: core.oam.dev/v1beta1\n{head}{steps}"),
            None => text.to_owned(),
        };
        let place = Place::new(&[("app.yaml", &app)]);
        let told = place.told(&["plan", "-f", "app.yaml"]);
        assert!(told.contains("Plan: ") && !told.contains("exit status"), "{text}{told}");
        seen.push(told.split("\n\nOnly").next().unwrap_or_default().to_owned());
    }
    insta::assert_snapshot!(seen.join("\n--\n"));
}

#[test]
fn a_step_for_each_item_delivers_each_and_a_wrong_item_is_told_where_it_stands() {
    let each = |second: &str| {
        let each = format!("{{items: [web, {second}], parameterKey: component}}");
        format!("{APP}  workflow:\n    steps:\n      - {{name: all, type: apply-component, forEach: {each}}}\n")
    };
    let place = Place::new(&[("app.yaml", &each("keys")), ("wrong.yaml", &each("keyz"))]);
    let seen = [place.told(&["plan", "-f", "app.yaml"]), place.told(&["plan", "-f", "wrong.yaml"])];
    insta::assert_snapshot!(seen.join("\n--\n"));
    let up = place.told(&["up", "-f", "app.yaml"]);
    assert!(up.contains("is running"), "{up}");
}

#[test]
fn a_plan_says_what_would_change_and_what_would_go() {
    let changed =
        APP.replace("1.27", "1.28").replace("port: 80, expose: true", "port: 81").replace("very-secret", "more-secret");
    let place = Place::new(&[("app.yaml", APP), ("changed.yaml", &changed)]);
    let up = place.told(&["up", "-f", "app.yaml"]);
    assert!(up.contains("is running"), "{up}");
    let same = place.told(&["plan", "-f", "app.yaml", "--exit-code"]);
    let different = place.told(&["plan", "-f", "changed.yaml", "--exit-code"]);
    insta::assert_snapshot!(format!("{same}\n--\n{different}"));
    assert!(!different.contains("more-secret"));
}

#[test]
fn what_a_cluster_would_refuse_is_told_by_the_plan() {
    let object = "          - apiVersion: v1
            kind: Service
            metadata: {name: door}
            spec: {ports: [{port: 70000}]}
";
    let place = Place::new(&[("app.yaml", &format!("{APP}{object}")), ("good.yaml", APP)]);
    let up = place.told(&["up", "-f", "good.yaml"]);
    assert!(up.contains("is running"), "{up}");
    insta::assert_snapshot!(place.told(&["plan", "-f", "app.yaml"]), @r#"
    Application shop (namespace default)

    Cluster local
      = default/Deployment/web
      = default/Service/web
      = default/Secret/keys
      ! default/Service/door  (component keys, auxiliary; step keys)
          apply Service default/door on cluster local: Service "door" is invalid: [spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]

    Workflow (DAG-DAG)
      web [apply-component]: 2 objects to local/default
      keys [apply-component]: 2 objects to local/default

    Plan: 0 created, 0 changed, 0 removed, 3 the same, 1 refused.
    exit status 1
    "#);
}

#[test]
fn a_plan_for_an_environment_is_what_up_then_does() {
    let app = APP.replace("metadata: {name: shop}", "metadata: {name: shop, namespace: elsewhere}");
    let place = Place::new(&[("app.yaml", &app)]);
    let lateen = |args: &[&str]| place.told(args);
    for args in [
        &["target", "create", "prod-here", "--cluster", "local", "--namespace", "shop"][..],
        &["env", "create", "prod", "--targets", "prod-here", "--namespace", "production"],
    ] {
        let said = lateen(args);
        assert!(!said.contains("exit status"), "{said}");
    }
    let plan = lateen(&["plan", "-f", "app.yaml", "--env", "prod"]);
    insta::assert_snapshot!(plan);
    // nothing was stored
    assert!(!lateen(&["ls", "-A"]).contains("shop"));
    let up = lateen(&["up", "-f", "app.yaml", "--env", "prod"]);
    assert!(up.contains("is running"), "{up}");
    assert!(lateen(&["plan", "-f", "app.yaml", "--env", "prod"]).contains("3 the same"));
    let unknown = lateen(&["plan", "-f", "app.yaml", "--env", "prdo"]);
    assert!(unknown.contains("prdo") && unknown.contains("exit status 1"), "{unknown}");
}

#[test]
fn environments_are_compared() {
    let place = Place::new(&[("app.yaml", &format!("{APP}{STAGES}"))]);
    let seen = [
        place.told(&["diff", "app.yaml", "--env", "staging", "--env", "production"]),
        place.told(&["diff", "app.yaml", "--env", "staging", "--env", "prodction"]),
        place.told(&["diff", "app.yaml", "--env", "staging"]),
    ];
    insta::assert_snapshot!(seen.join("\n--\n"));
}

#[test]
fn files_are_compared() {
    let changed = APP
        .replace("1.27", "1.28")
        .replace("name: keys\n      type", "name: other\n      type")
        .replace("very-secret", "x");
    let place = Place::new(&[("old.yaml", APP), ("new.yaml", &changed)]);
    let seen = [
        place.told(&["diff", "old.yaml", "new.yaml", "--exit-code"]),
        place.told(&["diff", "old.yaml", "old.yaml", "--exit-code"]),
        place.told(&["diff", "old.yaml", "new.yaml", "-o", "yaml"]),
    ];
    insta::assert_snapshot!(seen.join("\n--\n"));
}

#[test]
fn revisions_and_what_runs_are_compared() {
    let place = Place::new(&[("v1.yaml", APP), ("v2.yaml", &APP.replace("1.27", "1.28"))]);
    for file in ["v1.yaml", "v2.yaml"] {
        let up = place.told(&["up", "-f", file]);
        assert!(up.contains("is running"), "{up}");
    }
    let seen = [
        place.told(&["diff", "shop@v1", "shop@v2", "--exit-code"]),
        place.told(&["diff", "shop@1", "shop"]),
        place.told(&["diff", "shop", "v1.yaml"]),
        place.told(&["diff", "shop", "--exit-code"]),
        place.told(&["diff", "v1.yaml"]),
        place.told(&["diff", "shop@v7", "shop"]),
        place.told(&["diff", "shopp"]),
    ];
    insta::assert_snapshot!(seen.join("\n--\n"));
}

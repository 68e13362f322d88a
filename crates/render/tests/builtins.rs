//! Every built-in definition compiles, explains its parameters, and every package says what the table of actions says.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

use cue::{FieldOptions, Inputs, Instance, Limits, Selector};
use cue_syntax::{Source, Sources, ast::Decl, ast::Expr, ast::Label};
use model::DefinitionKind;
use render::builtin::{self, Builtins, Packages};
use render::{DefinitionSource, Loaded, Renderer};

const KINDS: [DefinitionKind; 4] =
    [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep];

fn all() -> Vec<std::sync::Arc<Loaded>> {
    let names = |kind| Builtins.names(kind).into_iter().map(move |n| (kind, n));
    KINDS.into_iter().flat_map(names).map(|(kind, name)| Builtins.find(kind, &name).unwrap().unwrap()).collect()
}

/// The fields of `parameter` that lack an explanation, at any depth, with those of the definitions (`#Name`) it refers to.
fn unexplained(loaded: &Loaded) -> Vec<String> {
    let named = |name: &str| {
        loaded.template.decls.iter().find_map(|decl| match decl {
            Decl::Field(field) => match &field.label {
                Label::Ident(id) if id.name == name => Some((&field.value, &field.doc)),
                _ => None,
            },
            _ => None,
        })
    };
    let mut out = Vec::new();
    let mut wanted = vec!["parameter".to_owned()];
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        let Some((value, _)) = named(&name) else { continue };
        render::definition::visit::expr(value, &mut |expr| match expr {
            Expr::Struct(fields) if fields.braces => undocumented(&fields.decls, &name, &mut out),
            Expr::Ident(id) if id.name.starts_with('#') && !wanted.iter().any(|w| *w == *id.name) => {
                wanted.push(id.name.to_string());
            }
            _ => {}
        });
    }
    out
}

fn undocumented(decls: &[Decl], under: &str, out: &mut Vec<String>) {
    for decl in decls {
        match decl {
            Decl::Field(field) => {
                let name = match &field.label {
                    Label::Ident(id) => id.name.to_string(),
                    Label::String(text) => format!("{:?}", text.value),
                    _ => continue,
                };
                if !field.doc.iter().any(|c| c.text.contains("+usage=")) {
                    out.push(format!("{under}: {name} says not what it is for"));
                }
            }
            Decl::Comprehension(c) => undocumented(&c.body.decls, under, out),
            _ => {}
        }
    }
}

/// What KubeVela ships (kubevela-features.md §3.1 to §3.5), what its usual add-ons bring, and what older files use.
const SHIPPED: [(DefinitionKind, &str); 4] = [
    (
        DefinitionKind::Component,
        "webservice worker statefulset daemon task cron-task k8s-objects ref-objects helmchart raw helm kustomize \
         alibaba-ack alibaba-rds alibaba-oss",
    ),
    (
        DefinitionKind::Trait,
        "affinity annotations command container-image container-ports cpuscaler env expose gateway hostalias hpa \
         init-container json-merge-patch json-patch k8s-update-strategy labels lifecycle nocalhost podsecuritycontext \
         pure-ingress resource scaler securitycontext service-account service-binding sidecar startup-probe storage \
         topologyspreadconstraints configmap volumes pvc ingress ingress-1-20 node-affinity helm-labels kustomize-patch \
         kustomize-json-patch kustomize-strategy-merge",
    ),
    (
        DefinitionKind::Policy,
        "apply-once garbage-collect override read-only replication resource-update shared-resource take-over topology \
         debug env-binding health",
    ),
    (
        DefinitionKind::WorkflowStep,
        "apply-component apply-deployment apply-object apply-terraform-config apply-terraform-provider build-push-image \
         check-metrics clean-jobs collect-service-endpoints create-config delete-config list-config read-config \
         depends-on-app deploy deploy-cloud-resource share-cloud-resource export-data export-service export2config \
         export2secret generate-jdbc-connection notification print-message-in-status read-object request \
         restart-workflow step-group suspend vela-cli webhook apply-application apply-application-in-parallel \
         apply-remaining deploy2env deploy2runtime multi-env deploy2cluster create-ack register-cluster",
    ),
];

#[test]
fn all_that_users_know_is_there_with_cases_beside_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../definitions");
    let mut missing = Vec::new();
    for (kind, names) in SHIPPED {
        for name in names.split_whitespace() {
            if Builtins::text(kind, name).is_none() {
                missing.push(format!("there is no {} \"{name}\"", kind.word()));
            }
        }
        for name in Builtins.names(kind) {
            let cases = folder.join(kind.word()).join(format!("{name}_test.yaml"));
            let text = std::fs::read_to_string(&cases).unwrap_or_default();
            if !text.contains("expect:") {
                missing.push(format!("{} has no cases", cases.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_definition_compiles_and_explains_its_parameters() {
    let renderer = Renderer::builtin();
    let mut problems = Vec::new();
    let mut count = 0;
    for loaded in all() {
        count += 1;
        let name = &loaded.definition.name;
        // The result does not matter: properties may be missing. That it compiles does.
        let checked = renderer.check_parameters(
            &loaded,
            &cue::json::from_value(&serde_json::json!({})),
            &cue::json::from_value(&serde_json::json!({"name": "app", "namespace": "default"})),
            "p",
            false,
        );
        for problem in checked.err().unwrap_or_default() {
            if !problem.code.starts_with("render/missing") {
                problems.push(format!("{name}: {} {}", problem.code, problem.message));
            }
        }
        for problem in cue::compile(&Packages, loaded.instance()).err().unwrap_or_default() {
            problems.push(format!("{name}: {} {}", problem.code, problem.message));
        }
        assert!(loaded.warnings.is_empty(), "{name} is outdated");
        problems.extend(unexplained(&loaded).into_iter().map(|p| format!("{name}: {p}")));
        for text in [loaded.definition.spec.status.as_ref()].into_iter().flatten() {
            for part in [&text.health_policy, &text.custom_status, &text.details] {
                let source = Source::new(format!("{name}#status"), part.as_str());
                let mut sources = Sources::default();
                let id = sources.add(source.clone());
                let parsed = cue_syntax::parse_file(&source, id);
                assert!(parsed.diagnostics.is_empty(), "{name}: {:?}", parsed.diagnostics);
            }
        }
    }
    assert!(count >= 91, "{count} definitions");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A package as a program, for looking at its definitions.
fn package(path: &str) -> cue::Program {
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for (name, text) in builtin::package(path).unwrap() {
        let source = Source::new(name, text.as_ref());
        let id = sources.add(source.clone());
        let parsed = cue_syntax::parse_file(&source, id);
        assert!(parsed.diagnostics.is_empty(), "{path}: {:?}", parsed.diagnostics);
        files.push(parsed.tree.unwrap());
    }
    cue::compile(&Packages, Instance { path: path.to_owned(), sources, files, ..Instance::default() }).unwrap()
}

#[test]
fn packages_and_the_table_of_actions_agree() {
    let mut problems = Vec::new();
    for action in model::action::all() {
        if action.provider == "cue" && action.name != "strategyUnify" {
            continue;
        }
        let program = package(&action.package());
        let evaluation = program.evaluate(Inputs::default(), &Limits::default());
        let definition = evaluation.lookup(&[Selector::Ident(action.definition.into())]);
        if !definition.exists() {
            problems.push(format!("{} lacks {}", action.package(), action.definition));
            continue;
        }
        let text = |field: &str| {
            let value = definition.lookup(&[Selector::Ident(field.into())]).data(&cue::DataOptions::default());
            value.ok().and_then(|d| cue::json::to_value(&d).ok()).and_then(|v| v.as_str().map(str::to_owned))
        };
        if text("#do").as_deref() != Some(action.name) || text("#provider").as_deref() != Some(action.provider) {
            problems.push(format!(
                "{}.{}: #do {:?} #provider {:?}",
                action.provider,
                action.definition,
                text("#do"),
                text("#provider")
            ));
        }
        let options = FieldOptions { optional: true, ..FieldOptions::default() };
        let fields = |part: &str| -> Vec<String> {
            let all = definition.fields(&options);
            let part = all.iter().find(|f| f.label == part);
            let mut names: Vec<String> = part
                .map(|f| f.value.fields(&options).iter().map(|f| f.label.to_string()).collect())
                .unwrap_or_default();
            names.sort();
            names
        };
        let named = |list: &[model::action::Field]| -> Vec<String> {
            let mut names: Vec<String> = list.iter().map(|f| f.name.to_owned()).collect();
            names.sort();
            names
        };
        for (part, wanted) in [("$params", named(action.params)), ("$returns", named(action.returns))] {
            let has = fields(part);
            let missing: Vec<&String> = wanted.iter().filter(|n| !has.contains(n)).collect();
            let extra: Vec<&String> = has.iter().filter(|n| !wanted.contains(n)).collect();
            if !missing.is_empty() || (!extra.is_empty() && !wanted.is_empty()) {
                problems.push(format!(
                    "{}.{} {part}: lacks {missing:?}, has more {extra:?}",
                    action.provider, action.definition
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_package_compiles() {
    for path in builtin::packages() {
        let program = package(path);
        let problems = program.evaluate(Inputs::default(), &Limits::default()).diagnostics();
        assert!(problems.is_empty(), "{path}: {problems:?}");
    }
}

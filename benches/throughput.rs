//! One process that renders many Applications: how many a second, and whether its memory stays what it is.
//!
//! `cargo bench -p render --bench throughput`, or with `-- --renders 1000000` for the long run. CPU time of the process, on
//! one thread. Goals: 2,000 different Applications a second; a component below 200 µs; memory that does not grow.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot run has failed")]

use cue_syntax::Source;
use nix::sys::resource::{UsageWho, getrusage};
use render::{AppInput, AppView, Clusters, Documents, Placement, RenderContext, Renderer};
use std::hint::black_box;
use std::time::Duration;

/// How many Applications differ from each other.
const DIFFERENT: usize = 1_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let asked = args.iter().position(|a| a == "--renders").and_then(|at| args.get(at + 1)?.parse().ok());
    let texts: Vec<String> = (0..DIFFERENT).map(application).collect();
    let inputs: Vec<AppInput> = texts.iter().map(|t| read(t)).collect();
    let (renderer, context) = (Renderer::builtin(), RenderContext::default());
    render(&renderer, &context, inputs.first().unwrap());

    println!("{:<52} {:>12} {:>12}", "one thread, CPU time", "each", "a second");
    line("Applications, read, rendered and written as YAML", DIFFERENT, || {
        texts.iter().for_each(|text| {
            let rendered = renderer.application(&read(text), &Clusters::Unknown, &context).unwrap();
            black_box(render::output::yaml(&rendered));
        });
    });
    line("Applications, rendered", DIFFERENT, || inputs.iter().for_each(|input| render(&renderer, &context, input)));
    let views: Vec<_> = inputs.iter().map(|i| (AppView::of(&i.app), i.components().remove(0))).collect();
    let placement = Placement::hub("default");
    line("components (webservice and scaler)", DIFFERENT, || {
        for (view, component) in &views {
            black_box(renderer.component(view, component, &placement, &context, None).unwrap());
        }
    });
    let mut plain = views.clone();
    plain.iter_mut().for_each(|(_, component)| component.traits.clear());
    line("components (webservice)", DIFFERENT, || {
        for (view, component) in &plain {
            black_box(renderer.component(view, component, &placement, &context, None).unwrap());
        }
    });
    schemas();
    memory(&renderer, &context, asked.unwrap_or(20_000));
}

fn render(renderer: &Renderer, context: &RenderContext, input: &AppInput) {
    black_box(renderer.application(input, &Clusters::Unknown, context).unwrap());
}

/// Validates an object of each kind against every version that is known.
fn schemas() {
    let before = peak();
    let releases: Vec<_> = k8s_schema::Release::all().collect();
    let pod = serde_json::json!({"containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 80}]}]});
    let object = serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}}});
    line("Deployments, against each version of Kubernetes", releases.len() * 1_000, || {
        for _ in 0..1_000 {
            for release in &releases {
                assert!(black_box(k8s_schema::validate_in(*release, &object)).is_empty());
            }
        }
    });
    println!("{} versions of schemas add {} KiB to the peak of memory", releases.len(), peak() - before);
}

/// Renders on and on, each Application another, and says what is resident after each tenth.
fn memory(renderer: &Renderer, context: &RenderContext, renders: usize) {
    let (before, mut first) = (resident(), 0);
    println!("resident before {renders} renders: {before} KiB");
    let started = used();
    for tenth in 1..=10 {
        for i in 0..renders / 10 {
            let input = read(&application(tenth * renders + i));
            render(renderer, context, &input);
        }
        let now = resident();
        if tenth == 1 {
            first = now;
        }
        println!("{:>10}: {now} KiB", tenth * renders / 10);
    }
    let grown = resident() as f64 - first as f64;
    let each = grown * 1024.0 / (renders as f64 * 0.9);
    println!(
        "{grown} KiB since the first tenth, {each:.3} bytes a render; {:.0} s CPU",
        (used() - started).as_secs_f64()
    );
}

fn line(what: &str, count: usize, mut run: impl FnMut()) {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let started = used();
        run();
        best = best.min(used() - started);
    }
    let each = best.as_secs_f64() / count as f64;
    println!("{what:<52} {:>9.1} µs {:>12.0}", each * 1e6, 1.0 / each);
}

/// User and system time of this process.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system tells");
    let micros = |t: nix::sys::time::TimeVal| u64::try_from(t.tv_sec() * 1_000_000 + t.tv_usec()).unwrap_or_default();
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

/// The largest resident set so far, in KiB.
fn peak() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).map(|usage| usage.max_rss()).unwrap_or_default()
}

/// What is resident now, in KiB; where the system does not tell, the most that was.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or_else(peak)
}

fn read(text: &str) -> AppInput {
    let mut documents = Documents::default();
    documents.read(&Source::new("app.yaml", text)).expect("the Application is well-formed");
    documents.finish();
    documents.applications.remove(0)
}

/// An Application of one web service, unlike any with another number.
fn application(i: usize) -> String {
    format!(
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: shop-{i}
  namespace: team-{}
spec:
  components:
    - name: web-{i}
      type: webservice
      properties:
        image: registry.example.org/shop/web:1.{i}
        imagePullPolicy: IfNotPresent
        cpu: {}m
        memory: {}Mi
        ports:
          - port: {}
            expose: true
        env:
          - name: SHOP
            value: shop-{i}
          - name: DATABASE
            value: postgres://db-{i}.example.org/shop
        labels:
          shop: number-{i}
      traits:
        - type: scaler
          properties:
            replicas: {}
",
        i % 17,
        100 + i % 400,
        64 + i % 900,
        1024 + i % 60_000,
        1 + i % 9
    )
}

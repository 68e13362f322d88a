//! A process that renders on and on does not grow. The long run is a benchmark (`throughput -- --renders 1000000`); this one is
//! long enough to see whatever an Application would leave behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

use cue_syntax::Source;
use nix::sys::resource::{UsageWho, getrusage};
use render::{Clusters, Documents, RenderContext, Renderer};

/// The largest resident set so far, in the unit of the system.
fn peak() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss()
}

#[test]
fn applications_leave_nothing_behind() {
    let (renderer, context) = (Renderer::builtin(), RenderContext::default());
    let render = |i: usize| {
        let text = format!(
            "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: shop-{i}, namespace: team-{i}}}
spec:
  components:
    - name: web-{i}
      type: webservice
      properties: {{image: 'shop:{i}', ports: [{{port: {}, expose: true}}], labels: {{number: n{i}}}}}
      traits: [{{type: scaler, properties: {{replicas: {}}}}}]
",
            1_024 + i,
            i % 7
        );
        let mut documents = Documents::default();
        documents.read(&Source::new(format!("app-{i}.yaml"), text)).unwrap();
        documents.finish();
        let rendered = renderer.application(documents.applications.first().unwrap(), &Clusters::Unknown, &context);
        let workload = rendered.unwrap().parts.remove(0).component;
        assert_eq!(workload.name, format!("web-{i}"));
    };
    (0..100).for_each(render);
    let before = peak();
    (100..600).for_each(render);
    // What was read and rendered of one Application is more than 8 KiB.
    let grown = peak() - before;
    assert!(grown <= before / 20, "{grown} more than {before} at its peak");
}

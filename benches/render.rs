//! Rendering, warm: the components of walk A, and many different Applications of one shape.
//!
//! `cargo bench -p render`. Goals: a component below 1 ms; 2,000 Applications a second on one core.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot run has failed")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cue_syntax::Source;
use render::{AppView, Clusters, Documents, Placement, RenderContext, Renderer};
use std::hint::black_box;

fn walk_a() -> render::AppInput {
    let text = include_str!("../examples/approval/app.yaml");
    let mut documents = Documents::default();
    documents.read(&Source::new("app.yaml", text)).expect("walk A is well-formed");
    documents.finish();
    documents.applications.remove(0)
}

fn components(c: &mut Criterion) {
    let (renderer, context, input) = (Renderer::builtin(), RenderContext::default(), walk_a());
    let (view, placement) = (AppView::of(&input.app), Placement::hub("default"));
    let mut group = c.benchmark_group("component of walk A");
    for component in input.components() {
        group.bench_function(component.name.clone(), |b| {
            b.iter(|| renderer.component(&view, black_box(&component), &placement, &context, None).unwrap());
        });
    }
    group.finish();
}

fn applications(c: &mut Criterion) {
    let (renderer, context) = (Renderer::builtin(), RenderContext::default());
    let inputs: Vec<render::AppInput> = (0..100)
        .map(|i| {
            let mut input = walk_a();
            input.app.metadata.name = format!("shop-{i}");
            input
        })
        .collect();
    let mut group = c.benchmark_group("whole applications");
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("walk A, 100 names", |b| {
        b.iter(|| {
            for input in &inputs {
                black_box(renderer.application(input, &Clusters::Unknown, &context).unwrap());
            }
        });
    });
    group.finish();
}

fn cold(c: &mut Criterion) {
    let (context, input) = (RenderContext::default(), walk_a());
    c.bench_function("walk A, nothing compiled before", |b| {
        b.iter(|| black_box(Renderer::builtin().application(&input, &Clusters::Unknown, &context).unwrap()));
    });
}

criterion_group!(benches, components, applications, cold);
criterion_main!(benches);

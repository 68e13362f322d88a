//! A component rendered again by templates that are compiled already, in this process: what each Application costs a
//! controller. Goal: below 200 microseconds of CPU for a component; a trait is one template more.

use cue_syntax::Source;
use render::{AppView, Documents, Placement, RenderContext, Renderer};

const APPLICATION: &str = include_str!("../../examples/approval/app.yaml");

/// How often each is rendered.
const TIMES: u32 = 3_000;

/// Nanoseconds that this thread has run, where the system says so.
fn ran() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

pub(crate) fn components() -> Result<(), String> {
    let mut documents = Documents::default();
    documents.read(&Source::new("app.yaml", APPLICATION)).map_err(|d| format!("{d:?}"))?;
    documents.finish();
    let input = documents.applications.first().ok_or("no Application")?;
    let (renderer, context) = (Renderer::builtin(), RenderContext::default());
    let (view, placement) = (AppView::of(&input.app), Placement::hub("default"));
    for component in input.components() {
        let render =
            || renderer.component(&view, &component, &placement, &context, None).map(|made| made.objects.len());
        for _ in 0..TIMES / 10 {
            render().map_err(|d| format!("{d:?}"))?;
        }
        let before = ran();
        for _ in 0..TIMES {
            render().map_err(|d| format!("{d:?}"))?;
        }
        let Some((after, before)) = ran().zip(before) else { return Ok(()) };
        let each = (after - before) as f64 / 1e3 / f64::from(TIMES);
        let what = format!("{} and {} traits", component.kind, component.traits.len());
        println!("{:<14} {each:.0} us for a {what} (goal 200 us)", "warm");
    }
    Ok(())
}

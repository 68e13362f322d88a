//! Whole processes, as a shell starts them: `lateen render` of walk A, `lateen cue export` of one field, `lateen def vet` of the
//! built-in definitions, and `lateen up` of 100 Applications on a new embedded hub.
//!
//! `cargo bench -p cli --bench process`. CPU time, peak memory and wall time, the best of several runs each. Goals: render
//! 10 ms; export 2 ms and 8 MB; vet of all built-in definitions 300 ms.

mod measure;

use measure::{Cost, is_measuring, run};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

const LATEEN: &str = env!("CARGO_BIN_EXE_lateen");

fn main() -> ExitCode {
    if is_measuring() {
        return ExitCode::SUCCESS;
    }
    println!("{:<44} {:>9} {:>10} {:>9}", "process", "CPU ms", "peak KiB", "wall ms");
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let here = folder.path();
    let write = |name: &str, text: &str| std::fs::write(here.join(name), text).map_err(|e| e.to_string());
    write("one.cue", "a: 1\n")?;
    write("apps.yaml", &applications(100))?;
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/approval");
    line("cue export of one field", 40, || run(&[LATEEN, "cue", "export", "one.cue"], here, &[], "-"))?;
    line("render of walk A", 20, || run(&[LATEEN, "render", "-f", "app.yaml"], &walk, &[], "-"))?;
    let definitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../definitions");
    let definitions = definitions.display().to_string();
    line("def vet of all built-ins", 10, || run(&[LATEEN, "def", "vet", &definitions], here, &[], "-"))?;
    let mut hubs = 0;
    line("up of 100 Applications until they are running", 2, || {
        hubs += 1;
        let home = here.join(format!("hub-{hubs}")).display().to_string();
        let variables = [("LATEEN_HOME", home.as_str()), ("LATEEN_HUB", "embedded")];
        let out = here.join("out.txt");
        let cost = run(&[LATEEN, "up", "-f", "apps.yaml"], here, &variables, &out.display().to_string())?;
        let said = std::fs::read_to_string(&out).map_err(|e| e.to_string())?;
        let running = said.lines().filter(|l| l.ends_with("is running.")).count();
        if running == 100 { Ok(cost) } else { Err(format!("{running} of 100 Applications are running:\n{said}")) }
    })
}

/// The best of several runs, after one that warms the caches.
pub(crate) fn best(runs: usize, mut one: impl FnMut() -> Result<Cost, String>) -> Result<Cost, String> {
    one()?;
    let mut best = one()?;
    for _ in 1..runs {
        best = best.min(one()?);
    }
    Ok(best)
}

fn line(what: &str, runs: usize, one: impl FnMut() -> Result<Cost, String>) -> Result<(), String> {
    let cost = best(runs, one)?;
    let ms = |d: std::time::Duration| d.as_secs_f64() * 1e3;
    println!("{what:<44} {:>9.2} {:>10} {:>9.2}", ms(cost.cpu), cost.peak, ms(cost.wall));
    Ok(())
}

/// Applications of one web service with a service and two replicas.
fn applications(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "---
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: shop-{i}
  namespace: default
spec:
  components:
    - name: web-{i}
      type: webservice
      properties:
        image: nginx:1.27
        ports:
          - port: 80
            expose: true
      traits:
        - type: scaler
          properties:
            replicas: 2
"
        );
    }
    text
}

#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Read;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut worst = 0;
    for f in &a[1..] {
        if f == "--dump" { continue; }
        let mut t = Vec::new();
        if f == "-" { std::io::stdin().read_to_end(&mut t).unwrap(); } else { t = std::fs::read(f).unwrap(); }
        let Ok(t) = String::from_utf8(t) else { println!("{f}: ERR utf8"); continue };
        let n = t.len();
        let s = cue_syntax::Source::new(f.clone(), t);
        let t0 = std::time::Instant::now();
        let p = cue_syntax::parse_file(&s, cue_syntax::SourceId(0));
        let dt = t0.elapsed().as_secs_f64();
        if p.diagnostics.is_empty() { println!("{f}: OK {:.1} MB/s", n as f64 / dt / 1e6); } else { worst = 1; println!("{f}: ERR"); }
        for d in &p.diagnostics {
            let l = &d.labels[0];
            println!("    {} at {:?}-{:?}: {} | {} | {:?}", d.code, s.line_column(l.start), s.line_column(l.end), d.message, l.text, d.help);
        }
        if a.iter().any(|x| x == "--dump") { println!("{:#?}", p.tree); }
    }
    std::process::exit(worst);
}

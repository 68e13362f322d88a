#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Read;
fn main() {
    let mut t = Vec::new();
    std::io::stdin().read_to_end(&mut t).unwrap();
    let s = cue_syntax::Source::new("-", String::from_utf8_lossy(&t).into_owned());
    if std::env::args().nth(1).as_deref() == Some("print") {
        let p = cue_syntax::parse_file(&s, cue_syntax::SourceId(0));
        print!("{}", cue_syntax::print_file(&p.tree.unwrap()));
        return;
    }
    match cue_syntax::format(&s) {
        Ok(t) => print!("{t}"),
        Err(d) => { for d in d { let l=&d.labels[0]; eprintln!("{} {:?} {} | {}", d.message, s.line_column(l.start), l.text, d.help.unwrap_or_default()); } std::process::exit(1) }
    }
}

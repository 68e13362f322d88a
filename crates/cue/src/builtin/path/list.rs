//! `path.SplitList`: the paths of `PATH`.

use super::os::Os;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};

builtins! { "path";
    /// `SplitList(path, os)` is the paths in a list such as `PATH`; on Windows, quotes keep a `;` in a path.
    pure SplitList(path: STRING, os: STRING) = split_list;
}

fn split_list(args: Args<'_>) -> Outcome<Vec<String>> {
    let (path, os) = (args.string(0)?, Os::of(args, 1)?);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        if c == '"' && os == Os::Windows {
            quoted = !quoted;
        } else if c == os.list_separator() && !quoted {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    Ok(all)
}

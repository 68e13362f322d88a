//! `path.Clean`, `Join`, `Resolve`, and slashes.

use super::os::Os;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "path";
    /// `Clean(path, os)` is the shortest path of the same meaning: without `.`, empty parts, and `..` behind a name.
    pure Clean(path: STRING, os: STRING ["\"unix\""]) = |a: Args<'_>| Ok::<_, Fault>(Os::of(a, 1)?.clean(a.string(0)?));
    /// `Join(list, os)` is the clean path of the parts with separators between them; empty parts do not count.
    pure Join(list: LIST, os: STRING ["\"unix\""]) = |a: Args<'_>| Ok::<_, Fault>(join(Os::of(a, 1)?, &a.strings(0)?));
    /// `Resolve(dir, sub, os)` is the path `sub` seen from the folder `dir`: `sub` itself when it is absolute.
    pure Resolve(dir: STRING, sub: STRING, os: STRING ["\"unix\""]) = resolve;
    /// `FromSlash(path, os)` is the path with `/` replaced by the separator of the system.
    pure FromSlash(path: STRING, os: STRING) = |a: Args<'_>| Ok::<_, Fault>(Os::of(a, 1)?.with_separators(a.string(0)?));
    /// `ToSlash(path, os)` is the path with the separator of the system replaced by `/`.
    pure ToSlash(path: STRING, os: STRING) = to_slash;
}

fn to_slash(args: Args<'_>) -> Outcome<String> {
    let path = args.string(0)?;
    Ok(if Os::of(args, 1)? == Os::Windows { path.replace('\\', "/") } else { path.to_owned() })
}

fn resolve(args: Args<'_>) -> Outcome<String> {
    let (os, dir, sub) = (Os::of(args, 2)?, args.string(0)?, args.string(1)?);
    Ok(if os.is_absolute(sub) { os.clean(sub) } else { os.clean(&join(os, &[dir, sub])) })
}

fn join(os: Os, parts: &[&str]) -> String {
    let given: Vec<&str> = parts.iter().copied().skip_while(|p| p.is_empty()).collect();
    let Some((first, others)) = given.split_first() else { return String::new() };
    let separator = os.separator().to_string();
    if os != Os::Windows {
        return os.clean(&given.join(&separator));
    }
    if first.len() == 2 && first.ends_with(':') {
        // A drive letter alone is the current folder of the drive, so no separator follows.
        let others: Vec<&str> = others.iter().copied().skip_while(|p| p.is_empty()).collect();
        return os.clean(&format!("{first}{}", others.join(&separator)));
    }
    let whole = os.clean(&given.join(&separator));
    let head = os.clean(first);
    if os.volume(&whole) <= 2 || os.volume(&head) > 2 {
        return whole;
    }
    // Parts that are no share must not become one.
    let tail = os.clean(&others.join(&separator));
    let between = if head.ends_with('\\') { "" } else { "\\" };
    format!("{head}{between}{tail}")
}

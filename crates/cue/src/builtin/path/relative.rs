//! `path.Rel`.

use super::os::Os;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "path";
    /// `Rel(base, target, os)` is the path of `target` seen from `base`; an error when that cannot be known.
    pure Rel(base: STRING, target: STRING, os: STRING ["\"unix\""]) = rel;
}

fn rel(args: Args<'_>) -> Outcome<String> {
    let (base_path, target_path, os) = (args.string(0)?, args.string(1)?, Os::of(args, 2)?);
    let (base, target) = (os.clean(base_path), os.clean(target_path));
    if os.same(&base, &target) {
        return Ok(".".to_owned());
    }
    let impossible = || Fault::error(format!("Rel: can't make {target_path} relative to {base_path}"));
    let (base_volume, base) = os.split_volume(&base);
    let (target_volume, target) = os.split_volume(&target);
    let base = if base == "." { "" } else { base };
    let separator = os.separator();
    if base.starts_with(separator) != target.starts_with(separator) || !os.same(base_volume, target_volume) {
        return impossible();
    }
    let parts = |path: &str| -> Vec<String> {
        path.trim_start_matches(separator).split(separator).filter(|p| !p.is_empty()).map(str::to_owned).collect()
    };
    let (base, target) = (parts(base), parts(target));
    let shared = base.iter().zip(&target).take_while(|(b, t)| os.same(b, t)).count();
    if base.get(shared).is_some_and(|part| part == "..") {
        return impossible();
    }
    let up = std::iter::repeat_n("..", base.len() - shared);
    let all: Vec<&str> = up.chain(target.iter().skip(shared).map(String::as_str)).collect();
    Ok(all.join(&separator.to_string()))
}

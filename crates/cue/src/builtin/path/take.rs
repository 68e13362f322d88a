//! Parts of a path: `path.Base`, `Dir`, `Ext`, `Split`, `VolumeName`, `IsAbs`.

use super::os::Os;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "path";
    /// `Base(path, os)` is the last part of the path; `.` when it is empty.
    pure Base(path: STRING, os: STRING ["\"unix\""]) = base;
    /// `Dir(path, os)` is the clean path without its last part; `.` when there is nothing before it.
    pure Dir(path: STRING, os: STRING ["\"unix\""]) = dir;
    /// `Ext(path, os)` is the last part from its last point on, the point included; empty without a point.
    pure Ext(path: STRING, os: STRING ["\"unix\""]) = ext;
    /// `IsAbs(path, os)` says whether the path is absolute.
    bool IsAbs(path: STRING, os: STRING ["\"unix\""]) = |a: Args<'_>| Ok::<_, Fault>(Os::of(a, 1)?.is_absolute(a.string(0)?));
    /// `Split(path, os)` is `[dir, file]`: the path cut behind its last separator.
    pure Split(path: STRING, os: STRING ["\"unix\""]) = split;
    /// `VolumeName(path, os)` is the drive or share that a path begins with, on Windows.
    pure VolumeName(path: STRING, os: STRING ["\"windows\""]) = volume_name;
}

/// Cut behind the last separator, but not inside the volume.
fn cut(os: Os, path: &str) -> (&str, &str) {
    let (volume, rest) = os.split_volume(path);
    let at = rest.rfind(|c| os.is_separator(c)).map_or(0, |i| i + 1);
    path.split_at_checked(volume.len() + at).unwrap_or((path, ""))
}

fn base(args: Args<'_>) -> Outcome<String> {
    let (path, os) = (args.string(0)?, Os::of(args, 1)?);
    if path.is_empty() {
        return Ok(".".to_owned());
    }
    let trimmed = path.trim_end_matches(|c| os.is_separator(c));
    let (_, rest) = os.split_volume(trimmed);
    let last = rest.rsplit(|c| os.is_separator(c)).next().unwrap_or_default();
    Ok(if last.is_empty() { os.separator().to_string() } else { last.to_owned() })
}

fn dir(args: Args<'_>) -> Outcome<String> {
    let (path, os) = (args.string(0)?, Os::of(args, 1)?);
    let (volume, _) = os.split_volume(path);
    let (before, _) = cut(os, path);
    let folder = os.clean(before.get(volume.len()..).unwrap_or_default());
    Ok(if folder == "." && volume.len() > 2 { volume.to_owned() } else { format!("{volume}{folder}") })
}

fn ext(args: Args<'_>) -> Outcome<String> {
    let (path, os) = (args.string(0)?, Os::of(args, 1)?);
    let last = path.rsplit(|c| os.is_separator(c)).next().unwrap_or_default();
    Ok(last.rfind('.').and_then(|at| last.get(at..)).unwrap_or_default().to_owned())
}

fn split(args: Args<'_>) -> Outcome<Vec<&str>> {
    let (dir, file) = cut(Os::of(args, 1)?, args.string(0)?);
    Ok(vec![dir, file])
}

fn volume_name(args: Args<'_>) -> Outcome<&str> {
    Ok(Os::of(args, 1)?.split_volume(args.string(0)?).0)
}

//! The difference of two texts, by lines.

/// Lines around a change that are shown.
const AROUND: usize = 2;
/// The longest table that is made; beyond it the middle is shown as removed and added whole.
const LARGEST: usize = 4_000_000;

/// One line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

/// The lines that differ, `- ` before those of `old` and `+ ` before those of `new`, with a little of what stands around
/// them; empty when the texts are equal.
pub fn diff(old: &str, new: &str) -> String {
    let lines = compare(old, new);
    let shown: Vec<bool> = (0..lines.len())
        .map(|i| {
            let around = lines.get(i.saturating_sub(AROUND)..(i + AROUND + 1).min(lines.len())).unwrap_or_default();
            around.iter().any(|l| !matches!(l, Line::Same(_)))
        })
        .collect();
    let mut out = String::new();
    let mut gap = false;
    for (line, shown) in lines.iter().zip(shown) {
        if !shown {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) && !out.is_empty() {
            out.push_str("  …\n");
        }
        let (sign, text) = match line {
            Line::Same(text) => ("  ", text),
            Line::Removed(text) => ("- ", text),
            Line::Added(text) => ("+ ", text),
        };
        out.push_str(format!("{sign}{text}").trim_end());
        out.push('\n');
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// The longest common subsequence, after the common start and end are taken off.
fn compare<'a>(old: &'a str, new: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let a = old.get(start..old.len() - end).unwrap_or_default();
    let b = new.get(start..new.len() - end).unwrap_or_default();
    let mut out: Vec<Line<'a>> = old.iter().take(start).map(|l| Line::Same(l)).collect();
    if a.len().saturating_mul(b.len()) > LARGEST {
        out.extend(a.iter().map(|l| Line::Removed(l)));
        out.extend(b.iter().map(|l| Line::Added(l)));
    } else {
        middle(a, b, &mut out);
    }
    out.extend(old.iter().skip(old.len() - end).map(|l| Line::Same(l)));
    out
}

fn middle<'a>(a: &[&'a str], b: &[&'a str], out: &mut Vec<Line<'a>>) {
    let width = b.len() + 1;
    let mut table = vec![0_u32; (a.len() + 1) * width];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let longest =
                if x == y { at(&table, i + 1, j + 1) + 1 } else { at(&table, i + 1, j).max(at(&table, i, j + 1)) };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => {
                out.push(Line::Same(x));
                (i, j) = (i + 1, j + 1);
            }
            (Some(x), y) if y.is_none() || at(&table, i + 1, j) >= at(&table, i, j + 1) => {
                out.push(Line::Removed(x));
                i += 1;
            }
            (_, Some(y)) => {
                out.push(Line::Added(y));
                j += 1;
            }
            _ => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(diff("a\nb\n", "a\nb\n"), "");
        assert_eq!(diff("a\nb\nc\n", "a\nc\nd\n"), "  a\n- b\n  c\n+ d");
        let long: String = (0..20).map(|i| format!("{i}\n")).collect();
        assert_eq!(
            diff(&long, &long.replace("1\n2\n", "1\nx\n").replace("18\n", "")),
            "  0\n  1\n- 2\n+ x\n  3\n  4\n  …\n  16\n  17\n- 18\n  19"
        );
    }
}

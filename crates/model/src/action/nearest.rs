//! The nearest name, for "did you mean".

/// The candidate with the smallest edit distance (a swap of neighbours counts one), when it is small enough to be a slip:
/// at most a third of the longer text, at least one. The first wins a tie.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().take(64).flat_map(char::to_lowercase).collect();
        let bound = (wanted.len().max(other.len()) / 3).max(1);
        let d = distance(&wanted, &other);
        if d <= bound && best.is_none_or(|(b, _)| d < b) {
            best = Some((d, candidate));
        }
    }
    best.map(|(_, c)| c)
}

/// Damerau's distance in its restricted form, three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut d = (at(&last, j + 1) + 1).min(at(&row, j) + 1).min(at(&last, j) + usize::from(ca != cb));
            if i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca) {
                d = d.min(at(&before, j - 1) + 1);
            }
            row.push(d);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let names = ["webservice", "worker", "task", "helm", "k8s-objects"];
        let near = |n| nearest(n, names);
        assert_eq!(near("webservce"), Some("webservice"));
        assert_eq!(near("WebService"), Some("webservice"));
        assert_eq!(near("tsak"), Some("task"));
        assert_eq!(near("k8s-object"), Some("k8s-objects"));
        assert_eq!(near("database"), None);
        assert_eq!(near(""), None);
    }
}

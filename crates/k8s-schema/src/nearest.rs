//! "Did you mean": the known name that is nearest to a misspelt one.

/// The candidate nearest to `word`, if one is near enough to be worth a suggestion: at most a third of the letters
/// (at least one, at most three) inserted, deleted, replaced or swapped with their neighbour; letters' case is free.
/// Of equally near candidates the first one wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 128; // longer words are not typed by hand, and distance is quadratic
    let wanted: Vec<char> = word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let limit = (wanted.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
        if candidate == word || letters.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let distance = distance(&wanted, &letters);
        if distance <= limit && distance < letters.len() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance, three rows of the table at a time.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut left_before = None;
    for (index, &letter) in left.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(index + 1);
        let mut diagonal = row.first().copied().unwrap_or(0);
        let mut right_before = None;
        for (column, &other) in right.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            let beside = next.last().copied().unwrap_or(0);
            let mut cost = (above + 1).min(beside + 1).min(diagonal + usize::from(letter != other));
            if left_before == Some(other) && right_before == Some(letter) {
                let swapped = column.checked_sub(1).and_then(|column| before.get(column));
                cost = cost.min(swapped.map_or(usize::MAX, |cost| cost + 1));
            }
            diagonal = above;
            right_before = Some(other);
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
        left_before = Some(letter);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_a_person_may_have_meant() {
        let known = ["replicas", "selector", "template", "strategy", "paused"];
        assert_eq!(nearest("replica", known), Some("replicas"));
        assert_eq!(nearest("Selector", known), Some("selector"));
        assert_eq!(nearest("tempalte", known), Some("template"));
        assert_eq!(nearest("statregy", known), Some("strategy"));
        assert_eq!(nearest("image", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_short_word_is_not_everything() {
        assert_eq!(nearest("a", ["b", "cd"]), None);
        assert_eq!(nearest("pod", ["pods", "node"]), Some("pods"));
    }
}

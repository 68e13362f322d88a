//! Property paths as diagnostics write them, and the way along one through data.

use super::{Data, DataValue};

/// The steps of a path: `a.b[0]."x-y"` gives `a`, `b`, `0`, `x-y`. A backslash in quotes stands for the character after it.
pub fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = String::new();
    let mut quoted = false;
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => step.extend(chars.next()),
            '.' | '[' | ']' if !quoted => {
                if !step.is_empty() {
                    steps.push(std::mem::take(&mut step));
                }
            }
            c => step.push(c),
        }
    }
    if !step.is_empty() {
        steps.push(step);
    }
    steps
}

impl Data {
    /// This and what stands at each of the steps below it, as far as they lead.
    pub fn along<'a>(&'a self, steps: &'a [String]) -> impl Iterator<Item = &'a Data> {
        let mut steps = steps.iter();
        std::iter::successors(Some(self), move |at| {
            let step = steps.next()?;
            match &at.value {
                DataValue::Struct(fields) => fields.get(step.as_str()),
                DataValue::List(items) => step.parse::<usize>().ok().and_then(|i| items.get(i)),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_written() {
        assert_eq!(steps("a.b[0].\"x-y.z\""), ["a", "b", "0", "x-y.z"]);
        assert_eq!(steps(r#"labels["a.b/\"c"]"#), ["labels", r#"a.b/"c"#]);
        assert!(steps("").is_empty());
    }

    #[test]
    fn the_way_ends_where_nothing_is() {
        let item = Data::from(DataValue::List(vec![Data::string("x")]));
        let data = Data::from(DataValue::Struct([("a".into(), item)].into_iter().collect()));
        let depth = |path| data.along(&steps(path)).count() - 1;
        assert_eq!(["", "b", "a", "a[0]", "a[1]", "a.b", "a[0].b"].map(depth), [0, 0, 1, 2, 1, 1, 2]);
    }
}

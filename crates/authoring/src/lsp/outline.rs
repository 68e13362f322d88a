//! YAML as an outline: keys and values with their paths, read by indentation and in flow style, also where it is broken.

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

/// A key or an element with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it is; the last step is its own.
    pub(super) path: Vec<Step>,
    /// The key, quotes included; empty for an element.
    pub(super) key: (usize, usize),
    /// The scalar behind it, quotes included; empty when there is none.
    pub(super) value: (usize, usize),
    /// Number of the document in the file.
    pub(super) document: usize,
}

/// What a cursor stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The path of what it stands in: of the struct for a key, of the entry for a value.
    pub(super) path: Vec<Step>,
    /// It begins a key; else it stands in the value of the last step.
    pub(super) in_key: bool,
    /// First byte of the word that was begun.
    pub(super) start: usize,
    /// The document.
    pub(super) document: usize,
}

/// `spec.components.0.type` of a path.
#[cfg(test)]
fn dotted(path: &[Step]) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|s| match s {
            Step::Key(k) => k.clone(),
            Step::Item(i) => i.to_string(),
        })
        .collect();
    steps.join(".")
}

struct Level {
    column: usize,
    item: bool,
    step: Step,
}

#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    entries: Vec<Entry>,
    document: usize,
    /// The column of the key whose block text (`|`, `>`) is being passed over.
    block: Option<usize>,
}

/// All entries of a text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut reader = Reader::default();
    let mut start = 0;
    for line in text.split('\n') {
        reader.line(line.trim_end_matches('\r'), start);
        start += line.len() + 1;
    }
    reader.entries
}

/// What a cursor stands in.
pub(super) fn spot(text: &str, offset: usize) -> Spot {
    let mut reader = Reader::default();
    let line_start = text.get(..offset).and_then(|t| t.rfind('\n')).map_or(0, |p| p + 1);
    let mut start = 0;
    for line in text.get(..line_start.saturating_sub(1)).unwrap_or_default().split('\n') {
        reader.line(line.trim_end_matches('\r'), start);
        start += line.len() + 1;
    }
    let head = text.get(line_start..offset).unwrap_or_default();
    let mut column = head.len() - head.trim_start_matches(' ').len();
    let mut rest = head.get(column..).unwrap_or_default();
    // `- ` opens an element.
    while let Some(after) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|r| r.is_empty())) {
        reader.item(column);
        let blanks = after.len() - after.trim_start_matches(' ').len();
        column += rest.len() - after.len() + blanks;
        rest = after.trim_start_matches(' ');
    }
    let at = line_start + column;
    reader.close(column);
    if let Some((key, value_at)) = key_of(rest) {
        let mut path = reader.path();
        path.push(Step::Key(unquoted(key).to_owned()));
        let value = rest.get(value_at..).unwrap_or_default();
        let value_start = at + value_at + (value.len() - value.trim_start().len());
        let value = value.trim_start();
        if value.starts_with(['{', '[']) {
            return flow(value, value_start, path, reader.document);
        }
        let quote = usize::from(value.starts_with(['"', '\'']));
        return Spot { path, in_key: false, start: value_start + quote, document: reader.document };
    }
    if rest.starts_with(['{', '[']) {
        return flow(rest, at, reader.path(), reader.document);
    }
    let path = reader.path();
    // A scalar element of a list of scalars looks like a key that was begun: both are offered by who asks.
    Spot { path, in_key: true, start: at, document: reader.document }
}

/// The end of a flow collection: which key or value the cursor is at.
fn flow(text: &str, base: usize, path: Vec<Step>, document: usize) -> Spot {
    let mut path = path;
    // For each open bracket: how long the path was, and whether it is a map.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut word = 0;
    let mut in_key = true;
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        if let Some(q) = quote {
            if c == q {
                quote = None;
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '{' => {
                open.push((path.len(), true));
                (in_key, word) = (true, next);
            }
            '[' => {
                open.push((path.len(), false));
                path.push(Step::Item(0));
                (in_key, word) = (false, next);
            }
            '}' | ']' => {
                if let Some((length, _)) = open.pop() {
                    path.truncate(length);
                }
                word = next;
            }
            ',' => {
                match open.last() {
                    Some((length, true)) => {
                        path.truncate(*length);
                        in_key = true;
                    }
                    Some((length, false)) => {
                        let index = match path.get(*length) {
                            Some(Step::Item(i)) => i + 1,
                            _ => 0,
                        };
                        path.truncate(*length);
                        path.push(Step::Item(index));
                    }
                    None => {}
                }
                word = next;
            }
            ':' if in_key && open.last().is_some_and(|(_, map)| *map) => {
                let key = text.get(word..at).unwrap_or_default().trim();
                path.push(Step::Key(unquoted(key).to_owned()));
                in_key = false;
                word = next;
            }
            _ => {}
        }
    }
    let begun = text.get(word..).unwrap_or_default();
    let blanks = begun.len() - begun.trim_start().len();
    let quoted = usize::from(begun.trim_start().starts_with(['"', '\'']));
    Spot { path, in_key, start: base + word + blanks + quoted, document }
}

pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for q in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(q) {
            return inner.strip_suffix(q).unwrap_or(inner);
        }
    }
    text
}

/// The key at the beginning of a text, and where its value begins.
fn key_of(text: &str) -> Option<(&str, usize)> {
    if text.starts_with(['{', '[', '#', '&', '*', '!', '|', '>']) {
        return None;
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let from = match quote {
        Some(q) => text.get(1..)?.find(q)? + 2,
        None => 0,
    };
    let colon = text.get(from..)?.char_indices().find(|(at, c)| {
        *c == ':' && text.get(from + at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    })?;
    let at = from + colon.0;
    Some((text.get(..at)?, at + 1))
}

/// A scalar without the comment behind it.
fn scalar(text: &str) -> &str {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(q) = quote
        && let Some(end) = text.get(1..).and_then(|t| t.find(q))
    {
        return text.get(..end + 2).unwrap_or_default();
    }
    text.find(" #").map_or(text, |at| text.get(..at).unwrap_or_default()).trim_end()
}

impl Reader {
    fn path(&self) -> Vec<Step> {
        self.levels.iter().map(|l| l.step.clone()).collect()
    }

    /// Leaves what ends before a key at this column: its siblings, what is inside them, and a list at the same column.
    fn close(&mut self, column: usize) {
        while self.levels.last().is_some_and(|l| l.column >= column) {
            self.levels.pop();
        }
    }

    fn item(&mut self, column: usize) {
        // The element before at this column says which number this one has.
        let mut index = 0;
        while let Some(last) = self.levels.last() {
            if last.column > column {
                self.levels.pop();
                continue;
            }
            if last.column == column && last.item {
                if let Step::Item(i) = last.step {
                    index = i + 1;
                }
                self.levels.pop();
            }
            break;
        }
        self.levels.push(Level { column, item: true, step: Step::Item(index) });
    }

    fn line(&mut self, line: &str, start: usize) {
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let mut rest = line.get(column..).unwrap_or_default();
        if rest.trim().is_empty() || rest.starts_with('#') {
            return;
        }
        if let Some(of) = self.block {
            if column > of {
                return;
            }
            self.block = None;
        }
        if line.starts_with("---") {
            self.levels.clear();
            self.document += usize::from(!self.entries.is_empty());
            return;
        }
        while let Some(after) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|r| r.is_empty())) {
            self.item(column);
            let blanks = after.len() - after.trim_start_matches(' ').len();
            column += rest.len() - after.len() + blanks;
            rest = after.trim_start_matches(' ');
        }
        let at = start + column;
        match key_of(rest) {
            Some((key, value_at)) => {
                self.close(column);
                let name = unquoted(key).to_owned();
                self.levels.push(Level { column, item: false, step: Step::Key(name) });
                let value = rest.get(value_at..).unwrap_or_default();
                let blanks = value.len() - value.trim_start().len();
                let value = value.trim_start();
                if value.starts_with(['|', '>']) {
                    self.block = Some(column);
                }
                let path = self.path();
                self.value(value, at + value_at + blanks, (at, at + key.trim_end().len()), path);
            }
            None if self.levels.last().is_some_and(|l| l.item) && !rest.is_empty() => {
                let path = self.path();
                self.value(rest, at, (at, at), path);
            }
            None => {}
        }
    }

    fn value(&mut self, text: &str, at: usize, key: (usize, usize), path: Vec<Step>) {
        let text = scalar(text);
        let document = self.document;
        if text.starts_with(['{', '[']) {
            self.entries.push(Entry { path: path.clone(), key, value: (at, at), document });
            self.flow(text, at, path);
            return;
        }
        let end = if text.starts_with('#') { at } else { at + text.len() };
        self.entries.push(Entry { path, key, value: (at, end), document });
    }

    /// The entries of a flow collection that ends on its line.
    fn flow(&mut self, text: &str, base: usize, path: Vec<Step>) {
        // Every comma, colon and closing bracket ends a word; what the word was, the spot there says.
        let mut quote: Option<char> = None;
        let mut key: Option<(usize, usize)> = None;
        for (at, c) in text.char_indices() {
            if let Some(q) = quote {
                if c == q {
                    quote = None;
                }
                continue;
            }
            match c {
                '"' | '\'' => quote = Some(c),
                ':' | ',' | '}' | ']' => {
                    let spot = flow(text.get(..at).unwrap_or_default(), base, path.clone(), self.document);
                    let word = text.get(spot.start.saturating_sub(base)..at).unwrap_or_default();
                    let end = spot.start + word.trim_end().trim_end_matches(['"', '\'']).len();
                    if c == ':' && spot.in_key {
                        key = Some((spot.start, end));
                    } else if !spot.in_key && end > spot.start && !word.contains(['}', ']']) {
                        let key = key.take().unwrap_or((spot.start, spot.start));
                        self.entries.push(Entry {
                            path: spot.path,
                            key,
                            value: (spot.start, end),
                            document: self.document,
                        });
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
kind: Application # what it is
metadata: {name: shop, labels: {a: \"b\"}}
spec:
  components:
  - name: web
    type: webservice
    properties:
      # a comment
      ports:
        - port: 80
          expose: true
        - port: 443
      cmd: [sh, -c, \"x: y\"]
      text: |
        not: a key
  - type: worker
---
kind: Policy
";

    #[test]
    fn entries_have_paths_in_block_and_flow_style() {
        let list: Vec<String> = entries(TEXT)
            .iter()
            .map(|e| format!("{} {} = {}", e.document, dotted(&e.path), TEXT.get(e.value.0..e.value.1).unwrap()))
            .collect();
        insta::assert_snapshot!(list.join("\n"));
    }

    fn at(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let spot = spot(&text, offset);
        let begun = text.get(spot.start..offset).unwrap_or("?");
        format!("{}{} [{begun}]", dotted(&spot.path), if spot.in_key { " key" } else { " value" })
    }

    #[test]
    fn a_cursor_knows_what_it_is_in() {
        assert_eq!(at("spec:\n  comp|"), "spec key [comp]");
        assert_eq!(at("spec:\n  components:\n  - name: a\n    ty|"), "spec.components.0 key [ty]");
        assert_eq!(at("spec:\n  components:\n    - name: a\n    - ty|"), "spec.components.1 key [ty]");
        assert_eq!(at("spec:\n  components:\n    - name: a\n      type: web|"), "spec.components.0.type value [web]");
        assert_eq!(at("a:\n  b: 1\n|"), " key []");
        assert_eq!(at("a:\n  - x: 1\n    p:\n      q: {r: 1, s: {t|"), "a.0.p.q.s key [t]");
        assert_eq!(at("a: [x, {b: 1}, \"y|"), "a.2 value [y]");
        assert_eq!(at("a:\n  policies: [one, tw|"), "a.policies.1 value [tw]");
        assert_eq!(at("a:\n- b: 1\nc|"), " key [c]");
        assert_eq!(at("a:\n  dependsOn:\n    - we|"), "a.dependsOn.0 key [we]");
    }
}

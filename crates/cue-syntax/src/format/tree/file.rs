//! The head of a file: package clause and imports.

use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::literal::quote;
use crate::format::printer::Printer;

impl Printer<'_> {
    pub(crate) fn file(&mut self, file: &File) {
        if file.package.is_none() && file.imports.is_empty() && !file.attributes.is_empty() {
            // They are declarations like all others.
            let mut decls: Vec<Decl> = file.attributes.iter().cloned().map(Decl::Attribute).collect();
            decls.extend(file.decls.iter().cloned());
            return self.decls(&decls, true, u32::MAX);
        }
        for (i, a) in file.attributes.iter().enumerate() {
            if i > 0 {
                self.ask(Gap::DECL_COMMA | Gap::LINE);
            }
            self.attribute(a);
            self.ask(Gap::LINE);
        }
        if let Some(package) = &file.package {
            let start = self.original.and_then(|o| o.text.get(..package.span.start as usize)?.rfind("package"));
            if let Some(start) = start {
                self.at(start as u32);
            }
            self.text("package");
            self.ask(Gap::BLANK | Gap::FIXED);
            self.text(&package.name);
            self.ask(Gap::SECTION | Gap::FIXED);
        }
        self.imports(file);
        self.decls(&file.decls, true, u32::MAX);
    }

    pub(super) fn imports(&mut self, file: &File) {
        let mut end = file.package.as_ref().map_or(0, |p| p.span.end);
        let mut open = false;
        for (i, import) in file.imports.iter().enumerate() {
            let heads = self.import_head(file, end, import.span.start);
            // A tree without a source: all imports in one group, or a single one alone.
            let (starts, group) = match heads {
                Some(head) => (head.is_some(), head.is_some_and(|h| h.1)),
                None => (i == 0, file.imports.len() > 1),
            };
            if starts {
                if open {
                    self.close_imports(end);
                }
                if let Some(Some((at, _))) = heads {
                    self.at(at);
                }
                self.text("import");
                self.ask(Gap::BLANK);
                open = group;
                if group {
                    self.text("(");
                    self.ask(Gap::LINE | Gap::INDENT);
                } else {
                    self.ask(Gap::FIXED);
                }
            }
            self.doc(&import.doc);
            self.at_span(import.span);
            if let Some(name) = &import.name {
                self.text(&name.name);
                self.ask(Gap::BLANK);
            }
            let path = quote(&Text::String(import.path.clone()), false, 0);
            self.text(&path);
            self.ask(Gap::LINE);
            if !open {
                self.ask(Gap::SECTION | Gap::FIXED);
            }
            end = import.span.end;
        }
        if open {
            self.close_imports(end);
        }
    }

    pub(super) fn close_imports(&mut self, end: u32) {
        // Comments before the `)` belong inside.
        if let Some(original) = self.original {
            let rest = original.text.get(end as usize..).unwrap_or_default();
            let mut at = end;
            let mut in_comment = false;
            for b in rest.bytes() {
                match b {
                    b')' if !in_comment => break,
                    b'/' => in_comment = true,
                    b'\n' => in_comment = false,
                    _ => {}
                }
                at += 1;
            }
            self.comments_before(at);
        }
        self.pending = self.pending.without(Gap::SECTION | Gap::BREAK);
        self.ask(Gap::UNINDENT | Gap::LINE | Gap::FIXED);
        self.text(")");
        self.ask(Gap::LINE | Gap::SECTION | Gap::FIXED);
    }

    /// The `import` keyword between two places of the source and whether a `(` follows it.
    #[expect(clippy::option_option, reason = "no source, no keyword, a keyword")]
    pub(super) fn import_head(&self, file: &File, from: u32, to: u32) -> Option<Option<(u32, bool)>> {
        let original = self.original?;
        let mut text = original.text.get(from as usize..to as usize)?.as_bytes().to_vec();
        for c in file.comments.iter().filter(|c| c.span.start >= from && c.span.end <= to) {
            let (s, e) = ((c.span.start - from) as usize, (c.span.end - from) as usize);
            for b in text.iter_mut().take(e).skip(s) {
                *b = b' ';
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Some(text.rfind("import").map(|p| (from + p as u32, text.get(p..).is_some_and(|t| t.contains('(')))))
    }

    pub(super) fn attribute(&mut self, a: &Attribute) {
        let text = self.source(a.span).map_or_else(|| format!("@{}({})", a.name, a.body), str::to_owned);
        self.token(a.span, &text);
    }
}

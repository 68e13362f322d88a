//! Walks a tree and tells the printer its tokens and the gaps between them.

use super::gap::Gap;
use super::literal::{number, quote, reindent};
use super::operators::{OPERAND, UNARY, binary_text, cutoff, precedence, unary_text};
use super::printer::{Last, Printer};
use crate::ast::*;
use crate::span::Span;

impl Printer<'_> {
    fn at_span(&mut self, span: Span) {
        if self.original.is_some() {
            self.at(span.start);
        }
    }

    /// A token that stands at the start of a span.
    fn token(&mut self, span: Span, text: &str) {
        self.at_span(span);
        self.text(text);
    }

    /// The source of a span, if there is one.
    fn source(&self, span: Span) -> Option<&str> {
        self.original?.text.get(span.start as usize..span.end as usize)
    }

    fn on_one_line(&self, span: Span) -> bool {
        self.source(span).is_some_and(|s| !s.contains('\n'))
    }

    fn doc(&mut self, doc: &[Comment]) {
        if self.original.is_none() {
            for c in doc {
                self.own_comment(&c.text);
            }
        }
    }

    // ---- files

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

    fn imports(&mut self, file: &File) {
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

    fn close_imports(&mut self, end: u32) {
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
    fn import_head(&self, file: &File, from: u32, to: u32) -> Option<Option<(u32, bool)>> {
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

    fn attribute(&mut self, a: &Attribute) {
        let text = self.source(a.span).map_or_else(|| format!("@{}({})", a.name, a.body), str::to_owned);
        self.token(a.span, &text);
    }

    // ---- declarations

    /// Declarations of a file or struct; `lines` says that each is meant to stand on a line of its own.
    fn decls(&mut self, decls: &[Decl], lines: bool, end: u32) {
        let separator = if lines { Gap::LINE } else { Gap::BLANK };
        let break_ = if lines { Gap::BREAK } else { Gap::BLANK };
        let mut depth = 0;
        let mut previous: Option<&Decl> = None;
        for (i, decl) in decls.iter().enumerate() {
            if let Some(previous) = previous {
                self.ask(Gap::DECL_COMMA);
                let nested = nest_depth(decl);
                if lines && (depth == 0 || nested != depth) {
                    self.ask(break_);
                }
                let tail = i + 1 == decls.len() && self.comment_behind(decl_span(decl).end, end);
                if tail || self.has_doc(decl) {
                    match previous {
                        Decl::Field(f) => {
                            if is_definition(&f.label) {
                                self.ask(Gap::SECTION);
                            }
                        }
                        _ => self.ask(Gap::SECTION),
                    }
                }
            }
            self.decl(decl);
            self.trailing_comment(decl_span(decl).end);
            depth = nest_depth(decl);
            previous = Some(decl);
            if let Some(Decl::Field(next)) = decls.get(i + 1) {
                let breaks = match &next.value {
                    Expr::Struct(s) => s.braces || s.decls.len() != 1,
                    Expr::List(_) => true,
                    _ => false,
                };
                if breaks {
                    self.ask(break_);
                    continue;
                }
            }
            self.ask(separator);
        }
    }

    /// Whether comments follow the last declaration.
    fn comment_behind(&self, from: u32, to: u32) -> bool {
        self.original.is_some_and(|o| {
            let i = o.comments.partition_point(|c| c.span.start < from);
            o.comments.get(i).is_some_and(|c| c.span.start < to)
        })
    }

    /// Whether a comment stands directly above.
    fn has_doc(&self, decl: &Decl) -> bool {
        let end = decl_span(decl).end as usize;
        let behind = self.original.and_then(|o| o.text.get(end..)).unwrap_or_default();
        if behind.trim_start_matches([' ', '\t', ',']).starts_with("//") {
            return true;
        }
        match decl {
            Decl::Field(f) => !f.doc.is_empty(),
            Decl::Let(l) => !l.doc.is_empty(),
            Decl::Comprehension(c) => !c.doc.is_empty(),
            Decl::Embedding(_) | Decl::Ellipsis(_) | Decl::Attribute(_) => {
                let Some(original) = self.original else { return false };
                let Some(text) = original.text.get(..decl_span(decl).start as usize) else { return false };
                let text = text.trim_end_matches([' ', '\t']);
                let Some(text) = text.strip_suffix('\n') else { return false };
                text.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"))
            }
        }
    }

    fn decl(&mut self, decl: &Decl) {
        let span = decl_span(decl);
        let own_line = self.original.is_none() || self.starts_line(span.start);
        match decl {
            Decl::Field(f) => self.field(f),
            Decl::Attribute(a) => self.attribute(a),
            Decl::Ellipsis(e) => self.ellipsis(e),
            Decl::Let(l) => {
                self.doc(&l.doc);
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.at_span(l.span);
                self.let_clause(l, false);
                self.ask(Gap::DECL_COMMA);
            }
            Decl::Embedding(e) => {
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.expr(e);
                self.ask(Gap::LINE);
            }
            Decl::Comprehension(c) => {
                self.doc(&c.doc);
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.comprehension(c);
            }
        }
    }

    fn ellipsis(&mut self, e: &Ellipsis) {
        self.token(e.span, "...");
        if let Some(value) = &e.value
            && !matches!(&**value, Expr::Ident(i) if i.name == "_")
        {
            self.expr(value);
        }
    }

    fn let_clause(&mut self, l: &LetClause, clause: bool) {
        self.token(l.span, "let");
        self.ask(Gap::BLANK | Gap::FIXED);
        if clause {
            self.ask(Gap::INDENT);
        }
        self.text(&l.name.name);
        self.ask(Gap::BLANK | Gap::FIXED);
        self.text("=");
        self.ask(Gap::BLANK);
        self.expr(&l.value);
        if clause {
            self.unmark();
        }
    }

    fn field(&mut self, f: &Field) {
        self.doc(&f.doc);
        self.at_span(f.span);
        if let Some(alias) = &f.alias {
            self.text(&alias.name);
            self.ask(Gap::TIGHT | Gap::FIXED);
            self.text("=");
            self.ask(Gap::TIGHT | Gap::FIXED);
        }
        self.label(&f.label);
        if let Some(a) = &f.postfix_alias {
            self.ask(Gap::TIGHT | Gap::FIXED);
            self.text(&match &a.key {
                Some(key) => format!("~({},{})", key.name, a.value.name),
                None => format!("~({})", a.value.name),
            });
        }
        match f.constraint {
            Constraint::Regular => {}
            Constraint::Optional => self.text("?"),
            Constraint::Required => self.text("!"),
        }
        self.ask(Gap::TIGHT | Gap::FIXED);
        self.text(":");
        if let Some(inner) = chained(f) {
            if self.starts_line(inner.span.start) {
                self.ask(Gap::INDENT | Gap::BREAK);
                self.field(inner);
                self.unmark();
            } else {
                self.ask(Gap::BLANK | Gap::FIXED);
                self.field(inner);
            }
            return;
        }
        let tall = self.tall(&f.value);
        let gap = if tall || self.brace_on_line { Gap::BLANK } else { Gap::COLUMN };
        self.ask(gap);
        if matches!(f.value, Expr::List(_) | Expr::Struct(_)) {
            self.expr(&f.value);
        } else {
            self.ask(Gap::INDENT);
            self.expr(&f.value);
            self.unmark();
        }
        let mut gap = gap;
        for a in &f.attributes {
            self.ask(gap);
            self.attribute(a);
            gap = Gap::BLANK;
        }
        if tall {
            self.ask(Gap::BREAK);
        }
    }

    fn label(&mut self, label: &Label) {
        match label {
            Label::Ident(i) => self.text(&i.name),
            Label::String(s) => {
                let text = match self.source(s.span) {
                    Some(text) if s.hashes == 0 && !s.multiline => text.to_owned(),
                    _ => quote(&s.value, false, 0),
                };
                self.text(&text);
            }
            Label::Interpolation(i) => self.interpolation(i, 1),
            Label::Dynamic(e, span) => {
                self.token(*span, "(");
                self.expr(e);
                self.close_at(*span);
                self.text(")");
            }
            Label::Pattern { alias, value, span } => {
                self.token(*span, "[");
                if let Some(alias) = alias {
                    self.bind(alias, value);
                }
                self.expr(value);
                self.close_at(*span);
                self.text("]");
            }
        }
    }

    /// Announces the bracket that follows an operand, perhaps after blanks.
    fn open_at(&mut self, end: u32) {
        if let Some(original) = self.original {
            let rest = original.text.get(end as usize..).unwrap_or_default();
            let blanks = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
            self.at(end + blanks as u32);
        }
    }

    /// Announces the last byte of a span: its closing bracket.
    fn close_at(&mut self, span: Span) {
        if self.original.is_some() && span.end > 0 {
            self.at(span.end - 1);
        }
    }

    fn comprehension(&mut self, c: &Comprehension) {
        for (i, clause) in c.clauses.iter().enumerate() {
            if i > 0 {
                self.ask(Gap::BLANK);
            }
            self.clause(clause);
        }
        self.ask(Gap::BLANK | Gap::FIXED);
        self.struct_lit(&c.body);
        if let Some((word, body)) = &c.fallback {
            self.ask(Gap::BLANK | Gap::FIXED);
            // The older spelling is replaced.
            self.text(if word.name == "fallback" { "otherwise" } else { &word.name });
            self.ask(Gap::BLANK | Gap::FIXED);
            self.struct_lit(body);
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::For { key, value, source, span } => {
                self.token(*span, "for");
                self.ask(Gap::BLANK | Gap::INDENT | Gap::FIXED);
                if let Some(key) = key {
                    self.text(&key.name);
                    self.text(",");
                    self.ask(Gap::BLANK | Gap::FIXED);
                }
                self.text(&value.name);
                self.ask(Gap::BLANK | Gap::FIXED);
                self.text("in");
                self.ask(Gap::BLANK);
                self.expr(source);
                self.unmark();
            }
            Clause::If { condition, span } => {
                self.token(*span, "if");
                self.ask(Gap::BLANK | Gap::INDENT);
                self.expr(condition);
                self.unmark();
            }
            Clause::Let(l) => self.let_clause(l, true),
            Clause::Try { binding, span } => {
                self.at_span(*span);
                self.apart();
                self.text("try");
                if let Some((name, value)) = binding {
                    self.ask(Gap::BLANK | Gap::FIXED | Gap::INDENT);
                    self.text(&name.name);
                    self.ask(Gap::BLANK | Gap::FIXED);
                    self.text("=");
                    self.ask(Gap::BLANK);
                    self.expr(value);
                    self.unmark();
                }
            }
        }
    }

    // ---- expressions

    pub(crate) fn expr(&mut self, e: &Expr) {
        self.expr_at(e, 0, 1);
    }

    fn expr_at(&mut self, e: &Expr, level: u8, depth: usize) {
        match e {
            Expr::Ident(i) => self.token(i.span, &i.name),
            Expr::Bottom(span) => self.token(*span, "_|_"),
            Expr::Null(span) => self.token(*span, "null"),
            Expr::Bool(b, span) => self.token(*span, if *b { "true" } else { "false" }),
            Expr::Number(text, span) => self.token(*span, &number(text)),
            Expr::String(s) => self.string(s),
            Expr::Interpolation(i) => self.interpolation(i, depth),
            Expr::Struct(s) => self.struct_lit(s),
            Expr::List(l) => self.list_lit(l),
            Expr::Func(span) => {
                let text = self.source(*span).unwrap_or("func").to_owned();
                self.token(*span, &text);
            }
            Expr::Paren(inner, span) => {
                if matches!(**inner, Expr::Paren(..)) {
                    return self.expr_at(inner, 0, depth);
                }
                self.token(*span, "(");
                self.expr_at(inner, 0, depth.saturating_sub(1).max(1));
                self.close_at(*span);
                self.text(")");
            }
            Expr::Unary { op, operand, span } => {
                if level > UNARY {
                    return self.parenthesised(e, depth);
                }
                self.token(*span, unary_text(*op));
                self.ask(Gap::FIXED);
                self.expr_at(operand, UNARY, depth);
            }
            Expr::Binary { op, op_span, left, right, .. } => {
                if precedence(*op) < level {
                    return self.parenthesised(e, depth);
                }
                self.binary(*op, *op_span, left, right, depth);
            }
            Expr::Selector { operand, label, .. } => {
                self.selector(operand, label, depth);
            }
            Expr::Index { operand, index, span } => {
                self.expr_at(operand, OPERAND, 1);
                self.open_at(operand.span().end);
                self.text("[");
                self.expr_at(index, 0, depth + 1);
                self.close_at(*span);
                self.text("]");
            }
            Expr::Slice { operand, low, high, span } => {
                self.expr_at(operand, OPERAND, 1);
                self.open_at(operand.span().end);
                self.text("[");
                if let Some(low) = low {
                    self.expr_at(low, 0, depth + 1);
                }
                let binary = |e: &Option<Box<Expr>>| matches!(e.as_deref(), Some(Expr::Binary { .. }));
                let wide = depth <= 1 && low.is_some() && high.is_some() && (binary(low) || binary(high));
                if wide {
                    self.ask(Gap::BLANK);
                }
                self.text(":");
                if wide {
                    self.ask(Gap::BLANK);
                }
                if let Some(high) = high {
                    self.expr_at(high, 0, depth + 1);
                }
                self.close_at(*span);
                self.text("]");
            }
            Expr::Call { function, arguments, span } => self.call(function, arguments, *span, depth),
            Expr::Alias { name, value, .. } => {
                self.bind(name, value);
                self.expr(value);
            }
            Expr::Open(inner, _) => {
                self.expr_at(inner, OPERAND, depth);
                self.text("...");
            }
            Expr::Try(inner, _) => {
                self.expr_at(inner, OPERAND, depth);
                self.text("?");
            }
        }
    }

    /// `X=` before a value; blanks around the `=` stay.
    fn bind(&mut self, name: &Ident, value: &Expr) {
        self.token(name.span, &name.name);
        let between = self.source(Span { start: name.span.end, end: start_of(value), ..name.span });
        match between.and_then(|t| t.find('=')) {
            Some(p) => self.at(name.span.end + p as u32),
            None => self.ask(Gap::TIGHT | Gap::FIXED),
        }
        self.text("=");
        // `==~` would be another operator.
        if self.original.is_none() && matches!(value, Expr::Unary { op: UnaryOp::Match | UnaryOp::Equal, .. }) {
            self.ask(Gap::BLANK);
        }
    }

    fn parenthesised(&mut self, e: &Expr, depth: usize) {
        self.text("(");
        self.ask(Gap::FIXED);
        self.expr_at(e, 0, depth.saturating_sub(1).max(1));
        self.text(")");
    }

    fn binary(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, depth: usize) {
        let level = precedence(op);
        let spaced = level < cutoff(op, left, right, depth);
        self.binary_run(op, op_span, left, right, depth, spaced);
    }

    fn binary_run(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, depth: usize, spaced: bool) {
        let level = precedence(op);
        let same = |e: &Expr| matches!(e, Expr::Binary { op, .. } if precedence(*op) == level);
        self.expr_at(left, level, depth + usize::from(!same(left)));
        self.ask(Gap::FIXED);
        if spaced {
            self.ask(Gap::BLANK);
        }
        if self.original.is_some() {
            self.comments_before(op_span.start);
        }
        self.text(binary_text(op));
        if self.original.is_some() && self.starts_line(start_of(right)) {
            self.ask(Gap::BREAK);
        } else {
            self.ask(Gap::FIXED);
            if spaced {
                self.ask(Gap::BLANK);
            }
        }
        // The parser balances long runs of associative operators; they need no parentheses.
        let right_level = if level <= 4 && matches!(right, Expr::Binary { op: inner, .. } if *inner == op) { level } else { level + 1 };
        self.expr_at(right, right_level, depth + 1);
    }

    /// Whether it goes over several lines.
    fn selector(&mut self, operand: &Expr, label: &Label, depth: usize) -> bool {
        self.expr_at(operand, OPERAND, depth);
        self.text(".");
        let broken = self.starts_line(label.span().start);
        self.ask(if broken { Gap::INDENT | Gap::BREAK } else { Gap::TIGHT });
        self.at_span(label.span());
        self.label(label);
        if broken {
            self.ask(Gap::UNINDENT);
        }
        broken
    }

    fn call(&mut self, function: &Expr, arguments: &[Expr], span: Span, depth: usize) {
        let depth = if arguments.len() > 1 { depth + 1 } else { depth };
        if let Expr::Selector { operand, label, .. } = function {
            self.selector(operand, label, depth);
        } else {
            self.expr_at(function, OPERAND, depth);
        }
        self.open_at(function.span().end);
        self.text("(");
        for a in arguments {
            self.expr_at(a, 0, depth);
            self.ask(Gap::COMMA | Gap::BLANK);
            self.trailing_comment(a.span().end);
        }
        if self.original.is_some() && span.end > 0 {
            self.comments_before(span.end - 1);
        }
        self.ask(Gap::TRAILING | Gap::TIGHT);
        self.close_at(span);
        self.text(")");
    }

    fn struct_lit(&mut self, s: &StructLit) {
        // A chain `a: b: 1 @x()` is written with braces, because the attribute is that of the inner field.
        if !s.braces {
            self.text("{");
            self.ask(Gap::TIGHT | Gap::INDENT | Gap::BREAK | Gap::LINE | Gap::FIXED);
            self.decls(&s.decls, true, s.span.end);
            self.ask(Gap::UNINDENT | Gap::LINE | Gap::FIXED);
            self.text("}");
            self.last = Last::Close;
            return;
        }
        let synthetic = self.original.is_none();
        let close = s.span.end.saturating_sub(1);
        let inner_comment = self.original.is_some_and(|o| {
            s.decls.is_empty() && o.comments.iter().any(|c| c.span.start > s.span.start && c.span.end <= s.span.end)
        });
        let short = s.decls.len() <= 1 && self.on_one_line(s.span);
        self.token(s.span, "{");
        let line = self.line_count();
        self.brace_on_line = true;
        let mut gap = Gap::TIGHT | Gap::INDENT;
        if s.decls.is_empty() && !inner_comment {
            gap |= Gap::BLANK | Gap::FIXED;
        } else {
            gap |= if short { Gap::BLANK } else { Gap::BREAK };
            if synthetic {
                gap |= Gap::LINE | Gap::FIXED;
            }
        }
        self.ask(gap);
        self.decls(&s.decls, !short, close);
        if !synthetic {
            self.comments_before(close);
        }
        self.ask(Gap::UNINDENT | Gap::TIGHT);
        if self.line_count() != line {
            self.ask(Gap::LINE);
            if self.last != Last::Close {
                self.ask(Gap::FIXED);
                self.pending = self.pending.without(Gap::SECTION);
            }
        }
        if !synthetic {
            self.at(close);
        }
        self.text("}");
        self.last = Last::Close;
    }

    fn list_lit(&mut self, l: &ListLit) {
        let close = l.span.end.saturating_sub(1);
        self.token(l.span, "[");
        self.ask(Gap::TIGHT | Gap::INDENT);
        let has_comment = self.original.is_some_and(|o| {
            o.comments.iter().any(|c| c.span.start > l.span.start && c.span.end <= l.span.end)
        });
        if l.elements.is_empty() && !has_comment {
            self.ask(Gap::BLANK | Gap::FIXED);
        }
        let bare = self.omits_commas(l);
        for (i, element) in l.elements.iter().enumerate() {
            if bare && i > 0 {
                self.ask(Gap::DECL_COMMA);
            }
            match element {
                Element::Value(e) => self.expr(e),
                Element::Comprehension(c) => self.comprehension(c),
                Element::Ellipsis(e) => self.ellipsis(e),
            }
            if !bare {
                self.ask(Gap::COMMA | Gap::BLANK);
            }
            self.trailing_comment(element_span(element).end);
        }
        if self.original.is_some() {
            self.comments_before(close);
        }
        self.ask(Gap::TRAILING | Gap::TIGHT | Gap::UNINDENT);
        if self.original.is_some() {
            self.at(close);
        }
        self.text("]");
        self.last = Last::Close;
    }

    /// Whether the source separates the elements by new lines alone (language v0.17), which is then kept.
    fn omits_commas(&self, l: &ListLit) -> bool {
        let Some(original) = self.original else { return false };
        let comma_between = |from: u32, to: u32| {
            let mut at = from as usize;
            let to = to as usize;
            while at < to {
                if let Some(c) = original.comments.iter().find(|c| c.span.start as usize == at) {
                    at = c.span.end as usize;
                    continue;
                }
                if original.text.as_bytes().get(at) == Some(&b',') {
                    return true;
                }
                at += 1;
            }
            false
        };
        let spans: Vec<Span> = l.elements.iter().map(element_span).collect();
        match spans.as_slice() {
            [] => false,
            [only] => !comma_between(only.end, l.span.end.saturating_sub(1)),
            many => many.windows(2).any(|w| matches!(w, [a, b] if !comma_between(a.end, b.start))),
        }
    }

    // ---- literals

    fn string(&mut self, s: &StringLit) {
        let text = match self.source(s.span) {
            Some(text) if self.indent < 6 => {
                let text = text.to_owned();
                self.at_span(s.span);
                let indent = self.indent_after();
                return self.text(&reindent(&text, indent));
            }
            Some(text) => text.to_owned(),
            None => quote(&s.value, s.multiline, self.indent_after()),
        };
        self.token(s.span, &text);
    }

    /// The indent of a multiline literal that starts here.
    fn indent_after(&self) -> usize {
        self.indent + 1
    }

    fn interpolation(&mut self, x: &Interpolation, depth: usize) {
        let Some(whole) = self.source(x.span).map(str::to_owned) else { return self.synthetic_interpolation(x, depth) };
        self.at_span(x.span);
        let base = x.span.start;
        let mut at = x.span.start;
        for part in &x.parts {
            let InterpolationPart::Expr(e) = part else { continue };
            let span = e.span();
            // The text up to the `(`, and the blanks around the expression left out.
            let text = whole.get((at - base) as usize..(span.start - base) as usize).unwrap_or_default();
            let open = text.rfind('(').map_or(text.len(), |p| p + 1);
            let leading = text.get(open..).unwrap_or_default().contains('\n');
            self.text(text.get(..open).unwrap_or_default());
            let rest = whole.get((span.end - base) as usize..).unwrap_or_default();
            let close = rest.find(')').unwrap_or(0);
            let trailing = rest.get(..close).unwrap_or_default().contains('\n');
            let broken = x.multiline && (leading || trailing);
            let flat = usize::from(!x.multiline);
            self.flat += flat;
            if broken && !leading {
                self.ask(Gap::LINE | Gap::FIXED);
            }
            self.expr_at(e, 0, depth + 1);
            at = span.end + close as u32;
            self.comments_before(at);
            if broken && !trailing {
                self.ask(Gap::LINE | Gap::FIXED);
            } else {
                self.at(at);
            }
            self.flat -= flat;
        }
        let tail = whole.get((at - base) as usize..).unwrap_or_default();
        self.text(tail);
    }

    fn synthetic_interpolation(&mut self, x: &Interpolation, depth: usize) {
        let mark = if x.bytes { "'" } else { "\"" };
        self.text(mark);
        for part in &x.parts {
            self.ask(Gap::TIGHT | Gap::FIXED);
            match part {
                InterpolationPart::Text(t) => {
                    let quoted = quote(t, false, 0);
                    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
                    self.text(&inner);
                }
                InterpolationPart::Expr(e) => {
                    self.text("\\(");
                    self.ask(Gap::TIGHT | Gap::FIXED);
                    self.expr_at(e, 0, depth + 1);
                    self.ask(Gap::TIGHT | Gap::FIXED);
                    self.text(")");
                }
            }
        }
        self.ask(Gap::TIGHT | Gap::FIXED);
        self.text(mark);
    }

    /// Whether a value is likely to take several lines, so that it stands in no column.
    fn tall(&self, e: &Expr) -> bool {
        match e {
            Expr::Struct(_) | Expr::List(_) => true,
            Expr::String(s) => s.multiline,
            Expr::Paren(x, _) | Expr::Open(x, _) | Expr::Try(x, _) => self.tall(x),
            Expr::Unary { operand, .. } => self.tall(operand),
            Expr::Binary { left, right, .. } => self.tall(left) || self.tall(right),
            Expr::Index { operand, .. } | Expr::Selector { operand, .. } => self.tall(operand),
            Expr::Call { arguments, .. } => arguments.iter().any(|a| self.tall(a)),
            _ => false,
        }
    }
}

/// The inner field of `a: b: …`.
fn chained(f: &Field) -> Option<&Field> {
    match &f.value {
        Expr::Struct(s) if !s.braces => match s.decls.as_slice() {
            [Decl::Field(inner)] if inner.attributes.is_empty() && f.attributes.is_empty() && inner.doc.is_empty() => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// How many labels stand in a row; 0 for what is no field, or ends in a struct of several fields.
fn nest_depth(decl: &Decl) -> usize {
    let Decl::Field(first) = decl else { return 0 };
    let mut f = first;
    let mut depth = 1;
    loop {
        match &f.value {
            Expr::Struct(s) => match s.decls.as_slice() {
                [Decl::Field(inner)] => {
                    depth += 1;
                    f = inner;
                }
                [_] => return depth,
                _ => return depth - 1,
            },
            _ => return depth,
        }
    }
}

fn is_definition(label: &Label) -> bool {
    matches!(label, Label::Ident(i) if i.name.starts_with('#') || i.name.starts_with("_#"))
}

fn decl_span(decl: &Decl) -> Span {
    match decl {
        Decl::Field(x) => x.span,
        Decl::Embedding(x) => x.span(),
        Decl::Let(x) => x.span,
        Decl::Ellipsis(x) => x.span,
        Decl::Comprehension(x) => x.span,
        Decl::Attribute(x) => x.span,
    }
}

fn element_span(e: &Element) -> Span {
    match e {
        Element::Value(x) => x.span(),
        Element::Comprehension(x) => x.span,
        Element::Ellipsis(x) => x.span,
    }
}

fn start_of(e: &Expr) -> u32 {
    e.span().start
}

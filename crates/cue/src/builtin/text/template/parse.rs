//! Pieces to a tree.

use super::Failure;
use super::lex::{Piece, Token, pieces};
use crate::data::{Data, DataValue};
use crate::number::Number;
use rustc_hash::FxHashMap;

/// Actions may be nested this deep.
const MAX_DEPTH: usize = 100;

/// All templates of a text by name; the text itself is ``.
pub(super) type Templates = FxHashMap<String, Vec<Node>>;

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipe),
    If { condition: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    With { value: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    Range { over: Pipe, body: Vec<Node>, otherwise: Vec<Node> },
    Template { name: String, data: Option<Pipe>, line: usize },
    Break,
    Continue,
}

/// `$x, $y := a | b`
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) line: usize,
    pub(super) variables: Vec<String>,
    /// `=` and not `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

#[derive(Debug)]
pub(super) enum Operand {
    Dot,
    Nil,
    Constant(Data),
    Function(String),
    Variable(String),
    Pipe(Box<Pipe>),
    /// `x.a.b`
    Fields(Box<Operand>, Vec<String>),
}

pub(super) fn parse(template: &str) -> Result<Templates, Failure> {
    let mut parser = Parser {
        pieces: pieces(template)?.into_iter(),
        templates: Templates::default(),
        scopes: vec![vec!["$".to_owned()]],
        line: 1,
        depth: 0,
        loops: 0,
    };
    let (nodes, end) = parser.list()?;
    if let Some(end) = end {
        return parser.fail(format!("unexpected {{{{{}}}}}", end.word()));
    }
    parser.templates.insert(String::new(), nodes);
    Ok(parser.templates)
}

/// What ended a list.
enum Stop {
    End,
    Else,
    /// `else if …`, `else with …`
    ElseAction(bool, Pipe),
}

impl Stop {
    fn word(&self) -> &'static str {
        if matches!(self, Stop::End) { "end" } else { "else" }
    }
}

struct Parser<'t> {
    pieces: std::vec::IntoIter<Piece<'t>>,
    templates: Templates,
    /// Names of variables.
    scopes: Vec<Vec<String>>,
    line: usize,
    depth: usize,
    loops: usize,
}

type Tokens<'t> = std::iter::Peekable<std::vec::IntoIter<Token<'t>>>;

impl<'t> Parser<'t> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        Err(Failure { line: self.line, message: message.into() })
    }

    /// Nodes up to `end`, `else`, or the end of the text.
    fn list(&mut self) -> Result<(Vec<Node>, Option<Stop>), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (tokens, line) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.to_owned()));
                    continue;
                }
                Piece::Action(tokens, line) => (tokens, line),
            };
            self.line = line;
            let mut tokens = tokens.into_iter().peekable();
            skip(&mut tokens);
            let word = match tokens.peek() {
                Some(Token::Word(word)) => *word,
                _ => "",
            };
            let known = matches!(
                word,
                "if" | "with" | "range" | "template" | "block" | "define" | "break" | "continue" | "end" | "else"
            );
            if known {
                tokens.next();
                skip(&mut tokens);
            }
            match word {
                "end" => {
                    self.depth -= 1;
                    self.nothing_more(&mut tokens, "end")?;
                    return Ok((nodes, Some(Stop::End)));
                }
                "else" => {
                    self.depth -= 1;
                    let end = match tokens.peek() {
                        None => Stop::Else,
                        Some(Token::Word(word @ ("if" | "with"))) => {
                            let is_if = *word == "if";
                            tokens.next();
                            Stop::ElseAction(is_if, self.pipe(&mut tokens, "else")?)
                        }
                        Some(_) => return self.fail("unexpected token in else"),
                    };
                    return Ok((nodes, Some(end)));
                }
                "if" => {
                    self.scopes.push(Vec::new());
                    let condition = self.pipe(&mut tokens, "if")?;
                    let (then, otherwise) = self.branches("if")?;
                    nodes.push(Node::If { condition, then, otherwise });
                }
                "with" => {
                    self.scopes.push(Vec::new());
                    let value = self.pipe(&mut tokens, "with")?;
                    let (then, otherwise) = self.branches("with")?;
                    nodes.push(Node::With { value, then, otherwise });
                }
                "range" => {
                    self.scopes.push(Vec::new());
                    let over = self.pipe(&mut tokens, "range")?;
                    self.loops += 1;
                    let branches = self.branches("range");
                    self.loops -= 1;
                    let (body, otherwise) = branches?;
                    nodes.push(Node::Range { over, body, otherwise });
                }
                "break" | "continue" => {
                    self.nothing_more(&mut tokens, word)?;
                    if self.loops == 0 {
                        return self.fail(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                    }
                    nodes.push(if word == "break" { Node::Break } else { Node::Continue });
                }
                "template" | "block" => {
                    let name = self.name(&mut tokens, word)?;
                    skip(&mut tokens);
                    let data = if tokens.peek().is_some() { Some(self.pipe(&mut tokens, word)?) } else { None };
                    if word == "block" {
                        if data.is_none() {
                            return self.fail("missing value for block clause");
                        }
                        self.definition(name.clone())?;
                    }
                    nodes.push(Node::Template { name, data, line });
                }
                "define" => {
                    let name = self.name(&mut tokens, "define")?;
                    self.nothing_more(&mut tokens, "define")?;
                    self.definition(name)?;
                }
                _ => nodes.push(Node::Action(self.pipe(&mut tokens, "command")?)),
            }
        }
        self.depth -= 1;
        Ok((nodes, None))
    }

    /// The body of a definition, which sees no variables from outside.
    fn definition(&mut self, name: String) -> Result<(), Failure> {
        let scopes = std::mem::replace(&mut self.scopes, vec![vec!["$".to_owned()]]);
        let loops = std::mem::take(&mut self.loops);
        let (nodes, end) = self.list()?;
        (self.scopes, self.loops) = (scopes, loops);
        match end {
            Some(Stop::End) => {
                self.templates.insert(name, nodes);
                Ok(())
            }
            Some(_) => self.fail("unexpected {{else}} in define clause"),
            None => self.fail("unexpected EOF"),
        }
    }

    /// The two branches of an action whose scope has been opened.
    fn branches(&mut self, action: &str) -> Result<(Vec<Node>, Vec<Node>), Failure> {
        let (then, end) = self.list()?;
        let otherwise = match end {
            None => return self.fail("unexpected EOF"),
            Some(Stop::End) => Vec::new(),
            Some(Stop::Else) => match self.list()? {
                (nodes, Some(Stop::End)) => nodes,
                (_, Some(_)) => return self.fail("expected end; found {{else}}"),
                (_, None) => return self.fail("unexpected EOF"),
            },
            Some(Stop::ElseAction(is_if, pipe)) => {
                if (action == "if") != is_if || action == "range" {
                    return self.fail(format!("{action} cannot go on with this else"));
                }
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return self.fail("nested too deeply");
                }
                // The new branch keeps the variables of those before it.
                self.scopes.push(Vec::new());
                let (then, otherwise) = self.branches(action)?;
                self.depth -= 1;
                vec![if is_if {
                    Node::If { condition: pipe, then, otherwise }
                } else {
                    Node::With { value: pipe, then, otherwise }
                }]
            }
        };
        self.scopes.pop();
        Ok((then, otherwise))
    }

    fn name(&self, tokens: &mut Tokens<'t>, action: &str) -> Result<String, Failure> {
        match tokens.next() {
            Some(Token::Text(name)) => Ok(name),
            _ => self.fail(format!("unexpected token in {action} clause: a name in quotes was expected")),
        }
    }

    fn nothing_more(&self, tokens: &mut Tokens<'t>, action: &str) -> Result<(), Failure> {
        skip(tokens);
        if tokens.peek().is_some() { self.fail(format!("unexpected token in {action}")) } else { Ok(()) }
    }

    /// A pipeline up to the end of the action.
    fn pipe(&mut self, tokens: &mut Tokens<'t>, action: &str) -> Result<Pipe, Failure> {
        let pipe = self.pipeline(tokens, action)?;
        if tokens.peek().is_some() { self.fail("unexpected right paren") } else { Ok(pipe) }
    }

    fn pipeline(&mut self, tokens: &mut Tokens<'t>, action: &str) -> Result<Pipe, Failure> {
        let mut pipe = Pipe { line: self.line, variables: Vec::new(), assigns: false, commands: Vec::new() };
        skip(tokens);
        let mut declared = Vec::new();
        // Variables in front belong to a declaration only when `:=` or `=` follows.
        let mut ahead = tokens.clone();
        while let Some(Token::Variable(name)) = ahead.next() {
            declared.push(name.to_owned());
            skip(&mut ahead);
            match ahead.next() {
                Some(Token::Mark(mark @ (":=" | "="))) => {
                    pipe.assigns = mark == "=";
                    pipe.variables = declared;
                    *tokens = ahead;
                    break;
                }
                Some(Token::Mark(",")) if action == "range" && declared.len() < 2 => skip(&mut ahead),
                _ => break,
            }
        }
        if pipe.assigns {
            for name in &pipe.variables {
                self.known(name)?;
            }
        }
        loop {
            let mut command = Vec::new();
            loop {
                skip(tokens);
                match tokens.peek() {
                    None | Some(Token::Mark(")" | "|")) => break,
                    Some(_) => command.push(self.operand(tokens)?),
                }
            }
            if command.is_empty() {
                let what = if pipe.commands.is_empty() {
                    format!("missing value for {action}")
                } else {
                    "missing value after |".to_owned()
                };
                return self.fail(what);
            }
            if !pipe.commands.is_empty() && !matches!(command.first(), Some(Operand::Function(_))) {
                return self.fail("non executable command in pipeline");
            }
            if matches!(command.as_slice(), [Operand::Nil]) {
                return self.fail("nil is not a command");
            }
            pipe.commands.push(command);
            match tokens.peek() {
                Some(Token::Mark("|")) => {
                    tokens.next();
                }
                _ => break,
            }
        }
        if !pipe.assigns
            && let Some(scope) = self.scopes.last_mut()
        {
            scope.extend(pipe.variables.iter().cloned());
        }
        Ok(pipe)
    }

    fn known(&self, name: &str) -> Result<(), Failure> {
        if self.scopes.iter().flatten().any(|v| v == name) {
            Ok(())
        } else {
            self.fail(format!("undefined variable {name:?}"))
        }
    }

    fn operand(&mut self, tokens: &mut Tokens<'t>) -> Result<Operand, Failure> {
        let mut operand = match tokens.next() {
            Some(Token::Field("")) => Operand::Dot,
            Some(Token::Field(name)) => Operand::Fields(Box::new(Operand::Dot), vec![name.to_owned()]),
            Some(Token::Variable(name)) => {
                self.known(name)?;
                Operand::Variable(name.to_owned())
            }
            Some(Token::Text(text)) => Operand::Constant(text.into()),
            Some(Token::Char(c)) => Operand::Constant(Data::from(i64::from(u32::from(c)))),
            Some(Token::Number(text)) => match number(text) {
                Some(n) => Operand::Constant(n.into()),
                None => return self.fail(format!("bad number syntax: {text:?}")),
            },
            Some(Token::Word("true")) => Operand::Constant(true.into()),
            Some(Token::Word("false")) => Operand::Constant(false.into()),
            Some(Token::Word("nil")) => Operand::Nil,
            Some(Token::Word(name)) => {
                if !super::functions::NAMES.contains(&name) {
                    return self.fail(format!("function {name:?} not defined"));
                }
                Operand::Function(name.to_owned())
            }
            Some(Token::Mark("(")) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return self.fail("nested too deeply");
                }
                let pipe = self.pipeline(tokens, "parenthesized pipeline")?;
                self.depth -= 1;
                skip(tokens);
                match tokens.next() {
                    Some(Token::Mark(")")) => Operand::Pipe(Box::new(pipe)),
                    _ => return self.fail("unclosed left paren"),
                }
            }
            _ => return self.fail("unexpected token in operand"),
        };
        while let Some(Token::Field(name)) = tokens.peek() {
            if name.is_empty() {
                return self.fail("unexpected <.> in operand");
            }
            let name = (*name).to_owned();
            tokens.next();
            operand = match operand {
                Operand::Fields(of, mut names) => {
                    names.push(name);
                    Operand::Fields(of, names)
                }
                other => Operand::Fields(Box::new(other), vec![name]),
            };
        }
        Ok(operand)
    }
}

fn skip(tokens: &mut Tokens<'_>) {
    while tokens.next_if(|t| *t == Token::Space).is_some() {}
}

/// A constant that is whole is an int.
fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = Number::parse_literal(digits).ok()?;
    Some(if negative { number.negated() } else { number })
}

/// Whether a value counts as true: not false, 0, nothing, or empty.
pub(super) fn is_true(value: &super::Value) -> bool {
    match value.as_ref().map(|d| &d.value) {
        None | Some(DataValue::Null) => false,
        Some(DataValue::Bool(b)) => *b,
        Some(DataValue::Number(n)) => !n.is_zero(),
        Some(DataValue::String(s)) => !s.is_empty(),
        Some(DataValue::Bytes(b)) => !b.is_empty(),
        Some(DataValue::List(items)) => !items.is_empty(),
        Some(DataValue::Struct(fields)) => !fields.is_empty(),
        Some(DataValue::Unknown(_)) => true,
    }
}

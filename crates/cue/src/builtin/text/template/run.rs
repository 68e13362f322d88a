//! A tree run over data.

use super::functions::call;
use super::parse::{Node, Operand, Pipe, Templates, is_true};
use super::print::plain;
use super::{Failure, Value};
use crate::data::{Data, DataValue};

/// Calls of templates may be nested this deep, and the result may have so many bytes.
const MAX_CALLS: usize = 100;
const MAX_OUTPUT: usize = 1 << 24;
/// Steps of loops in all.
const MAX_STEPS: usize = 250_000;

pub(super) fn run(templates: &Templates, data: &Data) -> Result<String, Failure> {
    let mut runner = Runner { templates, out: String::new(), variables: Vec::new(), calls: 0, steps: 0 };
    runner.template("", Some(data.clone()), 1)?;
    Ok(runner.out)
}

/// What a list of nodes ended with.
#[derive(PartialEq)]
enum Flow {
    Next,
    Break,
    Continue,
}

struct Runner<'t> {
    templates: &'t Templates,
    out: String,
    variables: Vec<(String, Value)>,
    calls: usize,
    steps: usize,
}

fn fail<T>(line: usize, message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure { line, message: message.into() })
}

impl Runner<'_> {
    fn template(&mut self, name: &str, dot: Value, line: usize) -> Result<(), Failure> {
        let Some(nodes) = self.templates.get(name) else {
            return fail(line, format!("template {name:?} not defined"));
        };
        if self.calls >= MAX_CALLS {
            return fail(line, "exceeded maximum template depth");
        }
        self.calls += 1;
        let variables = std::mem::replace(&mut self.variables, vec![("$".to_owned(), dot.clone())]);
        self.nodes(nodes, &dot)?;
        self.variables = variables;
        self.calls -= 1;
        Ok(())
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, Failure> {
        for node in nodes {
            if self.out.len() > MAX_OUTPUT {
                return fail(1, format!("the result has more than {MAX_OUTPUT} bytes"));
            }
            let flow = self.node(node, dot)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, Failure> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.variables.is_empty() {
                    plain(&mut self.out, &value);
                }
            }
            Node::If { condition, then, otherwise } => {
                let mark = self.variables.len();
                let holds = is_true(&self.pipe(condition, dot)?);
                let flow = self.nodes(if holds { then } else { otherwise }, dot)?;
                self.variables.truncate(mark);
                return Ok(flow);
            }
            Node::With { value, then, otherwise } => {
                let mark = self.variables.len();
                let value = self.pipe(value, dot)?;
                let flow = if is_true(&value) { self.nodes(then, &value)? } else { self.nodes(otherwise, dot)? };
                self.variables.truncate(mark);
                return Ok(flow);
            }
            Node::Range { over, body, otherwise } => return self.range(over, body, otherwise, dot),
            Node::Template { name, data, line } => {
                let data = match data {
                    Some(pipe) => self.pipe(pipe, dot)?,
                    None => None,
                };
                self.template(name, data, *line)?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn range(&mut self, over: &Pipe, body: &[Node], otherwise: &[Node], dot: &Value) -> Result<Flow, Failure> {
        let mark = self.variables.len();
        let value = self.pipe_value(over, dot)?;
        let pairs: Vec<(Data, Data)> = match value.as_ref().map(|d| &d.value) {
            None | Some(DataValue::Null) => Vec::new(),
            Some(DataValue::List(items)) => {
                items.iter().enumerate().map(|(i, item)| (Data::from(i), item.clone())).collect()
            }
            Some(DataValue::Struct(fields)) => {
                let mut pairs: Vec<_> = fields.iter().map(|(k, v)| (Data::string(k.clone()), v.clone())).collect();
                pairs.sort_by(|(a, _), (b, _)| super::compare::order(a, b));
                pairs
            }
            Some(DataValue::Number(n)) if n.is_int() => {
                let count = n.to_i64().unwrap_or(i64::MAX);
                if count > MAX_STEPS as i64 {
                    return fail(over.line, "range over too large a number");
                }
                (0..count).map(|i| (Data::from(i), Data::from(i))).collect()
            }
            Some(_) => return fail(over.line, "range can't iterate over this value"),
        };
        if pairs.is_empty() {
            let flow = self.nodes(otherwise, dot)?;
            self.variables.truncate(mark);
            return Ok(flow);
        }
        for (key, item) in pairs {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return fail(over.line, "too many steps");
            }
            let names = over.variables.as_slice();
            let given = match names {
                [only] => vec![(only, item.clone())],
                [first, second] => vec![(first, key), (second, item.clone())],
                _ => Vec::new(),
            };
            for (name, value) in given {
                self.set(name, Some(value), over.assigns);
            }
            let flow = self.nodes(body, &Some(item))?;
            if over.assigns {
                // Variables of the loop are older than the loop.
            } else {
                self.variables.truncate(mark);
            }
            if flow == Flow::Break {
                break;
            }
        }
        self.variables.truncate(mark);
        Ok(Flow::Next)
    }

    fn set(&mut self, name: &str, value: Value, assigns: bool) {
        let place = self.variables.iter_mut().rev().find(|(n, _)| n == name).filter(|_| assigns);
        match place {
            Some((_, place)) => *place = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, Failure> {
        let value = self.pipe_value(pipe, dot)?;
        for name in &pipe.variables {
            self.set(name, value.clone(), pipe.assigns);
        }
        Ok(value)
    }

    fn pipe_value(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, Failure> {
        let mut last: Option<Value> = None;
        for command in &pipe.commands {
            last = Some(self.command(command, dot, last, pipe.line)?);
        }
        Ok(last.unwrap_or_default())
    }

    fn command(
        &mut self,
        command: &[Operand],
        dot: &Value,
        piped: Option<Value>,
        line: usize,
    ) -> Result<Value, Failure> {
        let Some((first, rest)) = command.split_first() else { return Ok(None) };
        let Operand::Function(name) = first else {
            if !rest.is_empty() {
                return fail(line, "can't give argument to non-function");
            }
            return self.operand(first, dot, line);
        };
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for (i, operand) in rest.iter().enumerate() {
            let value = self.operand(operand, dot, line)?;
            // `and` and `or` look no further than they must.
            let last = i + 1 == rest.len() && piped.is_none();
            let decided = match name.as_str() {
                "and" => !is_true(&value),
                "or" => is_true(&value),
                _ => false,
            };
            if decided && !last {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(piped);
        call(name, &arguments).or_else(|why| fail(line, format!("error calling {name}: {why}")))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value, line: usize) -> Result<Value, Failure> {
        match operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => Ok(None),
            Operand::Constant(data) => Ok(Some(data.clone())),
            Operand::Function(name) => {
                call(name, &[]).or_else(|why| fail(line, format!("error calling {name}: {why}")))
            }
            Operand::Variable(name) => {
                Ok(self.variables.iter().rev().find(|(n, _)| n == name).and_then(|(_, v)| v.clone()))
            }
            Operand::Pipe(pipe) => self.pipe(pipe, dot),
            Operand::Fields(of, names) => {
                let mut value = self.operand(of, dot, line)?;
                for name in names {
                    value = match value.as_ref().map(|d| &d.value) {
                        Some(DataValue::Struct(fields)) => fields.get(name.as_str()).cloned(),
                        None | Some(DataValue::Null) => {
                            return fail(line, format!("nil pointer evaluating interface {{}}.{name}"));
                        }
                        Some(_) => return fail(line, format!("can't evaluate field {name} in type interface {{}}")),
                    };
                }
                Ok(value)
            }
        }
    }
}

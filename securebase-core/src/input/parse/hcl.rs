//! tfvars: HCL that holds literal values only.

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey, UnaryOperator};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;

use super::{DEPTH_MAX, code, syntax, too_deep, unclosed};
use crate::input::node::{Entry, Node, Quoted, Value};
use crate::input::report::{Path, Report};
use crate::input::source::Format;

/// How many doubled keys a file may hold before reading it again for the next one is no use to anybody.
const DOUBLES_MAX: usize = 32;

/// The blocks of a configuration in `.tf` files, which set no variables.
const CONFIGURATION: [&str; 8] =
    ["variable", "resource", "data", "module", "provider", "output", "locals", "terraform"];

/// Stands in for a doubled key while the parser, which stops at the first, is run again.
const STAND_IN: &str = "securebase__doubled_";

pub(super) fn parse(text: &str, report: &mut Report<'_>) -> Option<Node> {
    let mut masked = Masked { text: text.to_owned(), doubles: Vec::new() };
    let body = loop {
        match parse_body(&masked.text) {
            Ok(body) => break body,
            Err(error) => {
                let at = error.location().offset();
                let doubled = error.message().contains("redefined");
                if doubled && masked.doubles.len() < DOUBLES_MAX && masked.mask(at) {
                    continue;
                }
                let at = masked.original(at);
                if error.message().contains("nested levels") || error.message().contains("chained binary") {
                    too_deep(report, Some(at));
                } else if error.message() == "unexpected token"
                    && let Some((at, what)) = unclosed::find(text)
                {
                    syntax(report, Format::Tfvars, at, &what);
                } else if error.message().starts_with("invalid expression") {
                    syntax(report, Format::Tfvars, at, "no value begins here");
                } else {
                    syntax(report, Format::Tfvars, at, error.message());
                }
                return None;
            }
        }
    };
    Some(Lowering { masked: &masked, report }.body(&body))
}

/// The text with doubled keys replaced, and what they were.
struct Masked {
    text: String,
    doubles: Vec<Double>,
}

struct Double {
    /// Where the stand-in begins in the masked text.
    at: usize,
    key: String,
    /// How many bytes longer the stand-in is than the key was.
    growth: isize,
}

impl Masked {
    /// Replaces the key that begins at `at`; `false` where no key does.
    fn mask(&mut self, at: usize) -> bool {
        let Some(rest) = self.text.get(at..) else { return false };
        let (length, key) = match rest.strip_prefix('"') {
            Some(inner) => match inner.find(['"', '\\', '\n']) {
                Some(end) if inner[end..].starts_with('"') => (end + 2, inner[..end].to_owned()),
                _ => return false,
            },
            None => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
                let end = end.unwrap_or(rest.len());
                (end, rest[..end].to_owned())
            }
        };
        if length == 0 || key.starts_with(STAND_IN) {
            return false;
        }
        let stand_in = format!("{STAND_IN}{}", self.doubles.len());
        let growth = stand_in.len().cast_signed() - length.cast_signed();
        self.text.replace_range(at..at + length, &stand_in);
        for later in self.doubles.iter_mut().filter(|double| double.at > at) {
            later.at = later.at.saturating_add_signed(growth);
        }
        self.doubles.push(Double { at, key, growth });
        true
    }

    /// Where a byte of the masked text stands in the text as written.
    fn original(&self, at: usize) -> usize {
        let growth: isize =
            self.doubles.iter().filter(|double| double.at < at).map(|double| double.growth).sum();
        at.saturating_add_signed(-growth)
    }

    /// The key as written, where `key` stands in for one.
    fn key(&self, key: &str) -> String {
        key.strip_prefix(STAND_IN)
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| self.doubles.get(number))
            .map_or_else(|| key.to_owned(), |double| double.key.clone())
    }
}

struct Lowering<'m, 'r, 's> {
    masked: &'m Masked,
    report: &'r mut Report<'s>,
}

impl Lowering<'_, '_, '_> {
    fn at(&self, span: Option<Range<usize>>) -> Option<usize> {
        span.map(|span| self.masked.original(span.start))
    }

    fn body(&mut self, body: &Body) -> Node {
        let mut entries = Vec::new();
        let mut configures = false;
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key = self.masked.key(attribute.key.as_str());
                    let key_at = self.at(attribute.key.span());
                    let node = self.expression(&attribute.value, Path::Root.child(&key), DEPTH_MAX);
                    entries.push(Entry { key, key_at, node });
                }
                Structure::Block(block) => {
                    let at = self.at(block.span()).or_else(|| self.at(block.ident.span()));
                    let name = block.ident.as_str();
                    let of_configuration = CONFIGURATION.contains(&name);
                    configures |= of_configuration;
                    let (what, hint) = if of_configuration {
                        let hint = "move the block to a .tf file; here write values alone, such as `org_name = \"acme\"`";
                        ("begins a block, which is the syntax of a .tf file", hint.to_owned())
                    } else {
                        let hint = format!("write `{name} = {{ … }}`, with the equals sign");
                        ("is a block, which tfvars may not hold", hint)
                    };
                    let message = format!("`{}` {what}", Quoted(name));
                    self.report.error(code::EXPRESSION, at, Path::Root.child(name), message, hint);
                    // A block of a configuration does not stand for an attribute, known or unknown.
                    if !of_configuration {
                        let node = Node::new(Value::Reported, at);
                        entries.push(Entry { key: name.to_owned(), key_at: at, node });
                    }
                }
            }
        }
        // Of a .tf file nothing more is to be said.
        if configures && entries.is_empty() {
            return Node::new(Value::Reported, Some(0));
        }
        Node::new(Value::Map(entries), Some(0))
    }

    fn expression(&mut self, expression: &Expression, path: Path<'_>, depth: usize) -> Node {
        let span = expression.span();
        let at = self.at(span.clone());
        let Some(depth) = depth.checked_sub(1) else {
            too_deep(self.report, at);
            return Node::new(Value::Reported, at);
        };
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(flag) => Value::Bool(*flag.value()),
            Expression::Number(number) => {
                let written = span.and_then(|span| self.masked.text.get(span)).map(str::trim);
                Value::Number(written.map_or_else(|| number.value().to_string(), str::to_owned))
            }
            Expression::String(text) => Value::String(text.value().clone()),
            Expression::Array(array) => self.array(array, path, depth),
            Expression::Object(object) => self.object(object, path, depth),
            Expression::Parenthesis(inner) => return self.expression(inner.inner(), path, depth),
            Expression::HeredocTemplate(heredoc) => {
                let mut text = String::new();
                let mut literal = true;
                for element in &heredoc.template {
                    match element {
                        Element::Literal(part) => text.push_str(part),
                        Element::Interpolation(_) | Element::Directive(_) => literal = false,
                    }
                }
                if literal {
                    Value::String(text)
                } else {
                    self.refuse(at, path, None, "a heredoc with `${…}` or `%{…}`")
                }
            }
            Expression::UnaryOp(operation) => match (operation.operator.value(), &operation.expr) {
                (UnaryOperator::Neg, Expression::Number(number)) => {
                    let text = |span| self.masked.text.get(span).map(str::trim);
                    let digits = number.span().and_then(text);
                    let digits = digits.map_or_else(|| number.value().to_string(), str::to_owned);
                    let node = Node::new(Value::Number(format!("-{digits}")), at);
                    return match span.and_then(text) {
                        Some(written) => node.written_as(written),
                        None => node,
                    };
                }
                _ => self.refuse(at, path, span, "an operation"),
            },
            Expression::StringTemplate(_) => self.refuse(at, path, span, "a string with `${…}` or `%{…}`"),
            Expression::Variable(_) | Expression::Traversal(_) => self.refuse(at, path, span, "a reference"),
            Expression::FuncCall(_) => self.refuse(at, path, span, "a function call"),
            Expression::Conditional(_) => self.refuse(at, path, span, "a conditional"),
            Expression::BinaryOp(_) => self.refuse(at, path, span, "an operation"),
            Expression::ForExpr(_) => self.refuse(at, path, span, "a `for` expression"),
        };
        Node::new(value, at)
    }

    fn array(&mut self, array: &Array, path: Path<'_>, depth: usize) -> Value {
        let items = array.iter().enumerate();
        Value::List(items.map(|(n, item)| self.expression(item, Path::Index(&path, n), depth)).collect())
    }

    fn object(&mut self, object: &Object, path: Path<'_>, depth: usize) -> Value {
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            let (key, key_at) = match key {
                ObjectKey::Ident(name) => (self.masked.key(name.as_str()), self.at(name.span())),
                ObjectKey::Expression(key) => {
                    let node = self.expression(key, path, depth);
                    match node.value {
                        Value::String(text) | Value::Number(text) => (text, node.at),
                        Value::Bool(flag) => (flag.to_string(), node.at),
                        Value::Reported => continue,
                        other => {
                            self.report.error(
                                code::TYPE_MISMATCH,
                                node.at,
                                path,
                                format!("a key is a string, not {}", other.described()),
                                "write the key as a name or in quotes",
                            );
                            continue;
                        }
                    }
                }
            };
            let node = self.expression(value.expr(), path.child(&key), depth);
            entries.push(Entry { key, key_at, node });
        }
        Value::Map(entries)
    }

    /// Reports what would have to be computed; `span` is its text, where that is worth repeating.
    fn refuse(&mut self, at: Option<usize>, path: Path<'_>, span: Option<Range<usize>>, what: &str) -> Value {
        let written = span.and_then(|span| self.masked.text.get(span)).map(str::trim);
        let written = written.filter(|text| !text.is_empty() && !text.contains('\n'));
        let plain = |c: char| c.is_alphanumeric() || "._/@+-:".contains(c);
        let (message, hint) = match written {
            Some(text) => (
                format!("`{}` is {what}; tfvars hold literal values only", Quoted(text)),
                match text.chars().all(plain) {
                    true => format!("write the value itself; if it is a string, in quotes: `\"{}\"`", Quoted(text)),
                    false => "write the value itself: a string in quotes, a number, `true` or `false`, a list or a map"
                        .to_owned(),
                },
            ),
            None => (
                format!("{what} stands here; tfvars hold literal values only"),
                "write the value itself".to_owned(),
            ),
        };
        self.report.error(code::EXPRESSION, at, path, message, hint);
        Value::Reported
    }
}

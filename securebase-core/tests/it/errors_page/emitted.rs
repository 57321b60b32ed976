//! The codes that a source emits, by the places at which a code stands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, Lit, Token};

/// The functions that are given a code, by the end of their path, and which of their arguments it is.
const GIVEN: [(&str, usize); 10] = [
    ("error", 0),
    ("warning", 0),
    ("problem", 0),
    ("defect", 0),
    ("Diagnosis::new", 0),
    ("CloudError::not_sent", 0),
    ("refused", 1),
    ("Failure::one", 1),
    ("Failure::at", 1),
    ("Failure::many", 1),
];

/// The codes that a source emits, without those of its tests.
#[derive(Default)]
pub(super) struct Emitted {
    pub(super) codes: BTreeSet<String>,
}

impl Emitted {
    pub(super) fn of(folders: &[PathBuf]) -> Self {
        let mut emitted = Self::default();
        for folder in folders {
            emitted.folder(folder);
        }
        emitted
    }

    fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            // Files that are compiled for tests only, by their name.
            if name == "tests" || name.starts_with("tests_") || name == "tests.rs" || name == "conformance" {
                continue;
            }
            if path.is_dir() {
                self.folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                self.visit_file(&syn::parse_file(&text).unwrap());
            }
        }
    }

    /// The code that an expression is, or those it chooses from.
    fn value(&mut self, value: &Expr) {
        match value {
            Expr::Lit(literal) => {
                if let Lit::Str(text) = &literal.lit
                    && is_code(&text.value())
                {
                    self.codes.insert(text.value());
                }
            }
            Expr::If(choice) => {
                self.last(&choice.then_branch);
                if let Some((_, other)) = &choice.else_branch {
                    self.value(other);
                }
            }
            Expr::Block(block) => self.last(&block.block),
            Expr::Match(choice) => choice.arms.iter().for_each(|arm| self.value(&arm.body)),
            // Of a code and what goes with it, the code stands first.
            Expr::Tuple(tuple) => {
                if let Some(first) = tuple.elems.first() {
                    self.value(first);
                }
            }
            _ => {}
        }
    }

    fn last(&mut self, block: &syn::Block) {
        if let Some(syn::Stmt::Expr(value, None)) = block.stmts.last() {
            self.value(value);
        }
    }
}

/// Whether a text has the form of a code: words in lower case with hyphens, `policy.` before those of policies; or a word of AWS's form.
fn is_code(text: &str) -> bool {
    let words = text.strip_prefix("policy.").unwrap_or(text);
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !words.is_empty() && (words.chars().all(is_lower) || words.chars().all(|c| c.is_ascii_alphabetic()))
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// Whether a pattern binds `code`, alone or as the first of several.
fn binds_code(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Ident(ident) => ident.ident == "code",
        syn::Pat::Tuple(tuple) => tuple.elems.first().is_some_and(binds_code),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Emitted {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func {
            let path = function.path.segments.iter().map(|segment| segment.ident.to_string());
            let path = path.collect::<Vec<_>>().join("::");
            let is = |known: &str| path == known || path.ends_with(&format!("::{known}"));
            let given = GIVEN.iter().find(|(known, _)| is(known));
            if let Some(code) = given.and_then(|(_, index)| call.args.iter().nth(*index)) {
                self.value(code);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "code") {
            self.value(&field.expr);
        }
        visit::visit_field_value(self, field);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = local.init.as_ref().filter(|_| binds_code(&local.pat)) {
            self.value(&init.expr);
        }
        visit::visit_local(self, local);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // The arguments of `vec!`, `format!` and the like are expressions.
        if let Ok(arguments) = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }
}

//! Holds functions to a length that can be read at once.

use std::collections::BTreeSet;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::files;

/// The lines of the longest function, from `fn` to its closing brace.
const LINES_MAX: usize = 79;

/// Collects the functions of a file by name and number of lines.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = block.span().end().line + 1 - signature.span().start().line;
        self.0.push((signature.ident.to_string(), lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn functions(text: &str) -> Vec<(String, usize)> {
    let mut functions = Functions::default();
    functions.visit_file(&syn::parse_file(text).unwrap());
    functions.0
}

#[test]
fn functions_can_be_read_at_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for source in ["securebase-core/src", "securebase-py/src"] {
        files(&root.join(source), &mut all);
    }
    let mut wrong = BTreeSet::new();
    for path in all {
        let relative = path.strip_prefix(&root).unwrap();
        for (name, lines) in functions(&std::fs::read_to_string(&path).unwrap()) {
            if lines > LINES_MAX {
                wrong.insert(format!("`{name}` in {} has {lines} lines", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "split along their meaning: {wrong:#?}");
}

#[test]
fn every_function_is_measured() {
    let text = "
        /// A comment does not count.
        #[must_use]
        fn one(
            given: u8,
        ) -> u8 {
            fn inner() {}
            given
        }
        impl Two { pub async fn two() {
        } }
        trait Three { fn three(&self) {

        } fn none(&self); }
        mod tests { #[test] fn four() {} }
    ";
    let expected = [("one", 6), ("inner", 1), ("two", 2), ("three", 3), ("four", 1)];
    assert_eq!(functions(text), expected.map(|(name, lines)| (name.to_owned(), lines)));
}

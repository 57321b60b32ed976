//! The graph of which file of a module names which other, read from their text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};

use super::{files, is_test, is_test_file};

/// The path of a file below its module: `cost/usage` for `cost/usage.rs`, the empty one for the module's `mod.rs`.
type Place = Vec<String>;

/// Collects the files of a module that one of them names, outside of its tests.
struct Names<'a> {
    module: &'a str,
    own: &'a Place,
    all: &'a BTreeSet<Place>,
    found: BTreeSet<Place>,
}

impl Names<'_> {
    /// Takes note of the file that a path leads to. What a file re-exports belongs to it, not to the file that defines it.
    fn path(&mut self, segments: &[String]) {
        let mut place = self.own.clone();
        let mut rest = segments;
        match segments {
            [first, second, ..] if first == "crate" => {
                if second != self.module {
                    return;
                }
                place.clear();
                rest = &segments[2..];
            }
            [first, ..] if first == "self" || first == "super" => {
                while let [first, after @ ..] = rest
                    && (first == "self" || first == "super")
                {
                    // Above the module there is nothing of it.
                    if first == "super" && place.pop().is_none() {
                        return;
                    }
                    rest = after;
                }
            }
            [first, ..] => {
                place.push(first.clone());
                if !self.all.contains(&place) {
                    return;
                }
                rest = &segments[1..];
            }
            [] => return,
        }
        for segment in rest {
            place.push(segment.clone());
            if !self.all.contains(&place) {
                place.pop();
                break;
            }
        }
        if place != *self.own {
            self.found.insert(place);
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.path(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.path(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.path(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }

    /// What a macro is given is not parsed: only its tokens are there.
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(&std::mem::take(&mut path));
                    colons = 0;
                    if let proc_macro2::TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&path);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.tree(&[], &item.tree);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // A name by itself is one of the file's own, or one that a `use` brought.
        if segments.len() > 1 {
            self.path(&segments);
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::finance)` says who may see an item, not what the item uses.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

/// Which files of a module each of its files names.
pub(super) struct Graph(BTreeMap<Place, BTreeSet<Place>>);

impl Graph {
    /// Reads the files of a module of the crate, but not those of its tests.
    pub(super) fn read(source: &Path, module: &str) -> Self {
        let directory = source.join(module);
        let mut all = Vec::new();
        files(&directory, &mut all);
        let texts = all.into_iter().filter_map(|path| {
            let relative = path.strip_prefix(&directory).unwrap();
            (!is_test_file(relative)).then(|| {
                let place = relative.with_extension("").display().to_string();
                (place, std::fs::read_to_string(&path).unwrap())
            })
        });
        Self::of(module, texts)
    }

    /// The graph of files by their paths without `.rs`, and their texts.
    pub(super) fn of(module: &str, texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let place = |path: &str| -> Place {
            let mut place: Place = path.split('/').map(str::to_owned).collect();
            if place.last().is_some_and(|last| last == "mod") {
                place.pop();
            }
            place
        };
        let texts: Vec<(Place, String)> =
            texts.into_iter().map(|(path, text)| (place(&path), text)).collect();
        let all = texts.iter().map(|(place, _)| place.clone()).collect();
        let named = texts.iter().map(|(own, text)| {
            let mut names = Names { module, own, all: &all, found: BTreeSet::new() };
            names.visit_file(&syn::parse_file(text).unwrap());
            (own.clone(), names.found)
        });
        Self(named.collect())
    }

    /// The files that lie on a circle or lead only to files on circles: empty where the files can be put in an order in which
    /// each names only earlier ones. Returns each with the files of the circles that it names.
    pub(super) fn circles(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut left = self.0.clone();
        // Both ends are taken off until only circles are left, and what connects them.
        loop {
            let before = left.len();
            let places: BTreeSet<Place> = left.keys().cloned().collect();
            for names in left.values_mut() {
                names.retain(|name| places.contains(name));
            }
            let named: BTreeSet<Place> = left.values().flatten().cloned().collect();
            left.retain(|place, names| !names.is_empty() && named.contains(place));
            if left.len() == before {
                break;
            }
        }
        let written = |(place, names): (Place, BTreeSet<Place>)| {
            (text(&place), names.iter().map(text).collect::<BTreeSet<_>>())
        };
        left.into_iter().map(written).collect()
    }

    /// Every name that runs against an order of the module's parts, as `file names file`. The module's own `mod.rs` stands
    /// above them all; a part that the order leaves out is in the list, too.
    pub(super) fn against(&self, order: &[String]) -> BTreeSet<String> {
        let rank = |place: &Place| match place.first() {
            None => Some(order.len()),
            Some(part) => order.iter().position(|one| one == part),
        };
        let mut found = BTreeSet::new();
        for (place, names) in &self.0 {
            let Some(own) = rank(place) else {
                found.insert(format!("`{}` is not in the order", text(place)));
                continue;
            };
            let later = names.iter().filter(|name| rank(name).is_some_and(|rank| rank > own));
            found.extend(later.map(|name| format!("`{}` names `{}`", text(place), text(name))));
        }
        found
    }

    /// The parts of the module: its folders and files.
    pub(super) fn parts(&self) -> BTreeSet<String> {
        self.0.keys().filter_map(|place| place.first().cloned()).collect()
    }
}

fn text(place: &Place) -> String {
    if place.is_empty() { "mod".to_owned() } else { place.join("/") }
}

/// The parts of `finance` in their order, as the page has them, and the names that it lets run against the order.
fn order() -> (Vec<String>, BTreeSet<String>) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/architecture.md");
    let text = std::fs::read_to_string(page).unwrap();
    let table =
        text.split("| part of `finance` | holds |").nth(1).expect("the page has the order of finance");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let order = rows.map(|row| row.split('`').nth(1).expect("a row names a part").to_owned()).collect();
    let after = table.split("\n\n").nth(1).unwrap_or_default();
    let exceptions = after.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect();
    (order, exceptions)
}

#[test]
fn finance_keeps_the_order_of_the_page() {
    let graph = Graph::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "finance");
    let (order, exceptions) = order();
    assert_eq!(
        order.iter().cloned().collect::<BTreeSet<_>>(),
        graph.parts(),
        "the page lists every part once"
    );
    assert_eq!(order.len(), graph.parts().len(), "the page lists every part once");
    assert!(exceptions.len() < 5, "name the defining file, or move what both need into a file of its own");
    assert_eq!(graph.against(&order), exceptions);
}

#[test]
fn no_two_files_of_finance_name_each_other() {
    let graph = Graph::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "finance");
    let circles = graph.circles();
    assert!(circles.is_empty(), "move what both need into a file of its own: {circles:#?}");
}

/// Texts of a small module, of which `price` is below `bill` and `bill` below `report`.
fn small(price: &str) -> Graph {
    let texts = [
        ("mod", "mod bill; pub use report::Report;"),
        ("price", price),
        ("bill", "mod lines; use super::price::Price; use lines::Line;"),
        (
            "bill/lines",
            "pub(in crate::small) struct Line; fn line() -> crate::small::price::Price { todo!() }",
        ),
        ("report", "use crate::small::{bill::Bill, price}; use crate::model::report;"),
    ];
    Graph::of("small", texts.map(|(path, text)| (path.to_owned(), text.to_owned())))
}

#[test]
fn every_way_to_name_a_file_is_found() {
    let order: Vec<String> = ["price", "bill", "report"].map(str::to_owned).into();
    let plain = "use std::fmt; #[cfg(test)] mod tests { use super::super::report::Report; } fn free() {}";
    assert!(small(plain).against(&order).is_empty());
    assert!(small(plain).circles().is_empty());
    for planted in [
        "use super::report::Report;",
        "use crate::small::{price, report::Report as Other};",
        "use super::report::*;",
        "fn cost() -> u8 { crate::small::report::cost() }",
        "fn cost(report: &super::report::Report) {}",
        "fn cost() { format!(\"{}\", super::report::cost()); }",
    ] {
        let graph = small(planted);
        assert_eq!(graph.against(&order), BTreeSet::from(["`price` names `report`".to_owned()]), "{planted}");
        assert!(graph.circles().contains_key("price"), "{planted}");
    }
    let hub = small("use super::Report;");
    assert_eq!(hub.against(&order), BTreeSet::from(["`price` names `mod`".to_owned()]));
    let within = small("use super::bill::lines::Line;");
    assert_eq!(within.against(&order), BTreeSet::from(["`price` names `bill/lines`".to_owned()]));
    assert!(within.circles().contains_key("bill/lines"));
    let unknown = small(plain).against(&order[1..]);
    assert_eq!(unknown, BTreeSet::from(["`price` is not in the order".to_owned()]));
}

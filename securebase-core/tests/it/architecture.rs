//! Holds the modules to the table in `docs/architecture.md`: who may import whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// What each module may name of the crate besides itself, as the page says it.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/architecture.md");
    let text = std::fs::read_to_string(page).unwrap();
    let table = text.split("| module | holds | imports |").nth(1).expect("the page has the table of modules");
    let names =
        |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut found = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let [_, module, _, imports, _] = cells[..] else { panic!("three columns: {row}") };
        let module = names(module);
        assert_eq!(module.len(), 1, "one module in a row: {row}");
        found.insert(module.into_iter().next().unwrap(), names(imports));
    }
    found
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Collects the modules that a file names by `crate::…`, outside of its tests.
#[derive(Default)]
struct Imports(BTreeSet<String>);

impl Imports {
    fn tree(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) if path.ident == "crate" => self.roots(&path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item)),
            _ => {}
        }
    }

    /// The first names below `crate`.
    fn roots(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                self.0.insert(path.ident.to_string());
            }
            syn::UseTree::Name(name) => {
                self.0.insert(name.ident.to_string());
            }
            syn::UseTree::Rename(rename) => {
                self.0.insert(rename.ident.to_string());
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.roots(item)),
            syn::UseTree::Glob(_) => {
                self.0.insert("*".to_owned());
            }
        }
    }

    /// What a macro is given is not parsed: only its tokens are there.
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let flat: Vec<proc_macro2::TokenTree> = tokens.into_iter().collect();
        for (index, token) in flat.iter().enumerate() {
            match token {
                proc_macro2::TokenTree::Group(group) => self.tokens(group.stream()),
                proc_macro2::TokenTree::Ident(ident) if ident == "crate" => {
                    if let Some(proc_macro2::TokenTree::Ident(name)) = flat.get(index + 3) {
                        self.0.insert(name.to_string());
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.tree(&item.tree);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|first| first.ident == "crate") {
            self.0.extend(segments.next().map(|second| second.ident.to_string()));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

/// Files that are compiled for tests only, by their name: `tests.rs`, `tests_draw.rs`, and all of a folder `tests`.
fn is_test_file(relative: &Path) -> bool {
    relative.iter().any(|part| {
        part.to_str().is_some_and(|part| part == "tests" || part.starts_with("tests_") || part == "tests.rs")
    })
}

#[test]
fn modules_import_only_what_the_page_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let allowed = allowed();
    let mut wrong = BTreeSet::new();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in all {
        let relative = path.strip_prefix(&source).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        // `lib.rs` names everything; a module's own tests may use more than the module.
        if module == "lib" || is_test_file(relative) {
            continue;
        }
        let Some(may) = allowed.get(&module) else {
            wrong.insert(format!("`{module}` is not in the table"));
            continue;
        };
        let mut imports = Imports::default();
        imports.visit_file(&syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap());
        for named in imports.0 {
            if named == "*" {
                wrong.insert(format!("{} imports everything of the crate", relative.display()));
            } else if named != module && allowed.contains_key(&named) {
                if !may.contains(&named) {
                    wrong.insert(format!("{} names `{named}`", relative.display()));
                }
                used.entry(module.clone()).or_default().insert(named);
            }
        }
    }
    for (module, may) in &allowed {
        for import in may {
            if !used.get(module).is_some_and(|used| used.contains(import)) {
                wrong.insert(format!("the page lets `{module}` import `{import}`, which it does not"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The variants that print their source in their own text, so that a chain would say it twice.
#[derive(Default)]
struct Repeats(Vec<String>);

impl Repeats {
    /// The text of `#[error(…)]`, and the field that is the source, as the text would name it.
    fn check(&mut self, name: &syn::Ident, attributes: &[syn::Attribute], fields: &syn::Fields) {
        let says = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
        let Some(syn::Meta::List(says)) = says.map(|attribute| &attribute.meta) else { return };
        let says = says.tokens.to_string();
        for (index, field) in fields.iter().enumerate() {
            let field_name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            let marked = |attribute: &syn::Attribute| {
                attribute.path().is_ident("source") || attribute.path().is_ident("from")
            };
            let is_source = field_name == "source" || field.attrs.iter().any(marked);
            if is_source
                && (says.contains(&format!("{{{field_name}")) || says.contains(&format!(". {field_name}")))
            {
                self.0.push(name.to_string());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Repeats {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.check(&item.ident, &item.attrs, &item.fields);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.check(&variant.ident, &variant.attrs, &variant.fields);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }
}

#[test]
fn no_error_repeats_its_source() {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut repeats = Repeats::default();
    for path in all {
        repeats.visit_file(&syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap());
    }
    assert!(repeats.0.is_empty(), "{:?}: leave the source to `model::chain`", repeats.0);
    let text = r#"enum Error { #[error("cannot read: {source}")] Io { source: Io }, #[error("no: {0}")] No(#[from] Io) }"#;
    repeats.visit_file(&syn::parse_file(text).unwrap());
    assert_eq!(repeats.0, ["Io", "No"]);
}

//! Holds the modules to `docs/architecture.md`: who may import whom, and who may decide by the kind of a resource.

mod graph;
mod lengths;

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

/// The types whose variants are the kinds of resource.
const KINDS: [&str; 2] = ["ResourceKind", "ResourceSpec"];

/// Collects the places where a file decides by the kind of a resource, outside of its tests: a pattern, or a comparison with
/// one kind.
#[derive(Default)]
struct Decisions {
    /// The names that the types of [`KINDS`] have in the file.
    names: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Decisions {
    fn of(file: &syn::File) -> BTreeSet<String> {
        let mut decisions = Self { names: KINDS.map(str::to_owned).into(), found: BTreeSet::new() };
        for item in &file.items {
            if let syn::Item::Use(item) = item {
                decisions.import(&item.tree);
            }
        }
        decisions.visit_file(file);
        decisions.found
    }

    /// Takes note of other names for the types, and of variants that are imported by themselves.
    fn import(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) if self.names.contains(&path.ident.to_string()) => {
                self.found.insert(format!("imports the variants of `{}`", path.ident));
            }
            syn::UseTree::Path(path) => self.import(&path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item)),
            syn::UseTree::Rename(rename) if KINDS.iter().any(|kind| rename.ident == kind) => {
                self.names.insert(rename.rename.to_string());
            }
            _ => {}
        }
    }

    /// Takes note of a path to a variant.
    fn path(&mut self, path: &syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [.., parent, variant] = &segments[..]
            && self.names.contains(parent)
        {
            self.found.insert(format!("{parent}::{variant}"));
        }
    }

    /// Takes note of a variant that something is compared with.
    fn operand(&mut self, operand: &syn::Expr) {
        match operand {
            syn::Expr::Path(path) => self.path(&path.path),
            syn::Expr::Reference(reference) => self.operand(&reference.expr),
            syn::Expr::Unary(unary) => self.operand(&unary.expr),
            syn::Expr::Paren(paren) => self.operand(&paren.expr),
            // `Some(kind)`, but not the argument of a function.
            syn::Expr::Call(call) if is_constructor(&call.func) => {
                call.args.iter().for_each(|argument| self.operand(argument));
            }
            syn::Expr::Tuple(tuple) => tuple.elems.iter().for_each(|element| self.operand(element)),
            syn::Expr::Array(array) => array.elems.iter().for_each(|element| self.operand(element)),
            _ => {}
        }
    }
}

fn is_constructor(function: &syn::Expr) -> bool {
    let syn::Expr::Path(path) = function else { return false };
    let name = path.path.segments.last().map(|segment| segment.ident.to_string());
    name.is_some_and(|name| name.starts_with(char::is_uppercase))
}

impl<'ast> Visit<'ast> for Decisions {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    /// Inside an `impl` of one of the types, `Self` is another name for it.
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let own = match &*item.self_ty {
            syn::Type::Path(own) => own.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        let is_kind =
            own.is_some_and(|own| self.names.contains(&own)) && self.names.insert("Self".to_owned());
        visit::visit_item_impl(self, item);
        if is_kind {
            self.names.remove("Self");
        }
    }

    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        match pattern {
            syn::Pat::Path(pattern) => self.path(&pattern.path),
            syn::Pat::Struct(pattern) => self.path(&pattern.path),
            syn::Pat::TupleStruct(pattern) => self.path(&pattern.path),
            _ => {}
        }
        visit::visit_pat(self, pattern);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if matches!(binary.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_)) {
            self.operand(&binary.left);
            self.operand(&binary.right);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if ["contains", "eq", "ne"].iter().any(|method| call.method == method) {
            self.operand(&call.receiver);
            call.args.iter().for_each(|argument| self.operand(argument));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let matched = |input: syn::parse::ParseStream<'_>| {
            let expression: syn::Expr = input.parse()?;
            input.parse::<syn::Token![,]>()?;
            let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(syn::Token![if]) {
                input.parse::<syn::Token![if]>()?;
                Some(input.parse::<syn::Expr>()?)
            } else {
                None
            };
            input.parse::<Option<syn::Token![,]>>()?;
            Ok((expression, pattern, guard))
        };
        if item.path.is_ident("matches") {
            let (expression, pattern, guard) =
                syn::parse::Parser::parse2(matched, item.tokens.clone()).unwrap();
            // The parts live as long as this call, the visitor as long as the file: a second one takes its place.
            let mut within = Decisions { names: self.names.clone(), found: BTreeSet::new() };
            within.visit_expr(&expression);
            within.visit_pat(&pattern);
            guard.iter().for_each(|guard| within.visit_expr(guard));
            self.found.extend(within.found);
        }
        visit::visit_macro(self, item);
    }
}

/// The files that may decide by the kind of a resource, as the page lists them.
fn deciding() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/architecture.md");
    let text = std::fs::read_to_string(page).unwrap();
    let list = text.split("These files decide by the kind of a resource themselves:").nth(1);
    let rows =
        list.expect("the page has the list").trim_start().lines().take_while(|line| line.starts_with("- "));
    rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
}

#[test]
fn only_kinds_decide_by_the_kind_of_a_resource() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let mut found = BTreeMap::new();
    for path in all {
        let relative = path.strip_prefix(&source).unwrap();
        if relative.starts_with("kinds") || is_test_file(relative) {
            continue;
        }
        let decisions = Decisions::of(&syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap());
        if !decisions.is_empty() {
            found.insert(relative.display().to_string(), decisions);
        }
    }
    let deciding = deciding();
    let unused: Vec<&String> = deciding.iter().filter(|file| !found.contains_key(*file)).collect();
    assert!(unused.is_empty(), "the page lets these files decide, which they do not: {unused:#?}");
    found.retain(|file, _| !deciding.contains(file));
    assert!(found.is_empty(), "state a fact in `kinds/` instead: {found:#?}");
}

#[test]
fn every_way_to_decide_by_a_kind_is_found() {
    let text = r#"
        use crate::model::ResourceKind as Kind;
        fn one(kind: Kind, spec: &ResourceSpec, other: (Kind, u8)) {
            match kind { Kind::Vpc => {} _ => {} }
            if let ResourceSpec::Subnet(SubnetSpec { zone, .. }) = spec {}
            let _ = kind == Kind::Account || other != (Kind::Route, 1);
            let _ = matches!(spec, ResourceSpec::FlowLog(_) | ResourceSpec::LogGroup(_) if kind != Kind::Organization);
            let _ = [Kind::ElasticIp].contains(&kind);
            let _ = made.filter(|made| made.kind == Some(Kind::NatGateway));
            let _ = (1 == count(Kind::RouteTable), ResourceSpec::VpnGateway(VpnGatewaySpec {}));
        }
        impl ResourceKind {
            fn is_two(self) -> bool { matches!(self, Self::AccountPlacement) }
        }
        #[cfg(test)]
        mod tests { fn three() -> bool { kind == ResourceKind::InternetGateway } }
    "#;
    let found: Vec<String> = Decisions::of(&syn::parse_file(text).unwrap()).into_iter().collect();
    let expected = [
        "Kind::Account",
        "Kind::ElasticIp",
        "Kind::NatGateway",
        "Kind::Organization",
        "Kind::Route",
        "Kind::Vpc",
        "ResourceSpec::FlowLog",
        "ResourceSpec::LogGroup",
        "ResourceSpec::Subnet",
        "Self::AccountPlacement",
    ];
    assert_eq!(found, expected);
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

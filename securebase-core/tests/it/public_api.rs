//! The public API as a committed list, so that every change of it shows in a difference.
//!
//! The list is made from the source: what can be reached from `lib.rs` through public modules and re-exports, with fields,
//! variants and the signatures of functions. Items that a macro declares are listed by name only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{Item, UseTree, Visibility};

/// Set it to write the list anew; then read the difference.
const BLESS: &str = "SECUREBASE_BLESS";

/// The methods that `diagnostic!` gives an error.
const DIAGNOSTIC: [&str; 4] = [
    "fn code(&self) -> &'static str",
    "fn message(&self) -> String",
    "fn help(&self) -> Option<String>",
    "fn problems(&self) -> Problems",
];

/// The macros that declare an enum of a service, what they call it, and what ends a variant.
const DECLARED: [(&str, &str, char); 2] = [("operations", "Operation", ';'), ("replies", "Reply", ',')];

type ModulePath = Vec<String>;

/// The items of every module, tests left out.
struct Crate(BTreeMap<ModulePath, Vec<Item>>);

impl Crate {
    fn read(source: &Path) -> Self {
        let mut modules = BTreeMap::new();
        collect(source, &source.join("lib.rs"), Vec::new(), &mut modules);
        Self(modules)
    }

    /// The module in which an item is declared, followed through re-exports, and its name there.
    fn declared(&self, module: &[String], name: &str, depth: u32) -> Option<(ModulePath, String)> {
        let items = self.0.get(module)?;
        if items.iter().any(|item| name_of(item).is_some_and(|found| found == name)) {
            return Some((module.to_vec(), name.to_owned()));
        }
        let imports = items.iter().filter_map(|item| match item {
            Item::Use(item) => Some(leaves(&item.tree)),
            _ => None,
        });
        let found = imports.flatten().find(|(_, alias)| alias == name && depth > 0);
        match found.and_then(|(path, _)| self.absolute(module, &path)) {
            Some((target, target_name)) => self.declared(&target, &target_name, depth - 1),
            None => Some((module.to_vec(), name.to_owned())),
        }
    }

    /// The module and name of a path that is written in `module`; `None` for a path into another crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<(ModulePath, String)> {
        let (name, parents) = path.split_last()?;
        let mut at = module.to_vec();
        let mut parents = parents.iter();
        if path[0] == "crate" {
            parents.next();
            at.clear();
        } else {
            let mut child = module.to_vec();
            child.push(path[0].clone());
            let local = path[0] == "self" || path[0] == "super" || self.0.contains_key(&child);
            if !local && path.len() > 1 {
                return None;
            }
        }
        for part in parents {
            match part.as_str() {
                "self" => {}
                "super" => {
                    at.pop();
                }
                other => at.push(other.to_owned()),
            }
        }
        Some((at, name.clone()))
    }

    fn list(&self, module: &[String], public: &str, listed: &mut BTreeSet<String>) {
        for item in &self.0[module] {
            match item {
                Item::Mod(child) if is_public(&child.vis) => {
                    let mut path = module.to_vec();
                    path.push(child.ident.to_string());
                    self.list(&path, &join(public, &child.ident.to_string()), listed);
                }
                Item::Use(item) if is_public(&item.vis) => {
                    for (path, alias) in leaves(&item.tree) {
                        let Some((target, name)) = self.absolute(module, &path) else { continue };
                        let Some((target, name)) = self.declared(&target, &name, 8) else { continue };
                        self.item(&target, &name, &join(public, &alias), listed);
                    }
                }
                Item::Macro(call) => {
                    let declared = DECLARED.iter().find(|(called, ..)| call.mac.path.is_ident(called));
                    if let Some((_, name, end)) = declared {
                        let name = join(public, name);
                        listed.insert(format!("enum {name}"));
                        let variants = variants(call.mac.tokens.clone(), *end);
                        listed.extend(variants.into_iter().map(|variant| format!("{name}::{variant}")));
                    }
                }
                other => {
                    if let Some(name) = name_of(other).filter(|_| visibility(other).is_some_and(is_public)) {
                        self.item(module, &name, &join(public, &name), listed);
                    }
                }
            }
        }
    }

    /// An item by its public path, with what it consists of.
    fn item(&self, module: &[String], name: &str, public: &str, listed: &mut BTreeSet<String>) {
        let named = |item: &&Item| name_of(item).is_some_and(|found| found == name);
        let found: Vec<&Item> = self.0.get(module).into_iter().flatten().filter(named).collect();
        let child: ModulePath = module.iter().cloned().chain([name.to_owned()]).collect();
        if found.is_empty() && self.0.contains_key(&child) {
            return self.list(&child, public, listed);
        }
        if found.is_empty() {
            listed.insert(format!("{public} (declared by a macro)"));
        }
        for item in found {
            match item {
                Item::Struct(item) => {
                    listed.insert(format!("struct {public}"));
                    for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                        let name = field.ident.as_ref().map_or_else(|| "0".to_owned(), ToString::to_string);
                        listed.insert(format!("{public}.{name}: {}", text(&field.ty)));
                    }
                }
                Item::Enum(item) => {
                    listed.insert(format!("enum {public}"));
                    for variant in &item.variants {
                        listed.insert(format!(
                            "{public}::{} {}",
                            variant.ident,
                            text(&fields(&variant.fields))
                        ));
                    }
                }
                Item::Trait(item) => {
                    listed.insert(format!("trait {public}"));
                    for member in &item.items {
                        if let syn::TraitItem::Fn(function) = member {
                            listed.insert(format!("{public}::{}", text(&function.sig)));
                        }
                    }
                }
                Item::Fn(item) => {
                    listed.insert(format!("{public}: {}", text(&item.sig)));
                }
                Item::Const(item) => {
                    listed.insert(format!("const {public}: {}", text(&item.ty)));
                }
                Item::Type(item) => {
                    listed.insert(format!("type {public} = {}", text(&item.ty)));
                }
                _ => {}
            }
        }
        self.methods(module, name, public, listed);
    }

    /// Whether `diagnostic!` gives the type its methods, wherever in the crate that is written.
    fn is_diagnostic(&self, module: &[String], name: &str) -> bool {
        self.0.iter().any(|(at, items)| {
            items.iter().any(|item| {
                let Item::Macro(call) = item else { return false };
                let of = call.mac.path.is_ident("diagnostic").then(|| call.mac.parse_body::<syn::Ident>());
                let found = of.and_then(Result::ok).and_then(|of| self.declared(at, &of.to_string(), 8));
                found.is_some_and(|(target, found)| target == module && found == name)
            })
        })
    }

    /// Public functions of a type, wherever in its top module they are written.
    fn methods(&self, module: &[String], name: &str, public: &str, listed: &mut BTreeSet<String>) {
        if self.is_diagnostic(module, name) {
            listed.extend(DIAGNOSTIC.iter().map(|signature| format!("{public}::{signature}")));
        }
        for (_, items) in self.0.iter().filter(|(path, _)| path.first() == module.first()) {
            for item in items {
                let Item::Impl(block) = item else { continue };
                let syn::Type::Path(of) = &*block.self_ty else { continue };
                let is_it = of.path.segments.last().is_some_and(|last| last.ident == name);
                if !is_it || block.trait_.is_some() {
                    continue;
                }
                for member in &block.items {
                    match member {
                        syn::ImplItem::Fn(function) if is_public(&function.vis) => {
                            listed.insert(format!("{public}::{}", text(&function.sig)));
                        }
                        syn::ImplItem::Const(constant) if is_public(&constant.vis) => {
                            listed.insert(format!(
                                "const {public}::{}: {}",
                                constant.ident,
                                text(&constant.ty)
                            ));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// The variants that such a macro is given, behind its first line: all but attributes and texts.
fn variants(tokens: TokenStream, end: char) -> Vec<String> {
    let mut variants = Vec::new();
    let mut variant = TokenStream::new();
    let behind = |token: &TokenTree| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    for token in bare(tokens).into_iter().skip_while(behind).skip(1) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == end => {
                variants.push(text(&std::mem::take(&mut variant)));
            }
            TokenTree::Literal(_) => {}
            token => variant.extend([token]),
        }
    }
    assert!(variant.is_empty(), "every variant ends: {variant}");
    variants
}

/// The tokens without attributes.
fn bare(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let mut bare = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => drop(tokens.next()),
            TokenTree::Group(group) => {
                let content = Group::new(group.delimiter(), self::bare(group.stream()));
                bare.extend([TokenTree::Group(content)]);
            }
            token => bare.extend([token]),
        }
    }
    bare
}

fn collect(source: &Path, file: &Path, module: ModulePath, modules: &mut BTreeMap<ModulePath, Vec<Item>>) {
    let parsed = syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap();
    let items: Vec<Item> = parsed.items.into_iter().filter(|item| !is_test(item)).collect();
    for item in &items {
        let Item::Mod(child) = item else { continue };
        let mut path = module.clone();
        path.push(child.ident.to_string());
        if let Some((_, content)) = &child.content {
            modules.insert(path, content.clone());
            continue;
        }
        let at = source.join(path.iter().collect::<std::path::PathBuf>());
        let file = at.join("mod.rs");
        let file = if file.exists() { file } else { at.with_extension("rs") };
        collect(source, &file, path, modules);
    }
    modules.insert(module, items);
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn visibility(item: &Item) -> Option<&Visibility> {
    match item {
        Item::Struct(item) => Some(&item.vis),
        Item::Enum(item) => Some(&item.vis),
        Item::Trait(item) => Some(&item.vis),
        Item::Fn(item) => Some(&item.vis),
        Item::Const(item) => Some(&item.vis),
        Item::Type(item) => Some(&item.vis),
        _ => None,
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Const(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The paths that a `use` names, each with the name by which it is known here.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree)
            .into_iter()
            .map(|(mut rest, alias)| {
                rest.insert(0, path.ident.to_string());
                (rest, alias)
            })
            .collect(),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(rename) => vec![(vec![rename.ident.to_string()], rename.rename.to_string())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Glob(_) => Vec::new(),
    }
}

/// The fields of a variant without their attributes.
fn fields(fields: &syn::Fields) -> syn::Fields {
    let mut fields = fields.clone();
    fields.iter_mut().for_each(|field| field.attrs.clear());
    fields
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// Tokens as they are usually written, near enough to be read.
fn text(tokens: &impl quote::ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    [
        (" :: ", "::"),
        (" < ", "<"),
        (" > ", "> "),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("( ", "("),
        (" )", ")"),
        (" (", "("),
        (" : ", ": "),
    ]
    .iter()
    .fold(spaced, |text, (from, to)| text.replace(from, to))
}

fn listed() -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).list(&[], "", &mut listed);
    listed
}

/// One path leads to a type, and its name says which of all types it is; only `Error`, and the `Operation` and `Reply` that each
/// service declares, are read with their module.
#[test]
fn every_public_type_has_a_name_of_its_own() {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in listed() {
        let Some((kind, path)) = line.split_once(' ') else { continue };
        if ["struct", "enum", "trait", "type"].contains(&kind) {
            let path = path.split(' ').next().unwrap_or_default();
            let name = path.rsplit("::").next().unwrap_or_default().to_owned();
            paths.entry(name).or_default().push(path.to_owned());
        }
    }
    assert!(paths.len() > 300, "{} types were found", paths.len());
    for (_, name, _) in DECLARED {
        let of_services = paths.remove(name).unwrap_or_default();
        assert!(of_services.iter().all(|path| path.starts_with("cloud::")), "{of_services:?}");
    }
    paths.retain(|name, paths| paths.len() > 1 && name != "Error");
    assert!(paths.is_empty(), "{paths:#?}");
}

#[test]
fn the_public_api_is_the_committed_one() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = listed();
    let text: String = listed.iter().map(|line| format!("{line}\n")).collect();
    assert!(listed.len() > 500, "{} items were found", listed.len());
    let path = core.join("public-api.txt");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let (now, then): (BTreeSet<&str>, BTreeSet<&str>) = (text.lines().collect(), expected.lines().collect());
    let added: Vec<&&str> = now.difference(&then).collect();
    let gone: Vec<&&str> = then.difference(&now).collect();
    assert!(
        added.is_empty() && gone.is_empty(),
        "the public API differs from {}; {BLESS}=1 writes it anew\nadded: {added:#?}\ngone: {gone:#?}",
        path.display()
    );
}

//! Which statements can matter for an action.
//!
//! Purpose: a tier's document names hundreds of actions; a request concerns a handful of statements. The index finds
//! them by service and name. Invariants: exactly the statements whose `Action`/`NotAction` matches are visited, some
//! perhaps twice.

use indexmap::IndexMap;

use crate::policy::syntax::document::Selection;
use crate::policy::syntax::pattern::Glob;

/// `Action` or `NotAction`, made ready. Everything is folded.
#[derive(Debug, Clone)]
pub(crate) struct ActionMatcher {
    negated: bool,
    patterns: Vec<(String, Glob)>,
}

impl ActionMatcher {
    pub(crate) fn new(selection: &Selection) -> Self {
        let ready = |pattern: &String| {
            let folded = pattern.to_ascii_lowercase();
            let glob = Glob::new(&folded);
            (folded, glob)
        };
        Self { negated: selection.negated, patterns: selection.patterns.iter().map(ready).collect() }
    }

    /// Whether a folded action is meant.
    pub(crate) fn matches(&self, action: &str) -> bool {
        self.patterns.iter().any(|(_, glob)| glob.matches(action)) != self.negated
    }

    pub(crate) fn is_everything(&self) -> bool {
        !self.negated && self.has_any() || self.negated && self.patterns.is_empty()
    }

    fn has_any(&self) -> bool {
        self.patterns.iter().any(|(_, glob)| *glob == Glob::Any)
    }
}

#[derive(Debug, Default)]
pub(crate) struct ActionIndex {
    services: IndexMap<Box<str>, ServiceIndex>,
    /// Statements for every action of a service that no statement names.
    other: Vec<usize>,
    /// Statements with a wildcard in a service prefix, tried one by one.
    odd: Vec<(ActionMatcher, usize)>,
}

#[derive(Debug, Default)]
struct ServiceIndex {
    /// Statements for every action of the service.
    every: Vec<usize>,
    /// Statements by whole action.
    exact: IndexMap<Box<str>, Vec<usize>>,
    /// Statements by pattern.
    patterns: Vec<(Glob, usize)>,
    /// Statements for what none of the patterns matches.
    all_but: Vec<(Vec<Glob>, usize)>,
}

impl ActionIndex {
    pub(crate) fn new(matchers: &[&ActionMatcher]) -> Self {
        let mut this = Self::default();
        let prefix = |pattern: &str| pattern.split_once(':').map(|(service, _)| service.to_owned());
        let is_odd = |matcher: &ActionMatcher| {
            matcher.patterns.iter().any(|(text, glob)| {
                *glob != Glob::Any && prefix(text).is_none_or(|service| service.contains(['*', '?']))
            })
        };
        for matcher in matchers.iter().filter(|matcher| !is_odd(matcher)) {
            for (text, glob) in &matcher.patterns {
                if let Some(service) = prefix(text).filter(|_| *glob != Glob::Any) {
                    this.services.entry(service.into_boxed_str()).or_default();
                }
            }
        }
        for (at, matcher) in matchers.iter().enumerate() {
            if is_odd(matcher) {
                this.odd.push(((*matcher).clone(), at));
                continue;
            }
            let any = matcher.has_any();
            if any != matcher.negated {
                this.other.push(at);
            }
            for (name, service) in &mut this.services {
                service.add(name, matcher, any, at);
            }
        }
        this
    }

    /// Whether `visit` answers yes for any statement that means a folded action; stops at the first.
    pub(crate) fn any(&self, action: &str, mut visit: impl FnMut(usize) -> bool) -> bool {
        let service = action.split_once(':').and_then(|(prefix, _)| self.services.get(prefix));
        let found = match service {
            None => self.other.iter().any(|&at| visit(at)),
            Some(service) => service.any(action, &mut visit),
        };
        found || self.odd.iter().any(|(matcher, at)| matcher.matches(action) && visit(*at))
    }
}

impl ServiceIndex {
    fn add(&mut self, name: &str, matcher: &ActionMatcher, any: bool, at: usize) {
        let own = |text: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        let mine: Vec<&(String, Glob)> = matcher.patterns.iter().filter(|(text, _)| own(text)).collect();
        let whole = any || mine.iter().any(|(text, _)| text.len() == name.len() + 2 && text.ends_with('*'));
        match (matcher.negated, whole) {
            (true, true) => {}
            (false, true) => self.every.push(at),
            (true, false) if mine.is_empty() => self.every.push(at),
            (true, false) => self.all_but.push((mine.iter().map(|(_, glob)| glob.clone()).collect(), at)),
            (false, false) => {
                for (text, glob) in mine {
                    match glob {
                        Glob::Exact(_) => {
                            self.exact.entry(text.clone().into_boxed_str()).or_default().push(at);
                        }
                        _ => self.patterns.push((glob.clone(), at)),
                    }
                }
            }
        }
    }

    fn any(&self, action: &str, visit: &mut impl FnMut(usize) -> bool) -> bool {
        self.exact.get(action).is_some_and(|found| found.iter().any(|&at| visit(at)))
            || self.patterns.iter().any(|(glob, at)| glob.matches(action) && visit(*at))
            || self.every.iter().any(|&at| visit(at))
            || self
                .all_but
                .iter()
                .any(|(globs, at)| !globs.iter().any(|glob| glob.matches(action)) && visit(*at))
    }
}

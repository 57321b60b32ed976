//! The verdict on a request: Allow at every level, Deny anywhere.
//!
//! Purpose: AWS's evaluation of control policies along a path root → units → account, made ready once and then fast.
//! Source: Organizations User Guide, «SCP evaluation». Invariants: a broken statement is an error when the path is made
//! ready; none is ever skipped. A certain deny never hides behind something unknown.
//! Non-goals: identity, boundary, session and resource policies: what passes here may still be denied there.

use std::collections::BTreeSet;

use super::index::{ActionIndex, ActionMatcher};
use super::request::{Exemption, Request};
use super::verdict::{Cause, Decision, Level, Policy, PolicyKind, Verdict};
use crate::model::{Problem, Problems};
use crate::policy::catalog::Guardrail;
use crate::policy::catalog::behind::behind;
use crate::policy::error::Error;
use crate::policy::syntax::arn::ResourcePattern;
use crate::policy::syntax::condition::{CompiledCondition, Truth};
use crate::policy::syntax::document::{Effect, Statement, Version};

/// Levels that a path can have; AWS has seven.
const MAX_LEVELS: usize = 64;

/// A path of levels made ready.
#[derive(Debug)]
pub struct PolicyPath {
    kind: PolicyKind,
    levels: Vec<LevelInfo>,
    statements: Vec<CompiledStatement>,
    conditions: Vec<CompiledCondition>,
    index: ActionIndex,
    /// Levels that allow everything without a condition, as bits.
    open: u64,
    all_levels: u64,
    digest: String,
}

#[derive(Debug)]
struct LevelInfo {
    name: String,
    policies: Vec<String>,
}

#[derive(Debug)]
struct CompiledStatement {
    deny: bool,
    level: usize,
    policy: usize,
    position: usize,
    source: Statement,
    actions: ActionMatcher,
    not_resources: bool,
    resources: Vec<ResourcePattern>,
    /// Positions in `conditions`, where equal ones are one.
    conditions: Vec<usize>,
    /// The canonical texts of the conditions, in the same order.
    texts: Vec<String>,
}

/// Decides one request without keeping the path. For many requests, make a [`PolicyPath`].
///
/// # Errors
/// [`Error::Broken`] where a document cannot be decided with.
pub fn evaluate(levels: &[Level], request: &Request) -> Result<Verdict, Error> {
    PolicyPath::new(PolicyKind::ServiceControl, levels).map(|path| path.explain(request))
}

impl PolicyPath {
    /// Makes a path ready, root first.
    ///
    /// # Errors
    /// [`Error::Broken`] with every statement that cannot be decided.
    pub fn new(kind: PolicyKind, levels: &[Level]) -> Result<Self, Error> {
        let mut this = Self {
            kind,
            levels: Vec::with_capacity(levels.len()),
            statements: Vec::new(),
            conditions: Vec::new(),
            index: ActionIndex::default(),
            open: 0,
            all_levels: 0,
            digest: String::new(),
        };
        let mut problems = Vec::new();
        if levels.len() > MAX_LEVELS {
            let message = format!("a path of {} levels", levels.len());
            problems.push(Problem::error(
                "policy.levels",
                "levels",
                message,
                "an organization has at most seven",
            ));
        }
        let mut known: Vec<crate::policy::syntax::document::Condition> = Vec::new();
        for (at, level) in levels.iter().enumerate().take(MAX_LEVELS) {
            this.all_levels |= 1 << at;
            let policies = level.policies.iter().map(|policy| policy.name.clone()).collect();
            this.levels.push(LevelInfo { name: level.name.clone(), policies });
            for (policy_at, Policy { name, document }) in level.policies.iter().enumerate() {
                for (position, statement) in document.statements.iter().enumerate() {
                    let path = format!("levels[{at}].{name}.Statement[{position}]");
                    let found = this.add(&mut known, document.version, statement, (at, policy_at, position));
                    problems.extend(found.into_iter().map(|message| {
                        let place = statement.location.map(Into::into);
                        let hint = "correct the statement: AWS would not do what it says";
                        Problem::error("policy.broken", path.clone(), message, hint).at(place)
                    }));
                }
            }
        }
        if !problems.is_empty() {
            return Err(Error::Broken(Problems(problems)));
        }
        let matchers: Vec<&ActionMatcher> =
            this.statements.iter().map(|statement| &statement.actions).collect();
        this.index = ActionIndex::new(&matchers);
        let texts = levels.iter().map(|level| {
            crate::policy::pack::certificate::digest_of(level.policies.iter().map(|it| &it.document))
        });
        this.digest = format!("{kind:?} {}", texts.collect::<Vec<_>>().join(" "));
        Ok(this)
    }

    fn add(
        &mut self,
        known: &mut Vec<crate::policy::syntax::document::Condition>,
        version: Version,
        statement: &Statement,
        (level, policy, position): (usize, usize, usize),
    ) -> Vec<String> {
        let mut broken = Vec::new();
        match (self.kind, &statement.principal) {
            (PolicyKind::ServiceControl, Some(_)) => {
                broken.push("a service control policy has no `Principal`".to_owned());
            }
            (PolicyKind::ResourceControl, Some(principal)) if !principal.is_anyone() => {
                broken.push("`Principal` of a resource control policy is \"*\"".to_owned());
            }
            (PolicyKind::ResourceControl, None) => {
                broken.push("a resource control policy needs `\"Principal\": \"*\"`".to_owned());
            }
            _ => {}
        }
        let variables = version == Version::Current;
        let mut conditions = Vec::with_capacity(statement.conditions.len());
        for condition in &statement.conditions {
            let mut normal = condition.canonical();
            normal.key.make_ascii_lowercase();
            // Values of an old version are other values: keep them apart by the key.
            if !variables {
                normal.key.push('\u{0}');
            }
            if let Some(at) = known.iter().position(|other| *other == normal) {
                conditions.push(at);
                continue;
            }
            match CompiledCondition::new(condition, variables) {
                Ok(compiled) => {
                    conditions.push(self.conditions.len());
                    self.conditions.push(compiled);
                    known.push(normal);
                }
                Err(message) => broken.push(format!("{} {}: {message}", condition.operator, condition.key)),
            }
        }
        let resources: Vec<_> = statement
            .resources
            .patterns
            .iter()
            .map(|pattern| ResourcePattern::new(pattern, variables))
            .collect();
        let actions = ActionMatcher::new(&statement.actions);
        let deny = statement.effect == Effect::Deny;
        let every = !statement.resources.negated && resources.contains(&ResourcePattern::Any);
        if !deny && every && conditions.is_empty() && actions.is_everything() {
            self.open |= 1 << level;
        }
        self.statements.push(CompiledStatement {
            deny,
            level,
            policy,
            position,
            source: statement.clone(),
            actions,
            not_resources: statement.resources.negated,
            resources,
            conditions,
            texts: statement.conditions.iter().map(|condition| condition.canonical().to_string()).collect(),
        });
        broken
    }

    /// Decides a request, fast and without saying why.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Decision {
        if let Some(exemption) = self.exemption(request) {
            return Decision::Exempt(exemption);
        }
        if self.levels.is_empty() {
            return Decision::Allowed;
        }
        let mut memo = Memo::default();
        let (mut allowed, mut maybe) = (self.open, 0_u64);
        let mut undecided = false;
        let denied = self.index.any(request.action(), |at| {
            let Some(statement) = self.statements.get(at) else { return false };
            let bit = 1 << statement.level;
            if !statement.deny && allowed & bit != 0 {
                return false;
            }
            match (self.applies(statement, request, &mut memo), statement.deny) {
                (Truth::True, true) => return true,
                (Truth::True, false) => allowed |= bit,
                (Truth::Unknown, true) => undecided = true,
                (Truth::Unknown, false) => maybe |= bit,
                (Truth::False, _) => {}
            }
            false
        });
        if denied {
            Decision::ExplicitDeny
        } else if (allowed | maybe) != self.all_levels {
            Decision::ImplicitDeny
        } else if undecided || allowed != self.all_levels {
            Decision::Undecided
        } else {
            Decision::Allowed
        }
    }

    /// Decides a request and names everything that decided.
    #[must_use]
    pub fn explain(&self, request: &Request) -> Verdict {
        let unknown = request.unknown_names();
        if let Some(exemption) = self.exemption(request) {
            let decision = Decision::Exempt(exemption);
            return Verdict { decision, decided_by: None, causes: Vec::new(), unknown };
        }
        let mut memo = Memo::default();
        let mut allows: Vec<Option<&CompiledStatement>> = vec![None; self.levels.len()];
        let mut maybe: Vec<Option<&CompiledStatement>> = vec![None; self.levels.len()];
        let (mut denies, mut maybe_denies) = (Vec::new(), Vec::new());
        for statement in
            self.statements.iter().filter(|statement| statement.actions.matches(request.action()))
        {
            match (self.applies(statement, request, &mut memo), statement.deny) {
                (Truth::True, true) => denies.push(statement),
                (Truth::True, false) => drop(allows[statement.level].get_or_insert(statement)),
                (Truth::Unknown, true) => maybe_denies.push(statement),
                (Truth::Unknown, false) => drop(maybe[statement.level].get_or_insert(statement)),
                (Truth::False, _) => {}
            }
        }
        let open = || (0..allows.len()).filter(|at| allows[*at].is_none());
        let lacking: Vec<usize> = open().filter(|at| maybe[*at].is_none()).collect();
        let all = |statements: Vec<&CompiledStatement>| {
            statements.into_iter().flat_map(|it| self.causes(it, request)).collect::<Vec<Cause>>()
        };
        let (decision, causes) = if !denies.is_empty() || !lacking.is_empty() {
            let decision = if denies.is_empty() { Decision::ImplicitDeny } else { Decision::ExplicitDeny };
            let mut causes = all(denies);
            causes.extend(lacking.into_iter().map(|level| self.no_allow(level)));
            (decision, causes)
        } else {
            let mut causes = all(maybe_denies);
            causes.extend(all(open().filter_map(|at| maybe[at]).collect()));
            (if causes.is_empty() { Decision::Allowed } else { Decision::Undecided }, causes)
        };
        let allowed_by = || allows.last().copied().flatten().map(|it| self.cause(it, request, None));
        let decided_by = causes.first().cloned().or_else(allowed_by);
        Verdict { decision, decided_by, causes, unknown }
    }

    fn exemption(&self, request: &Request) -> Option<Exemption> {
        match self.kind {
            PolicyKind::ServiceControl => request.exemption(),
            PolicyKind::ResourceControl => request.resource_exemption(),
        }
    }

    /// That a level has no Allow.
    fn no_allow(&self, level: usize) -> Cause {
        Cause {
            level,
            level_name: self.levels[level].name.clone(),
            policy: None,
            policy_index: None,
            statement_index: None,
            sid: None,
            conditions: Vec::new(),
            unknown_keys: Vec::new(),
            guardrail: None,
        }
    }

    /// A statement as a cause, once for each guardrail that it serves.
    fn causes(&self, statement: &CompiledStatement, request: &Request) -> Vec<Cause> {
        match behind(&statement.source, request).as_slice() {
            [] => vec![self.cause(statement, request, None)],
            guardrails => guardrails.iter().map(|it| self.cause(statement, request, Some(it))).collect(),
        }
    }

    fn cause(
        &self,
        statement: &CompiledStatement,
        request: &Request,
        guardrail: Option<&Guardrail>,
    ) -> Cause {
        let level = &self.levels[statement.level];
        let keys: BTreeSet<&str> =
            statement.conditions.iter().flat_map(|at| self.conditions[*at].keys()).collect();
        Cause {
            level: statement.level,
            level_name: level.name.clone(),
            policy: level.policies.get(statement.policy).cloned(),
            policy_index: Some(statement.policy),
            statement_index: Some(statement.position),
            sid: statement.source.sid.clone(),
            conditions: statement.texts.clone(),
            unknown_keys: keys.into_iter().filter(|key| request.is_unknown(key)).map(str::to_owned).collect(),
            guardrail: guardrail.map(|guardrail| guardrail.id.clone()),
        }
    }

    /// Whether a statement whose actions match applies to the request.
    fn applies(&self, statement: &CompiledStatement, request: &Request, memo: &mut Memo) -> Truth {
        let mut found = Truth::False;
        for pattern in &statement.resources {
            match pattern.decide(request) {
                Truth::True => {
                    found = Truth::True;
                    break;
                }
                Truth::Unknown => found = Truth::Unknown,
                Truth::False => {}
            }
        }
        let mut truth = match (found, statement.not_resources) {
            (Truth::True, true) => Truth::False,
            (Truth::False, true) => Truth::True,
            (found, _) => found,
        };
        for &at in &statement.conditions {
            if truth == Truth::False {
                return Truth::False;
            }
            truth = truth.and(memo.decide(&self.conditions, at, request));
        }
        truth
    }

    /// Where a request is undecided: the sets of conditions of which one must hold for it to be denied, as far as they are
    /// not known. Alternatives that another one implies are left out.
    pub(crate) fn open_alternatives(&self, request: &Request) -> Vec<Vec<String>> {
        let mut memo = Memo::default();
        let mut all: BTreeSet<Vec<String>> = BTreeSet::new();
        for statement in
            self.statements.iter().filter(|statement| statement.actions.matches(request.action()))
        {
            if self.applies(statement, request, &mut memo) != Truth::Unknown {
                continue;
            }
            let open =
                |at: &usize| self.conditions.get(*at).is_none_or(|it| it.decide(request) == Truth::Unknown);
            let texts = statement.conditions.iter().zip(&statement.texts).filter(|(at, _)| open(at));
            let mut texts: Vec<String> = texts.map(|(_, text)| text.clone()).collect();
            texts.sort();
            if !statement.deny {
                texts = vec![format!("not ({})", texts.join(" and "))];
            }
            all.insert(texts);
        }
        let implied = |one: &Vec<String>| {
            all.iter().any(|other| other != one && other.iter().all(|text| one.contains(text)))
        };
        all.iter().filter(|one| !implied(one)).cloned().collect()
    }

    /// Equal for paths that decide every request alike because they are made of equal documents.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Number of statements, for reports.
    #[must_use]
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }
}

/// Remembers the first conditions' outcomes within one request: exemptions recur in almost every statement.
#[derive(Default)]
struct Memo {
    decided: u128,
    held: u128,
}

impl Memo {
    fn decide(&mut self, conditions: &[CompiledCondition], at: usize, request: &Request) -> Truth {
        let bit = if at < 128 { 1_u128 << at } else { 0 };
        if self.decided & bit != 0 {
            return Truth::of(self.held & bit != 0);
        }
        let truth = conditions.get(at).map_or(Truth::Unknown, |condition| condition.decide(request));
        if truth != Truth::Unknown {
            self.decided |= bit;
        }
        if truth == Truth::True {
            self.held |= bit;
        }
        truth
    }
}

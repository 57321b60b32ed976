//! Where blocks come from, and what is to be connected.

use std::collections::BTreeMap;

use super::network::block;
use super::tenant::Draft;
use crate::input::code;
use crate::input::node::{Node, Quoted};
use crate::input::reader::{Object, checked, entries, items, nearest, string};
use crate::input::report::{Path, Report};
use crate::model::{Cidr, Link, Pool, PoolStrategy, Tier, TierName};
use crate::net::{LinkKind, rules};

pub(in crate::input) const POOL: &[&str] = &["strategy", "cidrs", "per_tier", "prefix_len"];
pub(in crate::input) const LINK: &[&str] = &["kind", "tenants", "cidrs"];

const STRATEGIES: [(&str, PoolStrategy); 3] = [
    ("unique", PoolStrategy::Unique),
    ("per-tier", PoolStrategy::PerTier),
    ("per-account", PoolStrategy::PerAccount),
];
const KINDS: [&str; 5] = ["peering", "transit-gateway", "vpn", "shared-services", "on-premises"];
/// The private class A network in blocks of the size the shipped layout cuts subnets from, or
/// smaller ones where there are many tenants.
const RANGE_DEFAULT: Cidr = Cidr::containing(std::net::Ipv4Addr::new(10, 0, 0, 0), 8);
const PREFIX_LEN_DEFAULT: u8 = 16;

/// The largest block of which the default range holds twice as many as there are tenants, so that there is room to grow.
fn prefix_len_for(tenants: usize) -> u8 {
    let holds = |len: u8| 1usize << (len - RANGE_DEFAULT.prefix_len());
    (PREFIX_LEN_DEFAULT..24).find(|len| holds(*len) >= tenants * 2).unwrap_or(24)
}

/// The pool for so many tenants; `None` has been reported.
pub(super) fn pool(
    zone: &Object<'_, '_>,
    tiers: &[Tier],
    tenants: usize,
    report: &mut Report<'_>,
) -> Option<Pool> {
    let mut pool = Pool {
        strategy: PoolStrategy::default(),
        cidrs: vec![RANGE_DEFAULT],
        per_tier: BTreeMap::new(),
        prefix_len: PREFIX_LEN_DEFAULT,
    };
    let Some(entry) = zone.get("pool") else {
        return Some(Pool { prefix_len: prefix_len_for(tenants), ..pool });
    };
    let object = Object::open(&entry.node, entry.key_at, zone.path_of("pool"), POOL, report)?;
    if let Some(text) = object.string("strategy", report) {
        match STRATEGIES.iter().find(|(name, _)| *name == text.text) {
            Some((_, strategy)) => pool.strategy = *strategy,
            None => {
                let known = STRATEGIES.map(|(name, _)| name);
                unknown_word(
                    text.text,
                    &known,
                    text.at,
                    &object.path_of("strategy"),
                    code::POOL_INVALID,
                    report,
                );
            }
        }
    }
    if let Some((len, at)) = object.whole::<u8>("prefix_len", "a number from 16 to 28", report) {
        match rules::check_prefix_len(len) {
            Ok(()) => pool.prefix_len = len,
            Err(error) => {
                let path = object.path_of("prefix_len");
                report.error(
                    code::CIDR_SIZE,
                    at,
                    path,
                    format!("`{len}`: {error}"),
                    error.help().unwrap_or_default(),
                );
            }
        }
    }
    if let Some(entry) = object.get("cidrs") {
        pool.cidrs = ranges(&entry.node, &object.path_of("cidrs"), pool.prefix_len, report);
    }
    let path = object.path_of("per_tier");
    let per_tier = object
        .get("per_tier")
        .and_then(|entry| entries(&entry.node, &path, "a map from tier to a list of blocks", report));
    for entry in per_tier.iter().flatten() {
        let path = Path::Key(&path, &entry.key);
        let ranges = ranges(&entry.node, &path, pool.prefix_len, report);
        match tiers.iter().find(|tier| tier.name.as_str() == entry.key) {
            Some(tier) => {
                pool.per_tier.insert(tier.name.clone(), ranges);
            }
            None => {
                super::tier::unknown(&entry.key, entry.key_at, path, tiers.iter().map(|t| &t.name), report);
            }
        }
    }
    if !pool.per_tier.is_empty() && pool.strategy != PoolStrategy::PerTier {
        report.error(
            code::POOL_INVALID,
            object.get("per_tier").and_then(|entry| entry.key_at),
            path,
            "`per_tier` names ranges that no strategy but `per-tier` uses",
            "set `strategy = \"per-tier\"`, or leave `per_tier` out",
        );
    }
    Some(pool)
}

/// A list of ranges to allocate from, apart from each other and each large enough for one tenant.
fn ranges(node: &Node, path: &Path<'_>, prefix_len: u8, report: &mut Report<'_>) -> Vec<Cidr> {
    let mut found: Vec<Cidr> = Vec::new();
    let list = items(node, path, "a list of blocks", report);
    for (n, item) in list.iter().enumerate() {
        let path = Path::Index(path, n);
        let Some(text) = string(item, &path, report) else { continue };
        let Some(range) = block(text, &path, report) else { continue };
        if range.prefix_len() > prefix_len {
            report.error(
                code::POOL_INVALID,
                text.at,
                path,
                format!("`{range}` has no room for a tenant's block of /{prefix_len}"),
                "give a larger range, or a larger `prefix_len`",
            );
        } else if let Some(other) = found.iter().find(|other| other.overlaps(&range)) {
            report.error(
                code::POOL_INVALID,
                text.at,
                path,
                format!("`{range}` overlaps `{other}`, which the same list holds"),
                "leave one of the two out",
            );
        } else {
            found.push(range);
        }
    }
    if list.is_empty() && matches!(node.value, crate::input::node::Value::List(_)) {
        report.error(
            code::POOL_INVALID,
            node.at,
            path,
            "the list holds no range",
            "give at least one block, such as `10.0.0.0/8`",
        );
    }
    found
}

/// A link with its kind as the network module knows it.
pub(super) struct Joined {
    pub(super) link: Link,
    pub(super) kind: LinkKind,
}

/// The links that can be read; what cannot has been reported.
pub(super) fn links(zone: &Object<'_, '_>, drafts: &[Draft<'_>], report: &mut Report<'_>) -> Vec<Joined> {
    let Some(entry) = zone.get("links") else { return Vec::new() };
    let path = zone.path_of("links");
    let keys: Vec<&str> = drafts.iter().filter_map(|draft| Some(draft.key.as_ref()?.as_str())).collect();
    let known: std::collections::BTreeSet<&str> = keys.iter().copied().collect();
    let mut links = Vec::new();
    for entry in entries(&entry.node, &path, "a map from link name to link", report).into_iter().flatten() {
        let path = Path::Key(&path, &entry.key);
        if let Err(crate::model::NameError { rule, .. }) = entry.key.parse::<crate::model::ZoneName>() {
            let message = format!("`{}` is not a valid link name", Quoted(&entry.key));
            report.error(code::NAME_INVALID, entry.key_at, path, message, rule);
        }
        let Some(object) = Object::open(&entry.node, entry.key_at, path, LINK, report) else { continue };
        let kind_text = object.required("kind", "say what joins them, such as `kind = \"peering\"`", report);
        let kind = kind_text.and_then(|text| {
            let kind = text.text.parse::<LinkKind>().ok();
            if kind.is_none() {
                let path = object.path_of("kind");
                unknown_word(text.text, &KINDS, text.at, &path, code::LINK_INVALID, report);
            }
            kind
        });
        let mut tenants = Vec::new();
        let tenants_path = object.path_of("tenants");
        let listed = object.get("tenants").map(|entry| &entry.node);
        let listed = listed.map(|node| items(node, &tenants_path, "a list of tenant keys", report));
        for (n, item) in listed.into_iter().flatten().enumerate() {
            let path = Path::Index(&tenants_path, n);
            let Some(text) = string(item, &path, report) else { continue };
            if !known.contains(text.text) {
                let hint = nearest(text.text, keys.iter().copied()).map_or_else(
                    || "name a key of `clients`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("there is no tenant `{}`", Quoted(text.text));
                report.error(code::LINK_TENANT_UNKNOWN, text.at, path, message, hint);
            } else if let Some(key) =
                checked::<crate::model::TenantKey>(text, code::NAME_INVALID, &path, report)
            {
                if tenants.contains(&key) {
                    let message = format!("`{key}` is named twice");
                    report.error(code::LINK_INVALID, text.at, path, message, "name each tenant once");
                } else {
                    tenants.push(key);
                }
            }
        }
        let cidrs_path = object.path_of("cidrs");
        let far = object.get("cidrs").map(|entry| &entry.node);
        let far = far.map(|node| items(node, &cidrs_path, "a list of blocks", report));
        let mut cidrs = Vec::new();
        for (n, item) in far.into_iter().flatten().enumerate() {
            let path = Path::Index(&cidrs_path, n);
            let read = string(item, &path, report).and_then(|text| block(text, &path, report));
            cidrs.extend(read);
        }
        let named = listed.map_or(0, <[Node]>::len) + usize::from(far.is_some_and(|far| !far.is_empty()));
        if named < 2 {
            report.error(
                code::LINK_INVALID,
                object.at,
                path,
                "a link joins at least two ends: two tenants, or a tenant and the ranges on the far side",
                "name the tenants in `tenants`, and the far side's ranges in `cidrs`",
            );
        }
        if let (Some(kind), Some(text)) = (kind, kind_text) {
            let link = Link { name: entry.key.clone(), kind: text.text.to_owned(), tenants, cidrs };
            links.push(Joined { link, kind });
        }
    }
    links
}

/// Reports a word that is none of those known.
pub(super) fn unknown_word(
    word: &str,
    known: &[&str],
    at: Option<usize>,
    path: &Path<'_>,
    code: &'static str,
    report: &mut Report<'_>,
) {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known are {list}"),
        None => format!("use one of {list}"),
    };
    report.error(code, at, path, format!("`{}` is not known here", Quoted(word)), hint);
}

/// The names of tiers, for suggestions.
pub(super) fn tier_names<'t>(tiers: impl Iterator<Item = &'t TierName>) -> Vec<&'t str> {
    tiers.map(TierName::as_str).collect()
}

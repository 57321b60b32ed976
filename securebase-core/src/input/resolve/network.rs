//! What tenants' networks have, their blocks, and which of them overlap.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::pool::{Joined, unknown_word};
use super::tenant::Draft;
use crate::input::code;
use crate::input::node::Value;
use crate::input::reader::{Object, Text, items, string};
use crate::input::report::{Path, Report};
use crate::model::{AnyCidr, Cidr, CidrError, GatewayEndpoints, NetworkFeatures, Quoted, Severity};
use crate::net::{Member, Network, Selector, rules};

pub(in crate::input) const VPC_CONFIG: &[&str] = &[
    "enable_nat_gateway",
    "enable_vpn_gateway",
    "enable_vpc_flow_logs",
    "dns_hostnames",
    "dns_support",
    "gateway_endpoints",
    "encrypt_flow_logs",
];

/// The features of every network; `None` where tenants get none.
pub(super) fn features(zone: &Object<'_, '_>, report: &mut Report<'_>) -> Option<NetworkFeatures> {
    let enabled = zone.flag("enable_vpc", report).unwrap_or(true);
    let mut features = NetworkFeatures::default();
    let path = zone.path_of("vpc_config");
    let written = zone
        .get("vpc_config")
        .and_then(|entry| Object::open(&entry.node, entry.key_at, path, VPC_CONFIG, report));
    if let Some(written) = written {
        for (name, field) in [
            ("enable_nat_gateway", &mut features.nat_gateway),
            ("enable_vpn_gateway", &mut features.vpn_gateway),
            ("enable_vpc_flow_logs", &mut features.flow_logs),
            ("dns_hostnames", &mut features.dns_hostnames),
            ("dns_support", &mut features.dns_support),
            ("encrypt_flow_logs", &mut features.encrypt_flow_logs),
        ] {
            *field = written.flag(name, report).unwrap_or(*field);
        }
        features.gateway_endpoints = gateway_endpoints(&written, report);
        if features.dns_hostnames && !features.dns_support {
            // Said about the attribute that was written: the other may be a default.
            let name = if written.has("dns_hostnames") { "dns_hostnames" } else { "dns_support" };
            report.error(
                code::DNS_SUPPORT_NEEDED,
                written.get(name).and_then(|entry| entry.node.at),
                written.path_of(name),
                "AWS refuses DNS hostnames in a VPC without DNS support",
                "set `dns_support = true`, or `dns_hostnames = false`",
            );
        }
    }
    enabled.then_some(features)
}

/// The services with a gateway endpoint: all of them, none, or those of a list.
fn gateway_endpoints(vpc_config: &Object<'_, '_>, report: &mut Report<'_>) -> GatewayEndpoints {
    const NAME: &str = "gateway_endpoints";
    let mut endpoints = GatewayEndpoints::default();
    let Some(entry) = vpc_config.get(NAME) else { return endpoints };
    let path = vpc_config.path_of(NAME);
    let names = match &entry.node.value {
        Value::Bool(true) => return GatewayEndpoints::all(),
        Value::Bool(false) => return endpoints,
        _ => items(&entry.node, &path, "`true`, `false` or a list such as `[\"s3\", \"dynamodb\"]`", report),
    };
    for (place, node) in names.iter().enumerate() {
        let path = Path::Index(&path, place);
        if let Some(text) = string(node, &path, report)
            && !endpoints.add(text.text)
        {
            unknown_word(text.text, &GatewayEndpoints::NAMES, text.at, &path, code::NAME_INVALID, report);
        }
    }
    endpoints
}

/// A block as written, of any size; `None` has been reported.
pub(super) fn block(text: Text<'_>, path: &Path<'_>, report: &mut Report<'_>) -> Option<Cidr> {
    match Cidr::parse(text.text) {
        Ok(block) => Some(block),
        Err(error) => {
            let bare = text.text.parse::<Ipv4Addr>().is_ok();
            let hint = if bare {
                format!("add it, as in `{}/16`", text.text)
            } else {
                error.help().unwrap_or_default()
            };
            report.error(error.code(), text.at, path, error.to_string(), hint);
            None
        }
    }
}

/// The block of a VPC; `None` has been reported.
pub(super) fn vpc_block(text: Text<'_>, path: &Path<'_>, report: &mut Report<'_>) -> Option<Cidr> {
    if let (Some(fitting), Err(error)) = (misplaced(text, path, report), Cidr::parse(text.text)) {
        let hint = format!("write `{fitting}`, the block of that size which holds the address");
        report.error(error.code(), text.at, path, error.to_string(), hint);
        return None;
    }
    let block = block(text, path, report)?;
    let findings = rules::check_vpc(&block, &path.to_string());
    let fits = findings.iter().all(|problem| problem.severity != Severity::Error);
    for problem in findings {
        report.adopt(problem, text.at);
    }
    fits.then_some(block)
}

/// Reports a size no VPC has of a block whose address is not the first of that size, and answers the block that may be meant:
/// such a length is wrong more often than such an address.
fn misplaced(text: Text<'_>, path: &Path<'_>, report: &mut Report<'_>) -> Option<Cidr> {
    let Err(CidrError::HostBits { canonical: AnyCidr::V4(canonical), .. }) = Cidr::parse(text.text) else {
        return None;
    };
    let error = rules::check_prefix_len(canonical.prefix_len()).err()?;
    let address: Ipv4Addr = text.text.split_once('/')?.0.parse().ok()?;
    let fitting = (rules::PREFIX_LEN_MIN..=rules::PREFIX_LEN_MAX)
        .map(|len| Cidr::containing(address, len))
        .find(|fitting| fitting.first() == address)
        .unwrap_or_else(|| Cidr::containing(address, rules::PREFIX_LEN_MAX));
    let hint = format!("{}, as in `{fitting}`", error.help().unwrap_or_default());
    report.error(code::CIDR_SIZE, text.at, path, format!("`{}`: {error}", Quoted(text.text)), hint);
    Some(fitting)
}

/// Blocks that overlap: an error where a link joins their tenants, otherwise one warning for each group.
pub(super) fn overlaps(drafts: &[Draft<'_>], links: &[Joined], report: &mut Report<'_>) {
    let mut places = BTreeMap::new();
    let mut members = Vec::new();
    // By key: whom a warning names first must not depend on the order of the file.
    let mut drafts: Vec<&Draft<'_>> = drafts.iter().collect();
    drafts.sort_by(|a, b| a.key.cmp(&b.key));
    for draft in drafts {
        if let (Some(key), Some((cidr, at))) = (&draft.key, &draft.vpc_cidr) {
            places.insert(key.as_str(), *at);
            members.push(Member::new(key.as_str(), *cidr));
        }
    }
    let links = links.iter().map(|joined| crate::net::NetworkLink {
        name: joined.link.name.clone(),
        kind: joined.kind,
        // A tenant without a written block gets one later, which the planner chooses to fit.
        members: joined
            .link
            .tenants
            .iter()
            .filter(|key| places.contains_key(key.as_str()))
            .map(|key| Selector::Owner(key.as_str().to_owned()))
            .collect(),
        ranges: joined.link.cidrs.clone(),
    });
    let findings = match Network::new(members, links.collect()) {
        Ok(network) => network.findings(),
        Err(problems) => problems.0,
    };
    for problem in findings {
        let key = problem.path.strip_prefix("clients.\"").and_then(|rest| rest.split('"').next());
        let at = key.and_then(|key| places.get(key).copied().flatten());
        report.adopt(problem, at);
    }
}

//! What must differ between tenants, and what only a look at all of them shows.

use std::collections::{BTreeMap, BTreeSet};

use super::Zone;
use super::tenant::{Draft, Origin};
use crate::input::code;
use crate::input::node::Quoted;
use crate::input::reader::Object;
use crate::input::report::{Path, Report};
use crate::model::Quota;

pub(super) fn check(object: &Object<'_, '_>, drafts: &[Draft<'_>], zone: &Zone<'_>, report: &mut Report<'_>) {
    prefixes(drafts, report);
    emails(drafts, report);
    account_ids(drafts, report);
    account_names(drafts, report);
    renames(drafts, report);
    vpc_ids(drafts, report);
    units(object, drafts, zone, report);
    contacts_as_roots(object, drafts, report);
}

/// Something of a tenant that another may not have.
struct Mark<'d> {
    folded: String,
    shown: &'d str,
    at: Option<usize>,
    attribute: Option<&'static str>,
}

/// Calls `clash` with the path of the second and the earlier tenant for every mark that stands twice.
fn doubles<'d>(
    drafts: &'d [Draft<'_>],
    mark: impl Fn(&'d Draft<'_>) -> Option<Mark<'d>>,
    mut clash: impl FnMut(&Draft<'_>, &Mark<'_>, &Draft<'_>, &Mark<'_>, Path<'_>),
) {
    let clients = Path::Attribute(&Path::Root, "clients");
    let mut seen: BTreeMap<String, (&Draft<'_>, Mark<'_>)> = BTreeMap::new();
    for draft in drafts {
        let Some(found) = mark(draft) else { continue };
        if let Some((earlier, first)) = seen.get(&found.folded) {
            let tenant = Path::Key(&clients, draft.written);
            let path = found.attribute.map_or(tenant, |name| Path::Attribute(&tenant, name));
            clash(draft, &found, earlier, first, path);
        } else {
            seen.insert(found.folded.clone(), (draft, found));
        }
    }
}

fn same_prefix(a: &Draft<'_>, b: &Draft<'_>) -> bool {
    a.prefix.zip(b.prefix).is_some_and(|(a, b)| a.text.eq_ignore_ascii_case(b.text))
}

fn prefixes(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    doubles(
        drafts,
        |draft| {
            let text = draft.prefix?;
            let folded = text.text.to_ascii_lowercase();
            Some(Mark { folded, shown: text.text, at: text.at, attribute: Some("prefix") })
        },
        |_, found, earlier, first, path| {
            let line = report.line_of(first.at);
            report.error(
                code::PREFIX_DUPLICATE,
                found.at,
                path,
                format!(
                    "`{}` is already the prefix of `{}`{line}",
                    Quoted(found.shown),
                    Quoted(earlier.written)
                ),
                "give each tenant a prefix of its own",
            );
        },
    );
}

fn emails(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    doubles(
        drafts,
        |draft| {
            let root = draft.root.as_ref()?;
            let attribute = Some(root.origin.attribute());
            Some(Mark { folded: root.email.folded(), shown: root.email.as_str(), at: root.at, attribute })
        },
        |draft, found, earlier, first, path| {
            let of_template =
                |draft: &Draft<'_>| draft.root.as_ref().is_some_and(|root| root.origin == Origin::Template);
            if of_template(draft) && of_template(earlier) && same_prefix(draft, earlier) {
                // The template made one of one: the prefixes are what is wrong, and that has been said.
                return;
            }
            let line = report.line_of(first.at);
            let case = if found.shown == first.shown { "" } else { " (AWS ignores case)" };
            let message = format!(
                "`{}` is already the root e-mail address of `{}`{line}{case}; AWS gives one account to an address",
                Quoted(found.shown),
                Quoted(earlier.written)
            );
            let of_contact = draft.root.as_ref().is_some_and(|root| root.origin == Origin::Contact);
            let hint = if of_contact {
                "give this tenant an `account_email` of its own, or the zone a template such as \
                 `account_email = \"aws+{prefix}@example.com\"`"
            } else {
                "give this tenant another `account_email`; a tag such as `name+acme@domain` makes a new address"
            };
            report.error(code::EMAIL_DUPLICATE, found.at, path, message, hint);
        },
    );
}

fn account_ids(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    let texts: Vec<Option<String>> =
        drafts.iter().map(|draft| draft.account_id.map(|(id, _)| id.to_string())).collect();
    let mut seen: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    let clients = Path::Attribute(&Path::Root, "clients");
    for (draft, id) in drafts.iter().zip(&texts) {
        let Some(id) = id else { continue };
        let Some(earlier) = seen.get(id.as_str()) else {
            seen.insert(id, draft);
            continue;
        };
        let tenant = Path::Key(&clients, draft.written);
        let line = report.line_of(earlier.account_id.and_then(|(_, at)| at));
        report.error(
            code::ACCOUNT_ID_DUPLICATE,
            draft.account_id.and_then(|(_, at)| at),
            Path::Attribute(&tenant, "account_id"),
            format!("`{id}` is already the account of `{}`{line}", Quoted(earlier.written)),
            "one account serves one tenant: drop the line, or adopt another account",
        );
    }
}

fn account_names(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    doubles(
        drafts,
        |draft| {
            let name = draft.account_name.as_deref()?;
            Some(Mark { folded: name.to_owned(), shown: name, at: draft.at, attribute: None })
        },
        |draft, found, earlier, first, path| {
            if same_prefix(draft, earlier) {
                return;
            }
            let line = report.line_of(first.at);
            report.error(
                code::ACCOUNT_NAME_DUPLICATE,
                found.at,
                path,
                format!(
                    "`{}` is already the name of the account of `{}`{line}; by its name an account is found again \
                     after a lost reply",
                    Quoted(found.shown),
                    Quoted(earlier.written)
                ),
                "put something between the placeholders of the zone's `account_name`, as in `{tier} {key}`",
            );
        },
    );
}

/// A former key is nobody's now, and one tenant's only.
fn renames(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    let clients = Path::Attribute(&Path::Root, "clients");
    let present: BTreeSet<&str> = drafts.iter().map(|draft| draft.written).collect();
    let mut seen: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    for draft in drafts {
        let Some((former, at)) = &draft.renamed_from else { continue };
        let tenant = Path::Key(&clients, draft.written);
        let path = Path::Attribute(&tenant, "renamed_from");
        let message = if former.as_str() == draft.written {
            "a tenant cannot be renamed from its own key".to_owned()
        } else if present.contains(former.as_str()) {
            format!("`{former}` is still a tenant of this file")
        } else if let Some(earlier) = seen.insert(former.as_str(), draft) {
            let line = report.line_of(earlier.renamed_from.as_ref().and_then(|(_, at)| *at));
            format!("`{}` was renamed from `{former}` too{line}", Quoted(earlier.written))
        } else {
            continue;
        };
        let hint =
            "name the key the tenant had before, which no entry of `clients` has now; or drop the line";
        report.error(code::RENAME_INVALID, *at, path, message, hint);
    }
}

fn vpc_ids(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    let texts: Vec<Option<String>> =
        drafts.iter().map(|draft| draft.vpc_id.as_ref().map(|(id, _)| id.to_string())).collect();
    let mut seen: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    let clients = Path::Attribute(&Path::Root, "clients");
    for (draft, id) in drafts.iter().zip(&texts) {
        let Some(id) = id else { continue };
        let Some(earlier) = seen.insert(id, draft) else { continue };
        let tenant = Path::Key(&clients, draft.written);
        let line = report.line_of(earlier.vpc_id.as_ref().and_then(|(_, at)| *at));
        report.error(
            code::VPC_ID_INVALID,
            draft.vpc_id.as_ref().and_then(|(_, at)| *at),
            Path::Attribute(&tenant, "vpc_id"),
            format!("`{id}` is already the VPC of `{}`{line}", Quoted(earlier.written)),
            "one VPC serves one tenant: drop the line, or adopt another VPC",
        );
    }
}

fn units(object: &Object<'_, '_>, drafts: &[Draft<'_>], zone: &Zone<'_>, report: &mut Report<'_>) {
    let mut units: BTreeSet<&[String]> = BTreeSet::new();
    for path in drafts.iter().filter_map(|draft| draft.ou_path.as_ref()) {
        units.extend((1..=path.len()).map(|depth| &path[..depth]));
    }
    let most = usize::try_from(zone.limits.quota(Quota::OrganizationalUnits)).unwrap_or(usize::MAX);
    if units.len() > most {
        report.error(
            code::OU_LIMIT,
            object.get("ou_path").and_then(|entry| entry.node.at),
            object.path_of("ou_path"),
            format!("the zone needs {} organizational units, where AWS allows {most}", units.len()),
            "make the zone's `ou_path` coarser",
        );
    }
}

/// One warning for all of them: whoever owns a root user's mailbox can take the account.
fn contacts_as_roots(object: &Object<'_, '_>, drafts: &[Draft<'_>], report: &mut Report<'_>) {
    let of_contact = |draft: &&Draft<'_>| {
        draft.account_id.is_none() && draft.root.as_ref().is_some_and(|root| root.origin == Origin::Contact)
    };
    let count = drafts.iter().filter(of_contact).count();
    // By key: whom the warning names must not depend on the order of the file.
    let Some(first) = drafts.iter().filter(of_contact).min_by_key(|draft| draft.written) else { return };
    let message = match count {
        1 => format!("the root user of `{}` has its customer's address", Quoted(first.written)),
        count => format!(
            "the root users of {count} of {} tenants have their customers' addresses, `{}` the first",
            drafts.len(),
            Quoted(first.written)
        ),
    };
    report.warning(
        code::EMAIL_ROOT_IS_CONTACT,
        object.get("clients").and_then(|entry| entry.key_at),
        object.path_of("clients"),
        format!("{message}: anyone who reads that mailbox can take over the account"),
        "give the zone a template for mailboxes of your own, such as `account_email = \"aws+{prefix}@example.com\"`",
    );
}

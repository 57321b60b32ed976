//! A tenant's account: whom to write to, its id, its name and the address of its root user.

use super::{Draft, Origin, Root, placeholder};
use crate::input::code;
use crate::input::node::Quoted;
use crate::input::reader::{Object, checked};
use crate::input::report::{Path, Report};
use crate::input::resolve::Zone;
use crate::model::{AccountId, Email, EmailError, Tier};

/// The longest account name AWS takes.
const ACCOUNT_NAME_MAX: usize = 50;

pub(super) fn contact(
    object: &Object<'_, '_>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<(Email, Option<usize>)> {
    let text = if object.has("contact_email") {
        object.string("contact_email", report)?
    } else {
        let why = format!(
            ": without a mailbox that exists, the account of `{}` cannot get a root user whose access could be recovered",
            Quoted(key)
        );
        let hint = "add `contact_email = \"contact@customer-domain\"`, an address that receives mail";
        object.missing_as(code::EMAIL_MISSING, "contact_email", &why, hint, report);
        return None;
    };
    email(text.text, text.at, &object.path_of("contact_email"), None, report).map(|email| (email, text.at))
}

/// An e-mail address; `made_by` is the template it came from.
fn email(
    text: &str,
    at: Option<usize>,
    path: &Path<'_>,
    made_by: Option<&str>,
    report: &mut Report<'_>,
) -> Option<Email> {
    let error = match text.parse::<Email>() {
        Ok(email) => return Some(email),
        Err(error) => error,
    };
    let code = match error {
        EmailError::Undeliverable => code::EMAIL_UNDELIVERABLE,
        _ => code::EMAIL_INVALID,
    };
    let origin =
        made_by.map_or_else(String::new, |made_by| format!(" (made by the template `{}`)", Quoted(made_by)));
    let hint = match (made_by, error) {
        (None, EmailError::Padded) => {
            "leave out the space around it; a heredoc ends in a line end: write the address in quotes"
        }
        (Some(_), _) => "correct the template, or give the tenant an `account_email` of its own",
        (None, _) => "write an address that receives mail, such as `cloud@their-domain.com`",
    };
    report.error(
        code,
        at,
        path,
        format!("`{}`{origin} cannot be an account's address: {error}", Quoted(text)),
        hint,
    );
    None
}

/// The account to adopt.
///
/// AWS assigns ids, so one may stand in a file only where the account exists, which loading cannot know. The ids of AWS's
/// documentation are copied into files by people who take them for something to choose; a tenant that has one of them and
/// the address of no tenant is such a copy. With an address it may be an account of a test cloud, which numbers its accounts so.
pub(super) fn account_id(
    object: &Object<'_, '_>,
    has_contact: bool,
    report: &mut Report<'_>,
) -> Option<(AccountId, Option<usize>)> {
    let text = object.string("account_id", report)?;
    let path = object.path_of("account_id");
    let id = checked::<AccountId>(text, code::ACCOUNT_ID_INVALID, &path, report)?;
    if looks_invented(text.text) {
        let message = format!(
            "the account id `{id}` looks like a placeholder: AWS assigns ids and they cannot be chosen"
        );
        let hint =
            "drop the line to have an account created; keep it only to adopt an account that has this id";
        if has_contact {
            report.warning(code::ACCOUNT_ID_PLACEHOLDER, text.at, path, message, hint);
        } else {
            report.error(code::ACCOUNT_ID_PLACEHOLDER, text.at, path, message, hint);
        }
    }
    Some((id, text.at))
}

/// Whether an id is of the kinds AWS's documentation uses: three runs of one digit each, or counting up.
fn looks_invented(id: &str) -> bool {
    let runs = id.as_bytes().chunks(4).all(|run| run.iter().all(|digit| *digit == run[0]));
    runs || ["123456789012", "012345678901", "210987654321"].contains(&id)
}

pub(super) fn root(
    draft: &Draft<'_>,
    object: &Object<'_, '_>,
    tier: Option<&Tier>,
    zone: &Zone<'_>,
    report: &mut Report<'_>,
) -> Option<Root> {
    let path = object.path_of("account_email");
    if object.has("account_email") {
        let text = object.string("account_email", report)?;
        let email = email(text.text, text.at, &path, None, report)?;
        return Some(Root { email, at: text.at, origin: Origin::Own });
    }
    if zone.templates.broken.account_email {
        return None;
    }
    if let Some(template) = &zone.templates.account_email {
        let text = template.fill(|name| placeholder(draft, tier, name))?;
        let email = email(&text, object.at, &path, Some(template.text), report)?;
        return Some(Root { email, at: object.at, origin: Origin::Template });
    }
    let (email, at) = draft.contact.clone()?;
    Some(Root { email, at, origin: Origin::Contact })
}

pub(super) fn account_name(
    draft: &Draft<'_>,
    object: &Object<'_, '_>,
    tier: Option<&Tier>,
    zone: &Zone<'_>,
    report: &mut Report<'_>,
) -> Option<String> {
    let valid = |name: &str| {
        // CreateAccount takes `<` and `>` as well; a later rename would not.
        let printable = |b: u8| matches!(b, 0x20..=0x7E) && !matches!(b, b'<' | b'>');
        (1..=ACCOUNT_NAME_MAX).contains(&name.len()) && name.bytes().all(printable)
    };
    if object.has("account_name") {
        let text = object.string("account_name", report)?;
        if !valid(text.text) {
            report.error(
                code::ACCOUNT_NAME_INVALID,
                text.at,
                object.path_of("account_name"),
                format!("`{}` is not a valid account name", Quoted(text.text)),
                "use 1 to 50 printable ASCII characters other than `<` and `>`",
            );
            return None;
        }
        return Some(text.text.to_owned());
    }
    if zone.templates.broken.account_name {
        return None;
    }
    let Some(template) = &zone.templates.account_name else {
        return draft.key.as_ref().map(ToString::to_string);
    };
    let name = template.fill(|name| placeholder(draft, tier, name))?;
    let valid = valid(&name);
    if !valid {
        report.error(
            code::ACCOUNT_NAME_INVALID,
            object.at,
            object.path,
            format!("the template `{}` makes the account name `{}`", Quoted(template.text), Quoted(&name)),
            "an account name has 1 to 50 printable ASCII characters other than `<` and `>`: change the template",
        );
    }
    valid.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_ids_are_runs_or_counting() {
        for id in ["222233334444", "111122223333", "000000000000", "123456789012"] {
            assert!(looks_invented(id), "{id}");
        }
        for id in ["731184206915", "222233334445", "111222333444"] {
            assert!(!looks_invented(id), "{id}");
        }
    }
}

//! E-mail addresses as AWS Organizations accepts them for an account's root user.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Diagnosis, diagnostic};

/// Why a text cannot be an account's e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Shorter than 6 or longer than 64 characters.
    #[error("an address has 6 to 64 characters")]
    Length,
    /// White space or a line end around it.
    #[error("white space or a line end stands before or after the address")]
    Padded,
    /// A character outside 7-bit ASCII.
    #[error("only 7-bit ASCII characters are allowed")]
    NotAscii,
    /// No `@`, or more than one.
    #[error("an address has exactly one `@`, with text on both sides")]
    At,
    /// A character the local part may not hold, or a leading dot.
    #[error("the part before `@` may not begin with a dot nor hold white space or any of \"'()<>[]:;,\\|%&")]
    Local,
    /// A domain that is not letters, digits, dots and hyphens with at least one dot.
    #[error("the domain needs at least one dot, and only letters, digits, inner dots and inner hyphens")]
    Domain,
    /// A domain under which no mail can ever arrive.
    #[error("no mail can be delivered to this domain, so root access could never be recovered")]
    Undeliverable,
}

impl EmailError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        let code = match self {
            Self::Undeliverable => "email-undeliverable",
            _ => "email-invalid",
        };
        Diagnosis::new(code).help("write an address that receives mail")
    }
}

diagnostic!(EmailError);

/// A deliverable e-mail address, kept as written; compared without regard to case, as AWS does.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(Arc<str>);

/// Endings that never resolve on the public internet (RFC 2606, RFC 6761, RFC 8375, and one that home-made scripts invent).
/// `example` and `test` are not among them: documentation and tests use them.
const UNDELIVERABLE: [&str; 8] =
    ["aws-internal", "internal", "local", "localhost", "localdomain", "invalid", "lan", "home.arpa"];

impl Email {
    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address in lower case: AWS holds two addresses that differ only in case to be the same.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Email {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        if text.trim() != text {
            return Err(EmailError::Padded);
        }
        if !text.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::At)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(EmailError::At);
        }
        if !(6..=64).contains(&text.len()) {
            return Err(EmailError::Length);
        }
        let forbidden =
            |c: char| c.is_ascii_whitespace() || c.is_ascii_control() || "\"'()<>[]:;,\\|%&".contains(c);
        if local.starts_with('.') || local.contains(forbidden) {
            return Err(EmailError::Local);
        }
        let labels_valid = domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        if !domain.contains('.') || !labels_valid {
            return Err(EmailError::Domain);
        }
        let folded = domain.to_ascii_lowercase();
        let dead = |ending: &&str| folded.strip_suffix(*ending).is_some_and(|rest| rest.ends_with('.'));
        if UNDELIVERABLE.iter().any(dead) {
            return Err(EmailError::Undeliverable);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0.as_ref().to_owned()
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Email {}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plus_tags_and_subdomains() {
        for good in ["john@acmefinance.com", "aws+acme@example.com", "cloud@metabank.example.com", "a@b.co"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
    }

    #[test]
    fn names_the_rule_that_is_broken() {
        let cases = [
            ("acme@731184206915.aws-internal", EmailError::Undeliverable),
            ("root@host.LOCAL", EmailError::Undeliverable),
            ("no-at.example.com", EmailError::At),
            ("two@at@example.com", EmailError::At),
            ("@example.com", EmailError::At),
            ("a@b.c", EmailError::Length),
            ("zoë@example.com", EmailError::NotAscii),
            (".dot@example.com", EmailError::Local),
            ("a b@example.com", EmailError::Local),
            ("a@example.com\n", EmailError::Padded),
            (" a@example.com", EmailError::Padded),
            ("a@localhost", EmailError::Domain),
            ("a@-x.example", EmailError::Domain),
            ("a@example..com", EmailError::Domain),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Email>().unwrap_err(), error, "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(60));
        assert_eq!(long.parse::<Email>().unwrap_err(), EmailError::Length);
    }

    #[test]
    fn compares_without_case() {
        assert_eq!("A@Example.com".parse::<Email>(), "a@example.COM".parse::<Email>());
    }
}

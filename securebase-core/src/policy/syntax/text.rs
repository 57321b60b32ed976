//! A policy document with the exact text it has where it is stored.
//!
//! Purpose: the text is read once, where it enters (a file, a saved plan, a reply), and a caller that needs its meaning gets either the
//! document or the reason why there is none.
//! Invariants: the document is what the text says. The text is never changed: it is what is sent, stored and compared.
//! Non-goals: whether AWS accepts the document; that is `lint`.

use std::fmt;
use std::sync::Arc;

use super::document::PolicyDocument;

/// A policy document as it is stored: its exact text, and what the text says.
///
/// A policy of others may hold what this library cannot read. That is a state of its own and never looks like a document that denies
/// nothing: [`PolicyText::document`] returns a [`Result`].
///
/// ```
/// use securebase_core::policy::PolicyText;
///
/// let text = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "s3:*", "Resource": "*" } }"#;
/// let policy = PolicyText::read(text);
/// assert_eq!(policy.as_str(), text);
/// assert_eq!(policy.document().map(|document| document.statements.len()), Ok(1));
///
/// let unreadable = PolicyText::read("{");
/// assert_eq!(unreadable.as_str(), "{");
/// assert!(unreadable.document().is_err());
/// ```
#[derive(Clone)]
pub struct PolicyText {
    text: Arc<str>,
    document: Result<Arc<PolicyDocument>, Unreadable>,
}

/// Why a policy document cannot be decided with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    why: Arc<str>,
}

impl PolicyText {
    /// Reads a text. What cannot be read is kept as it is, with the reason.
    pub fn read(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let document = PolicyDocument::parse(&text)
            .map(Arc::new)
            .map_err(|error| Unreadable { why: error.to_string().into() });
        Self { text, document }
    }

    /// Returns the canonical text of a document, read as it will be read wherever it is stored.
    pub fn canonical(document: &PolicyDocument) -> Self {
        Self::read(document.to_json())
    }

    /// Returns the exact text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what the text says.
    ///
    /// # Errors
    /// [`Unreadable`], with what the reader says, where the text is not a policy document.
    pub fn document(&self) -> Result<&PolicyDocument, &Unreadable> {
        self.document.as_deref()
    }

    /// Whether both mean the same. What cannot be read means the same as its own text only.
    pub fn same_meaning(&self, other: &Self) -> bool {
        self == other
            || match (self.document(), other.document()) {
                (Ok(one), Ok(other)) => one == other,
                (Err(_), _) | (_, Err(_)) => false,
            }
    }
}

/// Two are equal where their texts are, whatever they mean.
impl PartialEq for PolicyText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PolicyText {}

impl fmt::Debug for PolicyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for PolicyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl serde::Serialize for PolicyText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for PolicyText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_kept_and_the_meaning_compared() {
        let spaced = PolicyText::read(
            r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["*"], "Resource": "*" }] }"#,
        );
        let canonical = PolicyText::canonical(&PolicyDocument::full_access());
        assert_ne!(spaced, canonical);
        assert!(spaced.same_meaning(&canonical));
        assert_eq!(canonical.document(), Ok(&PolicyDocument::full_access()));
        let json = serde_json::to_string(&spaced).unwrap();
        assert_eq!(json, serde_json::to_string(spaced.as_str()).unwrap());
        assert_eq!(serde_json::from_str::<PolicyText>(&json).unwrap(), spaced);
    }

    #[test]
    fn what_cannot_be_read_means_the_same_as_itself_only() {
        let (empty, broken) = (PolicyText::read(""), PolicyText::read("{"));
        assert!(broken.same_meaning(&broken.clone()));
        assert!(!broken.same_meaning(&empty));
        assert!(!broken.same_meaning(&PolicyText::canonical(&PolicyDocument::full_access())));
        let why = broken.document().unwrap_err().to_string();
        assert_eq!(why, PolicyDocument::parse("{").unwrap_err().to_string());
        assert_eq!(serde_json::from_str::<PolicyText>("\"{\"").unwrap().as_str(), "{");
    }
}

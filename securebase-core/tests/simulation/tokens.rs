//! Fencing tokens: each holder of the lease has a higher one than any before it.

use serde_json::Value;

/// The holder that wrote the lease last.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    token: u64,
    nonce: String,
}

impl Tokens {
    /// The file of the lease was written. Answers what is wrong with it.
    pub(crate) fn written(&mut self, bytes: &[u8]) -> Result<(), String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("the lease: {error}"))?;
        let (Some(token), Some(nonce)) = (field(&value, "token"), field(&value, "nonce")) else {
            return Err(format!("the lease has no token or no nonce: {value}"));
        };
        let token = token.as_u64().ok_or_else(|| format!("the token of the lease is `{token}`"))?;
        let nonce = nonce.as_str().unwrap_or_default();
        let before = std::mem::replace(&mut self.token, token);
        let same = std::mem::replace(&mut self.nonce, nonce.to_owned()) == nonce;
        match token.cmp(&before) {
            std::cmp::Ordering::Equal if same => Ok(()),
            std::cmp::Ordering::Greater if !same => Ok(()),
            _ => Err(format!("the fencing token went from {before} to {token}, same holder: {same}")),
        }
    }
}

/// A field of that name, however deep.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|inner| field(inner, name)))
        }
        _ => None,
    }
}

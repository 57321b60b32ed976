//! What tells one run from every other.

/// Which run a machine carries out, and for whom.
#[derive(Debug, Clone)]
pub struct RunIdentity {
    /// Who runs it.
    pub who: String,
    /// The fingerprint of the plan.
    pub fingerprint: String,
    /// Differs between runs, and is the same when a run is resumed: client tokens are made of it.
    pub token_salt: String,
}

//! Work outside of a plan's run: rebuilding a lost state, changing a root e-mail address, trying a plan out.

pub(super) mod dry_run;
pub(super) mod rebuild;
pub(super) mod remember;
pub(super) mod root_email;

//! What policies mean: differences, effects, the permissions that a run needs.

pub(super) mod difference;
pub(super) mod lockout;
pub(super) mod privilege;
pub(super) mod summary;

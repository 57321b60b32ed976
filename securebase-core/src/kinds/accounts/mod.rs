//! Member accounts: made or adopted, put into their unit, proven to be usable.

mod account;
mod account_placement;
mod account_readiness;
mod refusal;

pub use account::AccountSpec;
pub use account_placement::AccountPlacementSpec;
pub use account_readiness::AccountReadinessSpec;
pub(crate) use refusal::{TOO_MANY_DECIDED, advice, advice_on_refusal};

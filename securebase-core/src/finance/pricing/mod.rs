//! What AWS charges: dated and sourced prices, and how they are read.

pub(super) mod number;
pub(super) mod offers;
pub(super) mod prices;

//! Resource tags.

use std::collections::BTreeMap;

/// Tag keys and values, in key order.
pub type Tags = BTreeMap<String, String>;

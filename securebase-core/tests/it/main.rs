//! Integration tests, one module a part.

mod net;
mod policy;

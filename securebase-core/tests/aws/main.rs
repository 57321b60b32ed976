//! The real AWS SDKs against servers on this machine: moto for what AWS answers, a fake for how a connection can fail.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test, and says so")]

mod conformance;
mod delivery;
mod end_to_end;
mod fake;
mod killed;
mod moto;
mod proxy;
mod replies;
mod sessions;
mod untrusted;
mod verify;

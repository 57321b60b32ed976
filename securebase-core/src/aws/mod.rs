//! The real AWS behind the [`Cloud`](crate::cloud::Cloud) port. Needs the cargo feature `aws`.
//!
//! Purpose: turn each [`Call`](crate::cloud::Call) into one request of an AWS SDK, and what comes back into a
//! [`Reply`](crate::cloud::Reply) or a [`CloudError`](crate::cloud::CloudError).
//! Invariants: no SDK type leaves this module; a call is sent at most once (the SDKs' own retries are off); a failure that
//! may have had an effect says so; nothing AWS may add one day (a state, a reason, a kind of route) makes it panic.
//! Not here: pacing, retries, reading back (`exec`); which call follows which.
//!
//! Map: `builder` finds credentials and sets up HTTP, `profile` looks for the profile that a caller names, `client` sends
//! each call where it goes, `session` keeps the assumed roles, one file or folder of `services` per service speaks its API,
//! `paginate` reads lists, `convert` and `error` are the two ways out.

mod builder;
mod client;
mod convert;
mod error;
mod http;
mod paginate;
mod profile;
mod services;
mod session;

pub use builder::AwsCloudBuilder;
pub use client::AwsCloud;
pub use http::shown_endpoint;

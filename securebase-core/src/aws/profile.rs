//! Whether a profile exists. The SDK finds that out as well, and says neither where it looked nor what is there.

use std::env;

use aws_config::profile::{self, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use crate::cloud::CloudError;
use crate::model::{Quoted, chain, nearest};

/// The profiles that an error names at most.
const LISTED: usize = 10;

/// The files that profiles are in: the variable that names one, and its path where none does.
const FILES: [(&str, &str); 2] =
    [("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")];

/// The variable that names the profile where the caller names none.
const NAMED_BY: &str = "AWS_PROFILE";

/// The variables that hold keys: the SDK looks there before it looks for a profile.
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Makes sure that the profile exists that the environment names, unless it holds keys, which come first.
///
/// # Errors
/// As [`check_exists`].
pub(super) async fn check_named_by_environment() -> Result<(), CloudError> {
    match named_by_environment(|variable| env::var(variable).ok()) {
        Some(name) => check_exists(&name, &format!(" (from `{NAMED_BY}`)")).await,
        None => Ok(()),
    }
}

fn named_by_environment(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    set(NAMED_BY).filter(|_| KEYS.iter().any(|key| set(key).is_none()))
}

/// Makes sure that the files of the AWS configuration define a profile; `from` says where its name comes from, if not from the caller.
///
/// # Errors
/// [`CloudError`] `ProfileNotFound` with the files and what they define, `ProfileUnreadable` where they are malformed.
pub(super) async fn check_exists(name: &str, from: &str) -> Result<(), CloudError> {
    let places = places(|variable| env::var(variable).ok());
    let loaded = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    let profiles: ProfileSet = loaded.map_err(|error| {
        // The SDK breaks the line before what it expected.
        let why = chain(&error).split_whitespace().collect::<Vec<_>>().join(" ");
        let message = format!("cannot read the profiles in {places}: {why}");
        CloudError::not_sent("ProfileUnreadable", message)
    })?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    Err(CloudError::not_sent("ProfileNotFound", not_found(name, from, profiles.profiles(), &places)))
}

/// The files as an error names them: their paths, and the variables that they come from.
fn places(variable: impl Fn(&str) -> Option<String>) -> String {
    FILES
        .map(|(name, path)| match variable(name) {
            Some(path) => format!("`{}` (from `{name}`)", Quoted(&path)),
            None => format!("`{path}`"),
        })
        .join(" or ")
}

fn not_found<'a>(name: &str, from: &str, defined: impl Iterator<Item = &'a str>, places: &str) -> String {
    let mut defined: Vec<&str> = defined.collect();
    defined.sort_unstable();
    let more = defined.len().saturating_sub(LISTED);
    let listed: Vec<String> = defined.iter().take(LISTED).map(|name| format!("`{}`", Quoted(name))).collect();
    let found = match (listed.as_slice(), more) {
        ([], _) => "which define none".to_owned(),
        (_, 0) => format!("which define {}", listed.join(", ")),
        (_, more) => format!("which define {} and {more} more", listed.join(", ")),
    };
    let meant = nearest(name, defined.into_iter());
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{}`?", Quoted(meant)));
    format!("invalid profile `{}`{from}: expected a profile of {places}, {found}{meant}", Quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_where_it_looked_and_what_is_there() {
        let by_default = places(|_| None);
        assert_eq!(by_default, "`~/.aws/config` or `~/.aws/credentials`");
        assert_eq!(
            not_found("nope", "", [].into_iter(), &by_default),
            "invalid profile `nope`: expected a profile of `~/.aws/config` or `~/.aws/credentials`, which define none"
        );
        let elsewhere = places(|name| (name == "AWS_CONFIG_FILE").then(|| "/etc/aws".to_owned()));
        assert_eq!(
            not_found("prduction", " (from `AWS_PROFILE`)", ["production", "dev"].into_iter(), &elsewhere),
            "invalid profile `prduction` (from `AWS_PROFILE`): expected a profile of `/etc/aws` (from `AWS_CONFIG_FILE`) or \
             `~/.aws/credentials`, which define `dev`, `production`; did you mean `production`?"
        );
        let many: Vec<String> = (10..23).map(|number| format!("p{number}")).collect();
        let text = not_found("zzzzzzzzz", "", many.iter().map(String::as_str), &by_default);
        assert!(text.ends_with("`p19` and 3 more"), "{text}");
    }

    #[test]
    fn the_environment_names_a_profile_where_it_holds_no_keys() {
        let named = |set: &[(&str, &str)]| {
            named_by_environment(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(named(&[]), None);
        assert_eq!(named(&[("AWS_PROFILE", "")]), None);
        assert_eq!(named(&[("AWS_PROFILE", "dev")]).as_deref(), Some("dev"));
        let half = [("AWS_PROFILE", "dev"), ("AWS_ACCESS_KEY_ID", "AKIA")];
        assert_eq!(named(&half).as_deref(), Some("dev"));
        let keys = [half[0], half[1], ("AWS_SECRET_ACCESS_KEY", "key")];
        assert_eq!(named(&keys), None);
    }
}

//! A state from its URL.

use std::path::Path;

use super::directory::DirectoryStore;
use super::memory::MemoryStore;
use crate::state::Error;
use crate::state::archive::State;
use crate::state::lease::holder::printable;

impl State {
    /// The state at a URL: a path or `file://…` names a directory, `s3://bucket/prefix` a bucket (feature `s3`), `memory://`
    /// a new state that ends with the process. Nothing is made or asked before the first use.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(url, [])
    }

    /// As [`State::open`], with settings for the bucket, named as `object_store` names them: `aws_endpoint`, `aws_region`,
    /// `aws_access_key_id` … They go before the environment's, which are named the same in upper case.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it, a setting is none, or a state that is not in a bucket has settings.
    pub fn open_with<'a>(
        url: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Error> {
        let settings: Vec<(&str, &str)> = settings.into_iter().collect();
        let why = |why: &str| Error::Url { url: shown(url), why: without_values(why, &settings) };
        let refuse = |text: &str| Err(why(text));
        if url.is_empty() {
            return refuse("name a directory");
        }
        // A setting that nothing reads was meant for another state.
        let unread = || match settings.as_slice() {
            [] => Ok(()),
            _ => Err(why("settings are for a bucket: leave them out, or name one as `s3://bucket/prefix`")),
        };
        let Some((scheme, rest)) = split_scheme(url) else {
            unread()?;
            return Ok(Self::new(DirectoryStore::new(url)));
        };
        let Some(place) = rest.strip_prefix("//") else {
            return refuse(&format!(
                "it begins as a URL and is none: write `{scheme}://…`, or begin with `./` to name a directory"
            ));
        };
        let authority = place.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return refuse(
                "a URL holds no user and no password: pass keys as settings, or in the environment",
            );
        }
        match scheme {
            "file" if Path::new(place).is_absolute() => {
                unread().map(|()| Self::new(DirectoryStore::new(place)))
            }
            "file" => refuse("write `file:///` and the path from the root on, or the path alone"),
            "memory" if place.is_empty() => unread().map(|()| Self::new(MemoryStore::new())),
            "memory" => refuse("a state in memory has no name: write `memory://`"),
            #[cfg(feature = "s3")]
            "s3" => {
                super::s3::open(place, settings.iter().copied()).map(Self::new).or_else(|why| refuse(&why))
            }
            #[cfg(not(feature = "s3"))]
            "s3" => refuse("this build keeps states in directories only; build it with the feature `s3`"),
            _ if ["file", "memory", "s3"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                refuse("write the scheme in lower case")
            }
            _ => refuse("name a directory, or a bucket as `s3://bucket/prefix`"),
        }
    }
}

/// The scheme of whatever begins as a URL does, and what follows its colon. A single letter is a drive of Windows.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some((scheme, rest))
}

/// A URL for messages: without user and password, and not longer than anybody reads.
fn shown(url: &str) -> String {
    let bare = match (split_scheme(url), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    };
    printable(&bare)
}

/// A message without the value of any setting.
fn without_values(why: &str, settings: &[(&str, &str)]) -> String {
    /// Shorter ones are words such as `true`, which stand in messages by themselves.
    const SHORTEST: usize = 8;
    settings
        .iter()
        .filter(|(name, value)| value.len() >= SHORTEST && !name.contains("endpoint"))
        .fold(why.to_owned(), |why, (_, value)| why.replace(value, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let Err(error @ Error::Url { .. }) = State::open(url).map(|state| state.place()) else {
            panic!("`{url}` was opened")
        };
        assert_eq!(error.code(), "state-url");
        error.to_string()
    }

    #[test]
    fn what_begins_as_a_url_and_is_none_is_refused() {
        for url in [
            "",
            "s3:/bucket/x",
            "s3:bucket/x",
            "memory:",
            "memory://x",
            "memory:/",
            "file:x",
            "file:/x",
            "file://",
            "file://x/y",
            "S3://bucket/x",
            "FILE:///x",
            "Memory://",
            "ftp://host/state",
            "https://host/state",
        ] {
            refused(url);
        }
        assert!(refused("S3://bucket/x").contains("lower case"));
        assert!(refused("s3:/bucket/x").contains("s3://"));
    }

    #[test]
    fn paths_are_paths() {
        for (url, place) in [
            (".securebase", ".securebase"),
            ("./s3:/bucket", "./s3:/bucket"),
            ("/var/lib/a b", "/var/lib/a b"),
            ("file:///var/lib/state", "/var/lib/state"),
            ("user@host", "user@host"),
            ("C:/state", "C:/state"),
            ("memory://", "memory"),
        ] {
            assert_eq!(State::open(url).unwrap().place(), place);
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for scheme in ["s3", "https", "file", "S3", "memory"] {
            for slashes in ["//", "/", ""] {
                for secret in ["wJalrXUtnFEMI", "wJalr@XUtnFEMI", "wJalr/XUtnFEMI"] {
                    let text = refused(&format!("{scheme}:{slashes}AKID:{secret}@bucket/x"));
                    assert!(!text.contains("XUtnFEMI") && !text.contains("AKID"), "{text}");
                    assert!(text.contains("bucket/x"), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_long_url_is_cut_and_stays_on_its_line() {
        let text = refused(&format!("ftp://{}\n\u{1b}[31m", "x".repeat(1_000_000)));
        assert!(text.len() < 1000 && !text.contains('\n') && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_setting_that_nothing_reads_is_refused() {
        for url in ["memory://", "a/directory", "file:///a/directory"] {
            let error = State::open_with(url, [("aws_region", "eu-west-1")]).map(|state| state.place());
            let said = error.unwrap_err().to_string();
            assert!(said.contains("settings are for a bucket"), "{said}");
        }
    }

    #[test]
    fn a_message_holds_no_setting() {
        let settings = [("aws_secret_access_key", "wJalrXUtnFEMI"), ("aws_allow_http", "true")];
        let why = without_values("`wJalrXUtnFEMI` is no boolean, true is", &settings);
        assert_eq!(why, "`…` is no boolean, true is");
    }
}

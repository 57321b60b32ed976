//! Draws and ids: each depends on the seed and on what is asked, never on what else is going on.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rand::Rng;

use crate::model::{AccountId, ResourceId};
use crate::time::Seed;

/// The numbers one call draws, all from 0 (included) to 1 (excluded).
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) struct Draws {
    pub(in crate::sim) latency: f64,
    pub(in crate::sim) throttle: f64,
    pub(in crate::sim) lost_request: f64,
    pub(in crate::sim) lost_reply: f64,
    pub(in crate::sim) service_error: f64,
    pub(in crate::sim) expired_credentials: f64,
    /// Whether a call that fails without an answer has had its effect.
    pub(in crate::sim) effect: f64,
    pub(in crate::sim) not_yet_visible: f64,
    pub(in crate::sim) visibility: f64,
    pub(in crate::sim) async_failure: f64,
    /// How long what goes on after the reply takes.
    pub(in crate::sim) duration: f64,
    /// How long the step after that takes.
    pub(in crate::sim) aftermath: f64,
    /// Whether a page comes empty.
    pub(in crate::sim) blank: f64,
}

/// The source of all draws of a world, with the count of how often each was asked for.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Chance {
    seed: Seed,
    /// Counts by the hash of their key: the hash only tells keys apart, no draw depends on its value.
    counts: BTreeMap<u64, u64>,
}

const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Chance {
    pub(in crate::sim) fn new(seed: u64) -> Self {
        Self { seed: Seed::new(seed), counts: BTreeMap::new() }
    }

    /// How often the key was counted before.
    fn count(&mut self, key: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let count = self.counts.entry(hasher.finish()).or_default();
        *count += 1;
        *count - 1
    }

    /// A number that is always the same for that key.
    pub(in crate::sim) fn rank(&self, key: &str) -> u64 {
        self.seed.bits(key, 0)
    }

    /// The draws of one more call with that key.
    pub(in crate::sim) fn draws(&mut self, key: &str) -> Draws {
        let ordinal = self.count(key);
        let mut stream = self.seed.stream(key, ordinal);
        let mut unit = || {
            #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
            let numerator = (stream.next_u64() >> 11) as f64;
            numerator / (1u64 << 53) as f64
        };
        Draws {
            latency: unit(),
            throttle: unit(),
            lost_request: unit(),
            lost_reply: unit(),
            service_error: unit(),
            expired_credentials: unit(),
            effect: unit(),
            not_yet_visible: unit(),
            visibility: unit(),
            async_failure: unit(),
            duration: unit(),
            aftermath: unit(),
            blank: unit(),
        }
    }

    /// A new EC2-style id, `prefix-` and 17 hexadecimal digits, that is not `taken`.
    pub(in crate::sim) fn ec2_id(
        &mut self,
        prefix: &str,
        key: &str,
        taken: impl Fn(&ResourceId) -> bool,
    ) -> ResourceId {
        let key = format!("id|{prefix}|{key}");
        loop {
            let ordinal = self.count(&key);
            let mut stream = self.seed.stream(&key, ordinal);
            let digits = (u128::from(stream.next_u64()) << 64) | u128::from(stream.next_u64());
            let id = id(format!("{prefix}-{:017x}", digits >> 60));
            if !taken(&id) {
                return id;
            }
        }
    }

    /// A new Organizations-style id, `prefix-` and lower-case letters and digits, that is not `taken`.
    pub(in crate::sim) fn organizations_id(
        &mut self,
        prefix: &str,
        length: usize,
        key: &str,
        taken: impl Fn(&ResourceId) -> bool,
    ) -> ResourceId {
        let key = format!("id|{prefix}|{key}");
        loop {
            let ordinal = self.count(&key);
            let mut stream = self.seed.stream(&key, ordinal);
            let digits: String =
                (0..length).map(|_| char::from(BASE36[(stream.next_u32() % 36) as usize])).collect();
            let id = id(format!("{prefix}-{digits}"));
            if !taken(&id) {
                return id;
            }
        }
    }

    /// A new UUID that is not `taken`.
    pub(in crate::sim) fn uuid(&mut self, key: &str, taken: impl Fn(&str) -> bool) -> String {
        let key = format!("id|uuid|{key}");
        loop {
            let ordinal = self.count(&key);
            let mut stream = self.seed.stream(&key, ordinal);
            let (high, low) = (stream.next_u64(), stream.next_u64());
            // The digits of version 4, variant 1.
            let uuid = format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                high >> 32,
                (high >> 16) & 0xffff,
                high & 0xfff,
                0x8000 | ((low >> 48) & 0x3fff),
                low & 0xffff_ffff_ffff
            );
            if !taken(&uuid) {
                return uuid;
            }
        }
    }

    /// A new account id that is not `taken`.
    pub(in crate::sim) fn account_id(&mut self, key: &str, taken: impl Fn(AccountId) -> bool) -> AccountId {
        let key = format!("id|account|{key}");
        loop {
            let ordinal = self.count(&key);
            let number = 100_000_000_000 + self.seed.bits(&key, ordinal) % 900_000_000_000;
            if let Ok(account) = number.to_string().parse()
                && !taken(account)
            {
                return account;
            }
        }
    }

    /// A public address for an elastic IP.
    pub(in crate::sim) fn public_ip(&mut self, key: &str) -> String {
        let key = format!("ip|{key}");
        let ordinal = self.count(&key);
        let [_, a, b, c, ..] = self.seed.bits(&key, ordinal).to_le_bytes();
        format!("52.{a}.{b}.{c}")
    }
}

/// An id this simulation has put together.
pub(in crate::sim) fn id(text: impl AsRef<str>) -> ResourceId {
    #[expect(clippy::expect_used, reason = "every caller joins non-empty parts without white space")]
    text.as_ref().parse().expect("an id of the simulation is a resource id")
}

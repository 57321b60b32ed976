//! AWS Key Management Service.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::cloud::{Page, PageToken};
use crate::model::{ResourceId, Tags};

operations! {
    Kms "kms";
    /// The ARNs of all keys of the account in the region, AWS's own and those to be deleted included.
    reads ListKeys {
        /// The page to read.
        page: Option<PageToken>,
    };
    /// A key.
    reads DescribeKey {
        /// Its ARN.
        key: ResourceId,
    };
    /// The tags of a key.
    reads ListResourceTags {
        /// Its ARN.
        key: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The policy of a key.
    reads GetKeyPolicy {
        /// Its ARN.
        key: ResourceId,
    };
    /// Whether and how often the material of a key is replaced.
    reads GetKeyRotationStatus {
        /// Its ARN.
        key: ResourceId,
    };
    /// Creates a symmetric key for encryption, enabled and without rotation. A second call makes a second key.
    writes CreateKey {
        /// What a person reads of it.
        description: String,
        /// Its policy, as JSON text.
        policy: String,
        /// Its tags.
        tags: Tags,
    };
    /// Replaces the policy of a key.
    writes PutKeyPolicy {
        /// Its ARN.
        key: ResourceId,
        /// The policy, as JSON text.
        policy: String,
    };
    /// Replaces the material of a key from then on, or changes how often.
    writes EnableKeyRotation {
        /// Its ARN.
        key: ResourceId,
        /// How many days lie between two rotations.
        days: u32,
    };
    /// Adds or replaces tags of a key.
    writes TagKey as "TagResource" {
        /// Its ARN.
        key: ResourceId,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of a key.
    writes UntagKey as "UntagResource" {
        /// Its ARN.
        key: ResourceId,
        /// The keys of the tags to remove.
        keys: Vec<String>,
    };
    /// Disables a key, and deletes it once a waiting period has passed.
    writes ScheduleKeyDeletion {
        /// Its ARN.
        key: ResourceId,
        /// The waiting period in days.
        days: u32,
    };
}

replies! {
    Kms;
    /// To `ListKeys`.
    Keys(Page<ResourceId>) "keys",
    /// To `DescribeKey`.
    Key(Key) "a key",
    /// To `GetKeyPolicy`: the JSON text.
    KeyPolicy(String) "a key policy",
    /// To `GetKeyRotationStatus`: the days between two rotations, `None` for a key without rotation.
    KeyRotation(Option<u32>) "the rotation of a key",
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its ARN.
    pub arn: ResourceId,
    /// What a person reads of it.
    pub description: String,
    /// Whether it can be used.
    pub state: KeyState,
}

impl Key {
    /// Returns whether it is deleted, or going to be.
    pub fn is_gone(&self) -> bool {
        self.state == KeyState::PendingDeletion
    }
}

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It can.
    Enabled,
    /// It cannot until it is enabled again.
    Disabled,
    /// It cannot, and is deleted when its waiting period ends.
    PendingDeletion,
    /// It cannot for another reason: its material or its key store is not available.
    Unavailable,
}

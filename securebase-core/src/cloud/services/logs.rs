//! Amazon CloudWatch Logs.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::cloud::{Page, PageToken};
use crate::model::{ResourceId, Tags};

operations! {
    Logs "logs";
    /// Log groups whose name begins with the prefix, with their ARNs, without tags.
    reads DescribeLogGroups {
        /// The prefix.
        prefix: String,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a log group that keeps everything for ever.
    writes CreateLogGroup {
        /// Its name.
        name: String,
        /// Its tags.
        tags: Tags,
        /// The ARN of the key that encrypts what it receives; `None` leaves that to a key of AWS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<ResourceId>,
    };
    /// Encrypts what a log group receives from then on with a key.
    writes AssociateKmsKey {
        /// The group.
        group: String,
        /// The ARN of the key.
        key: ResourceId,
    };
    /// Sets how long a log group keeps events.
    writes PutRetentionPolicy {
        /// The group.
        group: String,
        /// Days, one of the values CloudWatch Logs accepts.
        days: u32,
    };
    /// The tags of a log group.
    reads ListLogGroupTags as "ListTagsForResource" {
        /// The ARN of the group.
        arn: String,
    };
    /// Adds or replaces tags of a log group.
    writes TagLogGroup as "TagResource" {
        /// The ARN of the group.
        arn: String,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of a log group.
    writes UntagLogGroup as "UntagResource" {
        /// The ARN of the group.
        arn: String,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// Deletes a log group and all it holds.
    writes DeleteLogGroup {
        /// The group.
        name: String,
    };
}

replies! {
    Logs;
    /// To `DescribeLogGroups`.
    LogGroups(Page<LogGroup>) "log groups",
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN, without the trailing `:*`.
    pub arn: String,
    /// How long it keeps events, in days; `None` keeps them for ever.
    pub retention_days: Option<u32>,
    /// The ARN of the key that encrypts it; `None` for a key of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ResourceId>,
}

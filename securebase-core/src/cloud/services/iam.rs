//! AWS Identity and Access Management: roles.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::model::Tags;

operations! {
    Iam "iam";
    /// A role by name, with its tags.
    reads GetRole {
        /// Its name.
        name: String,
    };
    /// Creates a role that the flow-log delivery service may assume.
    writes CreateRole {
        /// Its name.
        name: String,
        /// Its trust policy.
        trust: String,
        /// Its tags.
        tags: Tags,
    };
    /// An inline policy of a role.
    reads GetRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
    };
    /// Sets an inline policy of a role.
    writes PutRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
        /// Its document.
        document: String,
    };
    /// Adds or replaces tags of a role.
    writes TagRole {
        /// The role.
        role: String,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of a role.
    writes UntagRole {
        /// The role.
        role: String,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// Deletes an inline policy of a role.
    writes DeleteRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
    };
    /// Deletes a role without policies.
    writes DeleteRole {
        /// The role.
        name: String,
    };
}

replies! {
    Iam;
    /// To `GetRole` and `CreateRole`.
    Role(Role) "role",
    /// To `GetRolePolicy`: the document, as JSON text.
    RolePolicy(String) "role policy",
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its trust policy, as JSON text.
    pub trust: String,
    /// Its tags.
    pub tags: Tags,
}

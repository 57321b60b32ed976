//! The services of AWS: what this crate asks of each, and what they answer.
//!
//! Each service has a file here with its operations, its replies and their shapes. `services!` below is the register.

use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::PageToken;
use crate::model::{ResourceId, Tags};

pub mod account;
pub mod ec2;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod organizations;
pub mod sts;

/// Registers the services: the variant and the module of each, and `answers Reply` where it has replies of its own.
macro_rules! services {
    ($($(#[$doc:meta])* $service:ident => $module:ident $(answers $reply:ident)?;)*) => {
        /// A service, by its signing name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Service {
            $($(#[$doc])* $service,)*
        }

        impl Service {
            /// The prefix of its actions in a policy: `organizations`, `sts`, `ec2`, `iam`, `logs`, `account`, `kms`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$service => $module::Operation::PREFIX,)* }
            }
        }

        /// What is asked, by service.
        ///
        /// # Guarantees
        /// It is written as the operation of the service is, which has a name that no other service has, so that a journal does
        /// not show how the operations are divided here.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Operation {
            $($(#[$doc])* $service($module::Operation),)*
        }

        /// How many operations there are.
        const COUNT: usize = 0 $(+ $module::Operation::ALL.len())*;

        /// Every operation with its service.
        const fn all() -> [(Service, &'static str, bool); COUNT] {
            let mut all = [(Service::Sts, "", false); COUNT];
            let mut at = 0;
            $(
                let mut index = 0;
                while index < $module::Operation::ALL.len() {
                    let (name, is_mutating) = $module::Operation::ALL[index];
                    all[at] = (Service::$service, name, is_mutating);
                    at += 1;
                    index += 1;
                }
            )*
            assert!(at == COUNT, "every operation of every service");
            all
        }

        /// The names of all operations in journals.
        static JOURNALED: LazyLock<Vec<&'static str>> =
            LazyLock::new(|| [$($module::Operation::JOURNALED),*].concat());

        impl Operation {
            /// Every operation there is, as service and name, and whether it changes anything: what the executor's own
            /// permissions must cover.
            pub const ALL: &[(Service, &'static str, bool)] = &all();

            /// The service it belongs to.
            pub fn service(&self) -> Service {
                match self { $(Self::$service(_) => Service::$service,)* }
            }

            /// Its name in AWS's API.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$service(operation) => operation.name(),)* }
            }

            /// Whether it changes anything: such a call is journaled before it leaves.
            pub fn is_mutating(&self) -> bool {
                match self { $(Self::$service(operation) => operation.is_mutating(),)* }
            }

            /// `service:Name`, the key of the request rates and the action of a policy.
            pub fn action(&self) -> &'static str {
                match self { $(Self::$service(operation) => operation.action(),)* }
            }
        }

        impl<'de> Deserialize<'de> for Operation {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let fields = Map::<String, Value>::deserialize(deserializer)?;
                let Some(Value::String(name)) = fields.get("operation") else {
                    return Err(D::Error::missing_field("operation"));
                };
                $(
                    if $module::Operation::JOURNALED.contains(&name.as_str()) {
                        let operation = serde_json::from_value(Value::Object(fields));
                        return operation.map(Self::$service).map_err(D::Error::custom);
                    }
                )*
                Err(D::Error::unknown_variant(name, JOURNALED.as_slice()))
            }
        }

        /// What a call answers: what every service answers in the same form, or a reply of its service. Which variant belongs
        /// to which operation follows from the names.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reply {
            /// Nothing but success.
            Done,
            /// The id of what a create call has made, an attachment or association included.
            Created(ResourceId),
            /// To the calls that list tags.
            Tags(Tags, Option<PageToken>),
            $($(
                /// A reply of the service.
                #[serde(untagged)]
                $service($module::$reply),
            )?)*
        }

        impl Reply {
            /// A word for the shape, for messages about a reply that does not fit its call.
            pub fn shape(&self) -> &'static str {
                match self {
                    Self::Done => "done",
                    Self::Created(_) => "created",
                    Self::Tags(..) => "tags",
                    $($(Self::$service(reply) => $module::$reply::shape(reply),)?)*
                }
            }
        }
    };
}

services! {
    /// AWS Organizations.
    Organizations => organizations answers Reply;
    /// AWS Security Token Service.
    Sts => sts answers Reply;
    /// Amazon EC2.
    Ec2 => ec2 answers Reply;
    /// AWS Identity and Access Management.
    Iam => iam answers Reply;
    /// Amazon CloudWatch Logs.
    Logs => logs answers Reply;
    /// AWS Account Management.
    Account => account;
    /// AWS Key Management Service.
    Kms => kms answers Reply;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Limits;

    #[test]
    fn every_operation_has_a_rate() {
        let limits = Limits::default();
        let unpaced: Vec<_> = Operation::ALL
            .iter()
            .map(|(service, name, _)| format!("{}:{name}", service.name()))
            .filter(|action| limits.bucket(action).is_none())
            .collect();
        assert!(unpaced.is_empty(), "data/limits.toml has no bucket for {unpaced:?}");
    }

    #[test]
    fn names_are_those_of_the_api() {
        let group: Operation =
            logs::Operation::TagLogGroup { arn: "arn:aws:logs:…".into(), tags: Tags::new() }.into();
        assert_eq!(
            (group.service(), group.name(), group.action()),
            (Service::Logs, "TagResource", "logs:TagResource")
        );
        assert!(group.is_mutating() && !organizations::Operation::ListRoots.is_mutating());
        let access =
            organizations::Operation::EnableAwsServiceAccess { service: "account.amazonaws.com".into() };
        assert_eq!(access.action(), "organizations:EnableAWSServiceAccess");
    }

    #[test]
    fn no_two_services_write_one_name() {
        let unique: BTreeSet<_> = JOURNALED.iter().collect();
        assert_eq!(unique.len(), Operation::ALL.len());
        assert_eq!(JOURNALED.len(), Operation::ALL.len());
    }

    #[test]
    fn an_operation_is_written_flat() {
        let roots = Operation::Organizations(organizations::Operation::ListRoots);
        let tags = Tags::from_iter([("a".to_owned(), "b".to_owned())]);
        let group = Operation::Logs(logs::Operation::TagLogGroup { arn: "arn".into(), tags });
        let cases = [
            (roots, r#"{"operation":"ListRoots"}"#),
            (group, r#"{"operation":"TagLogGroup","arn":"arn","tags":{"a":"b"}}"#),
        ];
        for (operation, text) in cases {
            assert_eq!(serde_json::to_string(&operation).unwrap(), text);
            assert_eq!(serde_json::from_str::<Operation>(text).unwrap(), operation);
        }
    }

    #[test]
    fn what_is_no_operation_is_refused_by_name() {
        let refused = |text: &str| serde_json::from_str::<Operation>(text).unwrap_err().to_string();
        let unknown = refused(r#"{"operation":"CreateTrail"}"#);
        assert!(
            unknown.starts_with("unknown variant `CreateTrail`, expected one of `DescribeOrganization`"),
            "{unknown}"
        );
        assert!(refused(r#"{"name":"a"}"#).starts_with("missing field `operation`"));
        assert!(refused(r#"{"operation":"GetRole"}"#).starts_with("missing field `name`"));
    }

    #[test]
    fn a_reply_is_written_flat() {
        let zones = Reply::Ec2(ec2::Reply::VpcAttribute(true));
        let cases = [
            (Reply::Done, r#""done""#),
            (Reply::Created("vpc-1".parse().unwrap()), r#"{"created":"vpc-1"}"#),
            (zones, r#"{"vpc_attribute":true}"#),
        ];
        for (reply, text) in cases {
            assert_eq!(serde_json::to_string(&reply).unwrap(), text);
            assert_eq!(serde_json::from_str::<Reply>(text).unwrap(), reply);
        }
    }
}

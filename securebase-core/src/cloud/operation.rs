//! How a service declares its operations, each once.

/// Declares the operations of a service: whether one changes anything, its name and its parameters.
///
/// The first line names the variant of [`Operation`](super::Operation) and the prefix of the service's actions in a policy. An
/// operation that has another name in AWS's API says so behind `as`: its own one tells it from those of other services in a
/// journal.
macro_rules! operations {
    (
        $service:ident $prefix:literal;
        $(
            $(#[$doc:meta])*
            $effect:ident $name:ident $(as $api:literal)?
            $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? })?;
        )*
    ) => {
        /// What is asked of the service, named as AWS names it.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "operation")]
        pub enum Operation {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $ty),* })?,)*
        }

        impl Operation {
            /// The prefix of the service's actions in a policy.
            pub(in crate::cloud) const PREFIX: &'static str = $prefix;

            /// Every operation of the service: its name in AWS's API, and whether it changes anything.
            pub(in crate::cloud) const ALL: &[(&'static str, bool)] = &[
                $(($crate::cloud::operation::operations!(@ name $name $($api)?), $crate::cloud::operation::operations!(@ $effect)),)*
            ];

            /// The names of the operations in journals.
            pub(in crate::cloud) const JOURNALED: &[&'static str] = &[$(stringify!($name)),*];

            /// Its name in AWS's API.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => $crate::cloud::operation::operations!(@ name $name $($api)?),)* }
            }

            /// Whether it changes anything: such a call is journaled before it leaves.
            pub fn is_mutating(&self) -> bool {
                match self { $(Self::$name { .. } => $crate::cloud::operation::operations!(@ $effect),)* }
            }

            /// `service:Name`, the key of the request rates and the action of a policy.
            pub fn action(&self) -> &'static str {
                match self { $(Self::$name { .. } => $crate::cloud::operation::operations!(@ action $prefix $name $($api)?),)* }
            }
        }

        impl From<Operation> for $crate::cloud::Operation {
            fn from(operation: Operation) -> Self {
                Self::$service(operation)
            }
        }
    };
    (@ reads) => { false };
    (@ writes) => { true };
    (@ name $name:ident) => { stringify!($name) };
    (@ name $name:ident $api:literal) => { $api };
    (@ action $prefix:literal $name:ident) => { concat!($prefix, ":", stringify!($name)) };
    (@ action $prefix:literal $name:ident $api:literal) => { concat!($prefix, ":", $api) };
}

pub(super) use operations;

//! What the role is that delivers flow logs: who may assume it, and what it may do.

/// Who may assume it.
pub(crate) const FLOW_LOG_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// What it may do: write to log groups that exist, not make new ones.
pub(crate) const FLOW_LOG_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogGroups","logs:DescribeLogStreams"],"Resource":"*"}]}"#;
/// The name of its inline policy.
pub(crate) const FLOW_LOG_POLICY_NAME: &str = "deliver-flow-logs";

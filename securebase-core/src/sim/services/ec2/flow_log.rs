//! Flow logs of VPCs.

use serde_json::{Value, json};

use super::vpc::NO_VPC;
use super::{Kept, Kind, Network, paged, refusal, unknown, visible};
use crate::cloud::ec2::{self, FlowLog, Operation};
use crate::cloud::{CloudError, ErrorKind, Reply};
use crate::model::{ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

const NO_FLOW_LOG: &str = "InvalidFlowLogId.NotFound";

impl Kind for FlowLog {
    const KIND: ResourceKind = ResourceKind::FlowLog;
    const PREFIX: &'static str = "fl";
    const ABSENT: &'static str = NO_FLOW_LOG;
    const GOES_WITH_VPC: bool = true;

    fn id(&self) -> &ResourceId {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn execute(
        network: &mut Network,
        context: &mut Context<'_>,
        operation: &Operation,
        roles: Option<&Roles>,
    ) -> Outcome {
        match operation {
            Operation::DescribeFlowLogs { tags, page } => {
                let page = paged(&network.flow_logs, tags, page.as_ref(), context.now, Self::clone)?;
                Ok(ec2::Reply::FlowLogs(page).into())
            }
            Operation::CreateFlowLogs { vpc, log_group, role_arn, client_token, tags } => {
                if let Some(id) = network.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
                visible(&network.vpcs, vpc, context.now, NO_VPC)?;
                let accepted = roles
                    .into_iter()
                    .flat_map(Roles::values)
                    .any(|row| row.role.arn == *role_arn && row.accepted_from <= context.now);
                if !accepted {
                    return Err(cannot_assume(role_arn));
                }
                let same = |kept: &Kept<Self>| {
                    kept.value.vpc == *vpc && kept.value.log_group.as_ref() == Some(log_group)
                };
                if network.flow_logs.values().any(same) {
                    return Err(CloudError::rejected(
                        "FlowLogAlreadyExists",
                        format!("`{vpc}` has a flow log that delivers to `{log_group}`"),
                    ));
                }
                let id = network.new_id(context, Self::PREFIX, &key::of_tags(tags));
                let value = Self {
                    id: id.clone(),
                    vpc: vpc.clone(),
                    log_group: Some(log_group.clone()),
                    all_traffic: true,
                    role_arn: Some(role_arn.clone()),
                    tags: tags.clone(),
                };
                network.flow_logs.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                network.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteFlowLogs { flow_log } => {
                visible(&network.flow_logs, flow_log, context.now, NO_FLOW_LOG)?;
                network.flow_logs.remove(flow_log);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        Some(json!({"vpc_id": self.vpc, "log_group": self.log_group, "role_arn": self.role_arn}))
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc == *vpc
    }
}

/// EC2 cannot tell a role that does not exist from one that IAM has not told it of yet: one code for both, and it passes.
fn cannot_assume(role_arn: &str) -> CloudError {
    CloudError {
        kind: ErrorKind::Busy,
        ..CloudError::rejected("InvalidParameter", format!("Unable to assume given IAM role `{role_arn}`"))
    }
}

//! Flow logs of VPCs.

use super::vpc::NO_VPC;
use super::{Kept, Place, visible};
use crate::cloud::{CloudError, ErrorKind, FlowLog, Operation, Reply};
use crate::model::Tags;
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;
use crate::sim::services::organizations::unknown;

impl Place {
    pub(super) fn flow_log_operation(
        &mut self,
        context: &mut Context<'_>,
        operation: &Operation,
        roles: Option<&Roles>,
    ) -> Outcome {
        match operation {
            Operation::CreateFlowLogs { vpc, log_group, role_arn, client_token, tags } => {
                if let Some(id) = self.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
                visible(&self.vpcs, vpc, context.now, NO_VPC)?;
                let accepted = roles
                    .into_iter()
                    .flat_map(Roles::values)
                    .any(|row| row.role.arn == *role_arn && row.accepted_from <= context.now);
                if !accepted {
                    return Err(cannot_assume(role_arn));
                }
                let same = |kept: &Kept<FlowLog>| {
                    kept.value.vpc == *vpc && kept.value.log_group.as_ref() == Some(log_group)
                };
                if self.flow_logs.values().any(same) {
                    return Err(CloudError::rejected(
                        "FlowLogAlreadyExists",
                        format!("`{vpc}` has a flow log that delivers to `{log_group}`"),
                    ));
                }
                let id = self.new_id(context, "fl", &key::of_tags(tags));
                let value = FlowLog {
                    id: id.clone(),
                    vpc: vpc.clone(),
                    log_group: Some(log_group.clone()),
                    all_traffic: true,
                    role_arn: Some(role_arn.clone()),
                    tags: tags.clone(),
                };
                self.flow_logs.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                self.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteFlowLogs { flow_log } => {
                visible(&self.flow_logs, flow_log, context.now, NO_FLOW_LOG)?;
                self.flow_logs.remove(flow_log);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }
}

const NO_FLOW_LOG: &str = "InvalidFlowLogId.NotFound";

/// EC2 cannot tell a role that does not exist from one that IAM has not told it of yet: one code for both, and it passes.
fn cannot_assume(role_arn: &str) -> CloudError {
    CloudError {
        kind: ErrorKind::Busy,
        ..CloudError::rejected("InvalidParameter", format!("Unable to assume given IAM role `{role_arn}`"))
    }
}

//! Flow logs.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, succeeded, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{id, misrouted};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, FlowLog, Operation};
use crate::cloud::{CloudError, ErrorKind, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeFlowLogs { tags, page } => {
            let call = client
                .describe_flow_logs()
                .set_filter(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page_of_some(
                sent,
                |found| (found.flow_logs(), found.next_token()),
                watches_vpc,
                flow_log,
            )
            .await?;
            Ok(ec2::Reply::FlowLogs(page).into())
        }
        Operation::CreateFlowLogs { vpc, log_group, role_arn, client_token, tags } => {
            let call = client
                .create_flow_logs()
                .resource_ids(vpc.as_str())
                .resource_type(sdk::FlowLogsResourceType::Vpc)
                .traffic_type(sdk::TrafficType::All)
                .log_destination_type(sdk::LogDestinationType::CloudWatchLogs)
                .log_group_name(log_group)
                .deliver_logs_permission_arn(role_arn)
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpcFlowLog, &tags));
            let output = call.send().await.map_err(|e| settling(failure(e)))?;
            succeeded(output.unsuccessful()).map_err(settling)?;
            Ok(Reply::Created(id(output.flow_log_ids().first().map(String::as_str), "FlowLogIds")?))
        }
        Operation::DeleteFlowLogs { flow_log } => {
            let call = client.delete_flow_logs().flow_log_ids(flow_log.as_str());
            succeeded(call.send().await.map_err(failure)?.unsuccessful())?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

/// Subnets and interfaces can have flow logs too; ours watch VPCs.
fn watches_vpc(flow_log: &sdk::FlowLog) -> bool {
    flow_log.resource_id().is_some_and(|id| id.starts_with("vpc-"))
}

fn flow_log(flow_log: &sdk::FlowLog) -> Result<FlowLog, CloudError> {
    Ok(FlowLog {
        id: id(flow_log.flow_log_id(), "FlowLogId")?,
        vpc: id(flow_log.resource_id(), "ResourceId")?,
        log_group: flow_log.log_group_name().map(str::to_owned),
        all_traffic: flow_log.traffic_type() == Some(&sdk::TrafficType::All),
        role_arn: flow_log.deliver_logs_permission_arn().map(str::to_owned),
        tags: tags_of(flow_log.tags()),
    })
}

/// A role made a moment ago cannot be assumed everywhere yet. EC2 says so under the code of any wrong parameter, so only the
/// message tells that it passes.
fn settling(mut error: CloudError) -> CloudError {
    if error.code.starts_with("InvalidParameter") && error.message.contains("assume") {
        error.kind = ErrorKind::Busy;
    }
    error
}

//! CloudWatch log groups.

use super::ec2::{Kept, Place};
use crate::cloud::{CloudError, LogGroup, Operation, Reply};
use crate::model::{LOG_RETENTION_DAYS, Tags};
use crate::observe::ObservedLogGroup;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;
use crate::sim::services::page;
use crate::time::Time;

/// How many groups CloudWatch Logs puts on a page.
const PAGE: usize = 50;

impl Place {
    pub(in crate::sim) fn log_group_operation(
        &mut self,
        context: &mut Context<'_>,
        operation: &Operation,
    ) -> Outcome {
        let now = context.now;
        match operation {
            Operation::DescribeLogGroups { prefix, page } => {
                let after: Option<String> = page::start(page.as_ref())?;
                let groups = self
                    .log_groups
                    .range(after.clone().unwrap_or_else(|| prefix.clone())..)
                    .filter(|(name, _)| after.as_ref() != Some(name))
                    .take_while(|(name, _)| name.starts_with(prefix.as_str()))
                    .filter(|(_, kept)| kept.visible_from <= now)
                    .map(|(_, kept)| kept.value.group.clone());
                Ok(Reply::LogGroups(page::page(groups, PAGE, |group| group.name.clone())))
            }
            Operation::CreateLogGroup { name, tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.logs())?;
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
                if name.is_empty() || name.len() > 512 || !name.chars().all(allowed) {
                    return Err(invalid("a group's name has 1 to 512 letters, digits or any of `._-/#`"));
                }
                if self.log_groups.contains_key(name) {
                    return Err(CloudError::rejected(
                        "ResourceAlreadyExistsException",
                        format!("there is a log group `{name}`"),
                    ));
                }
                let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", self.region, self.account);
                let group = LogGroup { name: name.clone(), arn, retention_days: None };
                let value = ObservedLogGroup { group, tags: tags.clone() };
                self.log_groups.insert(name.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Done)
            }
            Operation::PutRetentionPolicy { group, days } => {
                if !LOG_RETENTION_DAYS.contains(days) {
                    return Err(invalid("CloudWatch Logs does not keep events for that many days"));
                }
                self.group_mut(group, now)?.group.retention_days = Some(*days);
                Ok(Reply::Done)
            }
            Operation::ListLogGroupTags { arn } => {
                Ok(Reply::Tags(self.group_mut(&name_of(arn), now)?.tags.clone(), None))
            }
            Operation::TagLogGroup { arn, tags } => {
                let present = &mut self.group_mut(&name_of(arn), now)?.tags;
                context.check_tags(present, tags).map_err(|fault| fault.logs())?;
                present.extend(tags.clone());
                Ok(Reply::Done)
            }
            Operation::UntagLogGroup { arn, keys } => {
                self.group_mut(&name_of(arn), now)?.tags.retain(|key, _| !keys.contains(key));
                Ok(Reply::Done)
            }
            Operation::DeleteLogGroup { name } => {
                self.group_mut(name, now)?;
                self.log_groups.remove(name);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn group_mut(&mut self, name: &str, now: Time) -> Result<&mut ObservedLogGroup, CloudError> {
        match self.log_groups.get_mut(name) {
            Some(kept) if kept.visible_from <= now => Ok(&mut kept.value),
            _ => Err(CloudError::rejected(
                "ResourceNotFoundException",
                format!("there is no log group `{name}`"),
            )),
        }
    }
}

/// The name in the ARN of a log group.
fn name_of(arn: &str) -> String {
    let name = arn.split_once(":log-group:").map_or(arn, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name).to_owned()
}

fn invalid(message: &str) -> CloudError {
    CloudError::rejected("InvalidParameterException", message)
}

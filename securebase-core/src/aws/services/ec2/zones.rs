//! Availability zones.

use aws_sdk_ec2::{Client, types as sdk};

use crate::aws::convert::{each, text};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, AvailabilityZone, ZoneKind};
use crate::cloud::{CloudError, Reply};

pub(super) async fn describe(client: &Client) -> Result<Reply, CloudError> {
    let output = client.describe_availability_zones().send().await.map_err(failure)?;
    Ok(ec2::Reply::AvailabilityZones(each(output.availability_zones(), zone)?).into())
}

/// Servers that know no other zones leave out what tells them apart: kind and opt-in are then those of any zone.
fn zone(zone: &sdk::AvailabilityZone) -> Result<AvailabilityZone, CloudError> {
    let kind = match zone.zone_type() {
        None | Some("availability-zone") => ZoneKind::AvailabilityZone,
        Some(_) => ZoneKind::Other,
    };
    let opt_in = match zone.opt_in_status() {
        None | Some(sdk::AvailabilityZoneOptInStatus::OptInNotRequired) => false,
        Some(_) => true,
    };
    let available = zone.state() == Some(&sdk::AvailabilityZoneState::Available);
    Ok(AvailabilityZone { name: text(zone.zone_name(), "ZoneName")?, kind, available, opt_in })
}

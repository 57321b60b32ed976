//! Somebody else's look at what came of a run: boto3, which knows nothing of this crate.

use std::collections::BTreeMap;
use std::process::Command;

use securebase_core::model::{LandingZone, ResourceKind};
use securebase_core::plan::Plan;

use super::moto::{self, Moto};

/// What must be there of a tenant: key, e-mail of the root user, unit, block.
pub(crate) type Wanted = (&'static str, &'static str, &'static str, &'static str);

/// Lets somebody else look at what the server holds: how many things were as they should be, or what was not.
pub(crate) fn verify(
    moto: &Moto,
    plan: &Plan,
    zone: &LandingZone,
    tenants: &[Wanted],
) -> Result<u64, String> {
    let mut units: BTreeMap<&str, Vec<&str>> = tenants.iter().map(|tenant| (tenant.2, Vec::new())).collect();
    for step in plan.steps().filter(|step| step.kind == ResourceKind::PolicyAttachment) {
        let rest = step.address.as_str().strip_prefix("organization/attachment/").unwrap();
        let (unit, policy) = rest.split_once('/').unwrap();
        units.get_mut(unit).unwrap().push(policy);
    }
    let facts_of_tenants: Vec<_> = tenants
        .iter()
        .map(|(key, email, unit, cidr)| {
            serde_json::json!({"key": key, "email": email, "unit": unit, "cidr": cidr, "region": "us-east-1"})
        })
        .collect();
    let facts = serde_json::json!({
        "endpoint_url": moto.url(),
        "zone": zone.name,
        "access_role": zone.access_role,
        "units": units,
        "tenants": facts_of_tenants,
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/verify_organization.py");
    let output = Command::new(moto::python()).args(["-B", script, &facts.to_string()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(said.into_owned());
    }
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    Ok(report["checked"].as_u64().unwrap())
}

//! Zones to measure with.

use securebase_core::model::LandingZone;
use serde_json::{Map, Value, json};

/// The mix of the reports: four fintech, two healthcare, two gov-federal, two standard in ten.
const MIX: [(&str, &str); 10] = [
    ("fintech", "soc2"),
    ("healthcare", "hipaa"),
    ("fintech", "soc2"),
    ("gov-federal", "fedramp"),
    ("standard", "cis"),
    ("fintech", "soc2"),
    ("healthcare", "hipaa"),
    ("fintech", "soc2"),
    ("gov-federal", "fedramp"),
    ("standard", "cis"),
];

/// A zone of so many tenants in the reports' mix, each with a /22.
///
/// # Panics
/// Beyond 16,384 tenants, for which the blocks do not suffice.
#[expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]
pub fn zone(tenants: usize) -> LandingZone {
    let clients: Map<String, Value> = (0..tenants)
        .map(|number| {
            let (tier, framework) = MIX[number % MIX.len()];
            let tenant = json!({
                "tier": tier, "framework": framework, "prefix": format!("t{number}"),
                "contact_email": format!("ops@t{number}.example.com"),
                "vpc_cidr": format!("10.{}.{}.0/22", number / 64 % 256, number % 64 * 4),
            });
            (format!("tenant-{number:05}"), tenant)
        })
        .collect();
    let document = json!({
        "org_name": "securebase", "environment": "bench", "target_region": "us-east-1", "enable_vpc": true,
        "account_email": "aws+{prefix}@example.com", "clients": clients,
    });
    LandingZone::from_value(&document).expect("the zone is valid")
}

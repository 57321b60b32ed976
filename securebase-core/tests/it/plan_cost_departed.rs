//! What tenants that have left still cost: the bill before a plan is the bill after the one before it.

use rust_decimal::Decimal;
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::finance::{CostReport, PriceId};
use securebase_core::model::LandingZone;
use securebase_core::sim::SimulatedCloud;

use crate::plan_cost::{dollars, priced, with_state};
use crate::support::{apply, memory, now, plan, zone};

/// Two tenants: one that stays, and `gone` with what its entry says, in a zone with further settings.
fn two_tenants(gone: Option<&str>, settings: &str) -> LandingZone {
    let gone = gone.map_or_else(String::new, |entry| {
        format!("gone = {{ prefix = \"gone\", contact_email = \"ops@gone.example.com\", {entry} }}")
    });
    zone(&format!(
        r#"
        account_email = "aws+{{prefix}}@example.com"
        {settings}
        clients = {{
          stays = {{ prefix = "stays", contact_email = "ops@stays.example.com", tier = "standard", framework = "cis" }}
          {gone}
        }}"#
    ))
}

const STANDARD: &str = r#"tier = "standard", framework = "cis""#;
const FINTECH: &str = r#"tier = "fintech", framework = "soc2""#;
const FEDERAL: &str = r#"tier = "gov-federal", framework = "fedramp""#;
const NETWORK: &str = "enable_vpc = true";

/// Applies the zones one after the other with one state. The bill before each plan must be the bill after the one before it;
/// answers the bill after each.
fn walk(zones: &[LandingZone]) -> Vec<CostReport> {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let mut bills: Vec<CostReport> = Vec::new();
    for (place, zone) in zones.iter().enumerate() {
        let plan = with_state(zone, &cloud, &state);
        let cost = priced(&plan);
        if let Some(last) = bills.last() {
            assert_eq!(cost.before().total(), last.total(), "before plan {place}: {plan}");
        }
        let options = ApplyOptions::new().destroy(plan.destructive().into_iter().cloned());
        assert_eq!(now(exec::apply(&plan, &cloud, &state, options)).unwrap().failed, []);
        bills.push(cost.after().clone());
    }
    bills
}

/// What is stored for tenants that left: in log groups, and in the archive.
fn stored(bill: &CostReport) -> (Decimal, Decimal) {
    let of = |ids: &[PriceId]| -> Decimal {
        let lines = bill.lines().filter(|line| ids.contains(&line.id));
        lines.filter(|line| !matches!(line.tenant, None | Some("stays"))).map(|line| line.amount.amount).sum()
    };
    let archive = of(&[PriceId::S3StandardGbMonth, PriceId::S3DeepArchiveGbMonth]);
    (of(&[PriceId::CloudwatchStorageGbMonth]), archive)
}

/// An entry of a tenant that leaves.
fn leaving(entry: &str, offboarding: &str) -> String {
    format!("{entry}, offboard = \"{offboarding}\"")
}

#[test]
fn the_archive_of_a_closed_account_outlives_the_networks_of_the_zone() {
    // Ten years, of which three months in Standard: 2.06 as by hand above.
    let archive = (Decimal::ZERO, dollars("2.06"));
    let closed = leaving(FEDERAL, "close");
    let quiet = "enable_vpc = true\nvpc_config = { enable_vpc_flow_logs = false }";
    for settings in ["enable_vpc = false", quiet] {
        let served = two_tenants(Some(FEDERAL), NETWORK);
        let bills = walk(&[
            served.clone(),
            two_tenants(Some(&closed), NETWORK),
            two_tenants(Some(&closed), settings),
            two_tenants(None, settings),
            two_tenants(None, settings),
            two_tenants(None, NETWORK),
        ]);
        assert!(bills[1..].iter().all(|bill| stored(bill) == archive), "{settings}");
        // Out of the file first, then without networks; and both in one plan.
        let bills = walk(&[
            served.clone(),
            two_tenants(Some(&closed), NETWORK),
            two_tenants(None, NETWORK),
            two_tenants(None, settings),
            two_tenants(None, settings),
        ]);
        assert!(bills[1..].iter().all(|bill| stored(bill) == archive), "{settings}");
        let bills =
            walk(&[served, two_tenants(Some(&closed), settings), two_tenants(Some(&closed), settings)]);
        assert!(bills[1..].iter().all(|bill| stored(bill) == archive), "{settings}");
        // A tenant that never had flow logs has no archive, whatever the zone turns on later.
        let bills = walk(&[
            two_tenants(Some(FEDERAL), settings),
            two_tenants(Some(&closed), settings),
            two_tenants(Some(&closed), NETWORK),
            two_tenants(None, NETWORK),
        ]);
        assert!(bills[1..].iter().all(|bill| stored(bill) == (Decimal::ZERO, Decimal::ZERO)), "{settings}");
    }
}

#[test]
fn the_archive_keeps_the_tier_with_which_a_tenant_left() {
    // Seven years at ten gigabytes a month, of which three months in Standard: 10 × 3 × 0.023 and 81 × 8,760 × 8 KB × 0.023
    // make 0.81; 81 × (10 + 8,760 × 32 KB) × 0.00099 make 0.82. The tier Standard has no archive.
    let archive = dollars("1.63");
    for (tier, offboarding, archive) in [
        (FINTECH, "suspend", archive),
        (FINTECH, "close", archive),
        (STANDARD, "suspend", Decimal::ZERO),
        (STANDARD, "close", Decimal::ZERO),
    ] {
        let (before, after) = (leaving(tier, offboarding), leaving(FEDERAL, offboarding));
        let closed = leaving(FEDERAL, "close");
        let bills = walk(&[
            two_tenants(Some(tier), NETWORK),
            two_tenants(Some(&before), NETWORK),
            two_tenants(Some(&after), NETWORK),
            two_tenants(Some(&after), NETWORK),
            // The unit of departed tenants gets another name: its accounts move, and nothing about them changes.
            two_tenants(Some(&after), "enable_vpc = true\nsuspended_ou = \"Former\""),
            two_tenants(Some(&closed), "enable_vpc = true\nsuspended_ou = \"Former\""),
            // The account of a tenant that the file no longer names stays in that unit.
            two_tenants(None, NETWORK),
            two_tenants(None, "enable_vpc = false"),
        ]);
        let archives: Vec<Decimal> = bills[1..].iter().map(|bill| stored(bill).1).collect();
        assert_eq!(archives, [archive; 7], "{before}");
    }
    // A tenant that comes back has the tier that the file gives it now.
    let suspended = leaving(FINTECH, "suspend");
    let bills = walk(&[
        two_tenants(Some(FINTECH), NETWORK),
        two_tenants(Some(&suspended), NETWORK),
        two_tenants(Some(FEDERAL), NETWORK),
        two_tenants(Some(&leaving(FEDERAL, "suspend")), NETWORK),
        two_tenants(Some(&leaving(FINTECH, "close")), NETWORK),
    ]);
    let archives: Vec<Decimal> = bills[1..].iter().map(|bill| stored(bill).1).collect();
    assert_eq!(archives, [archive, dollars("2.06"), dollars("2.06"), dollars("2.06")]);
}

#[test]
fn a_unit_that_held_departed_tenants_still_does_after_it_is_renamed() {
    let former = "enable_vpc = true\nsuspended_ou = \"Former\"";
    let suspended = leaving(FEDERAL, "suspend");
    let bills = walk(&[
        two_tenants(Some(FEDERAL), former),
        two_tenants(Some(&suspended), former),
        two_tenants(None, former),
        two_tenants(None, NETWORK),
        two_tenants(None, NETWORK),
    ]);
    assert!(bills[1..].iter().all(|bill| stored(bill) == (dollars("0.90"), dollars("2.06"))));
}

#[test]
fn logs_in_a_region_of_a_departed_tenant_stay_on_the_bill_without_its_entry() {
    let london = format!("{FEDERAL}, region = \"eu-west-2\"");
    let served = two_tenants(Some(&london), NETWORK);
    let suspended = two_tenants(Some(&leaving(&london, "suspend")), NETWORK);
    // 30 GB-months in the group at 0.0315 in eu-west-2 are 0.945, a half to even; its archive is priced there as well.
    let kept = |bills: &[CostReport]| {
        let [first, rest @ ..] = bills else { panic!("bills") };
        assert_eq!(stored(first).0, dollars("0.94"));
        assert!(stored(first).1 > Decimal::ZERO);
        assert!(rest.iter().all(|bill| stored(bill) == stored(first)));
    };
    let gone = two_tenants(None, NETWORK);
    let bills = walk(&[served.clone(), suspended.clone(), gone.clone(), gone.clone(), gone]);
    kept(&bills[1..]);
    // So do they where the entry of a tenant that has left gets another region.
    let moved = leaving(&format!("{FEDERAL}, region = \"eu-west-1\""), "suspend");
    let moved = two_tenants(Some(&moved), NETWORK);
    let quiet = two_tenants(None, "enable_vpc = false");
    let bills = walk(&[served, suspended, moved.clone(), moved, quiet.clone(), quiet]);
    kept(&bills[1..]);
}

#[test]
fn a_tenant_without_a_network_is_priced_in_its_region_without_its_entry() {
    let none = "enable_vpc = false\ntarget_region = \"ap-southeast-1\"";
    let gone = two_tenants(None, none);
    walk(&[two_tenants(Some(FEDERAL), none), gone.clone(), gone]);
    // Without a state, the region of the zone is the best guess.
    let cloud = SimulatedCloud::new(0);
    let served = plan(&two_tenants(Some(FEDERAL), none), &cloud);
    apply(&served, &cloud, &memory());
    let after = priced(&plan(&two_tenants(None, none), &cloud));
    assert_eq!(after.before().total(), priced(&served).after().total());
    // A region of its own is in the state only.
    let none = "enable_vpc = false";
    let own = format!("{FEDERAL}, region = \"ap-southeast-1\"");
    let gone = two_tenants(None, none);
    walk(&[two_tenants(Some(&own), none), gone.clone(), gone]);
    // Logs that were kept in it are found.
    let bills = walk(&[
        two_tenants(Some(&own), NETWORK),
        two_tenants(Some(&own), none),
        two_tenants(None, none),
        two_tenants(None, none),
    ]);
    assert!(bills[1..].iter().all(|bill| stored(bill).0 == dollars("0.90")));
}

#[test]
fn logs_stay_on_the_bill_in_every_region_in_which_a_tenant_worked() {
    let none = "enable_vpc = false";
    let london = format!("{FEDERAL}, region = \"eu-west-2\"");
    let ireland = format!("{FEDERAL}, region = \"eu-west-1\"");
    let suspended = two_tenants(Some(&leaving(&ireland, "suspend")), NETWORK);
    let gone = two_tenants(None, NETWORK);
    let bills = walk(&[
        two_tenants(Some(&london), NETWORK),
        two_tenants(Some(&london), none),
        two_tenants(Some(&ireland), none),
        two_tenants(Some(&ireland), none),
        two_tenants(Some(&ireland), NETWORK),
        two_tenants(Some(&ireland), NETWORK),
        suspended.clone(),
        suspended,
        gone.clone(),
        gone,
    ]);
    // 30 GB-months at 0.0315 in eu-west-2 are 0.945, a half to even; as many at 0.03 in eu-west-1 are 0.90.
    let groups: Vec<Decimal> = bills.iter().map(|bill| stored(bill).0).collect();
    let (first, both) = (dollars("0.94"), dollars("1.84"));
    assert_eq!(groups, [first, first, first, first, both, both, both, both, both, both]);
}

#[test]
fn a_served_tenant_without_a_network_is_priced_in_its_old_region_before() {
    let none = "enable_vpc = false";
    let own = |region: &str| two_tenants(Some(&format!("{FEDERAL}, region = \"{region}\"")), none);
    let bills = walk(&[own("ap-southeast-1"), own("us-east-1"), own("us-east-1")]);
    assert_eq!(bills[1].total(), bills[2].total());
}

//! What the review of the prices found, in dollars of the ten tenants, as `docs/finance.md` prints it.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use securebase_core::finance::{PriceBook, PriceId, Quantity, Usage};
use securebase_core::model::LandingZone;
use securebase_core::plan::{Plan, Planner};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn ten_tenants() -> Plan {
    let file = root().join("examples/ten-tenants.client.auto.tfvars");
    Planner::new(&LandingZone::load(file).unwrap()).plan().unwrap()
}

fn total(plan: &Plan, prices: &PriceBook, usage: &Usage) -> Decimal {
    plan.cost(prices, usage).unwrap().total().amount
}

/// The shipped usage with one quantity of every tenant replaced.
fn with(quantity: Quantity, value: Decimal) -> Usage {
    let mut usage = Usage::shipped().clone();
    usage.profiles.iter_mut().for_each(|profile| profile.set(quantity, value));
    usage
}

/// The row of the page that begins with a text.
fn row(page: &str, start: &str) -> String {
    let start = format!("| {start}");
    page.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row {start}")).to_owned()
}

fn says(page: &str, start: &str, amount: &str) {
    let row = row(page, start);
    assert!(row.contains(amount), "{amount} is not in: {row}");
}

fn dollars(amount: Decimal) -> String {
    let sign = if amount.is_sign_negative() { "−" } else { "+" };
    format!("{sign} {:.2}", amount.abs())
}

#[test]
fn the_page_prints_what_each_finding_changes() {
    let page = std::fs::read_to_string(root().join("docs/finance.md")).unwrap();
    let plan = ten_tenants();
    let shipped = PriceBook::shipped();
    let base = total(&plan, shipped, Usage::shipped());
    assert_eq!(base, Decimal::new(385_263, 2));
    let change = |usage: &Usage| total(&plan, shipped, usage) - base;

    // AWS's own example: 200 GB of logs are stored as 30. Each of ten tenants then keeps 4.5 GB-months: 0.135, to even 0.14.
    let compression = Decimal::from(200) / Decimal::from(30);
    let logs = change(&with(Quantity::LogCompression, compression));
    assert_eq!(logs, Decimal::TEN * (Decimal::new(14, 2) - Decimal::new(90, 2)));
    says(&page, "CloudWatch log storage", &dollars(logs));
    let archive = change(&with(Quantity::ArchiveCompression, compression));
    // 240 GB-months in Standard at 0.023 and 7,920 in Deep Archive at 0.00099, 17 of 20 of both: eleven dollars, and the
    // cents of rounding tenant by tenant.
    let stored = Decimal::from(240) * Decimal::new(23, 3) + Decimal::from(7_920) * Decimal::new(99, 5);
    assert!((archive + stored * Decimal::new(85, 2)).abs() < Decimal::new(10, 2), "{archive}");
    says(&page, "archived flow logs", &dollars(archive));

    assert_eq!(change(&with(Quantity::EgressGb, Decimal::TEN)), Decimal::ZERO);
    let egress = change(&with(Quantity::EgressGb, Decimal::ONE_HUNDRED));
    assert_eq!(egress, Decimal::from(900) * Decimal::new(9, 2));
    says(&page, "egress of what goes through NAT", &dollars(egress));
    let zones = change(&with(Quantity::CrossZoneGb, Decimal::ONE_HUNDRED));
    assert_eq!(zones, Decimal::TEN);
    says(&page, "the second private subnet", &dollars(zones));

    let mut rules = with(Quantity::ConfigEvaluations, Decimal::ZERO);
    rules.core.set(Quantity::ConfigEvaluations, Decimal::ZERO);
    assert_eq!(change(&rules), Decimal::from(-26));
    says(&page, "Config rules of Security Hub", &dollars(change(&rules)));

    let mut support = with(Quantity::SupportAccounts, Decimal::ONE);
    support.core.set(Quantity::SupportAccounts, Decimal::ONE);
    assert_eq!(change(&support), Decimal::from(1_300));
    let plus =
        shipped.with_prices([("support_account_month", Decimal::from(29))], "Business Support+").unwrap();
    assert_eq!(total(&plan, &plus, &support) - base, Decimal::from(377));
    says(&page, "AWS Support", "+ 1300.00");
    says(&page, "AWS Support", "+ 377.00");
}

#[test]
fn the_page_prints_what_trials_and_pooled_steps_are_worth() {
    let page = std::fs::read_to_string(root().join("docs/finance.md")).unwrap();
    let shipped = PriceBook::shipped();
    let worth = |id, quantity: Decimal| {
        let price = shipped.price(id);
        assert!(price.is_free_in_first_month(), "{id}");
        price.charge_for(quantity).unwrap()
    };
    // Thirteen accounts with 200,000 events and 3,000 checks each, which no step of 100,000 bounds; ten with 10 GB of logs.
    let trials = worth(PriceId::GuarddutyEventsMillion, Decimal::new(26, 1))
        + worth(PriceId::GuarddutyFlowGb, Decimal::ONE_HUNDRED)
        + worth(PriceId::SecurityHubCheck, Decimal::from(3_000)) * Decimal::from(13);
    assert_eq!(trials, Decimal::new(14_940, 2));
    says(&page, "trials of thirty days", &dollars(-trials));
    let flow = shipped.price(PriceId::GuarddutyFlowGb);
    let (together, alone) = (Decimal::ONE_THOUSAND, Decimal::TEN);
    let pooled = Decimal::ONE_HUNDRED * flow.charge_for(alone).unwrap() - flow.charge_for(together).unwrap();
    assert_eq!(pooled, Decimal::from(250));
    says(&page, "steps of GuardDuty", "250.00");
}

#[test]
fn the_page_prints_what_the_ten_tenants_cost_in_each_region() {
    let page = std::fs::read_to_string(root().join("docs/finance.md")).unwrap();
    for code in PriceBook::regions() {
        let file = root().join("examples/ten-tenants.client.auto.tfvars");
        let mut zone = LandingZone::load(file).unwrap();
        zone.region = code.parse().unwrap();
        zone.tenants.iter_mut().for_each(|tenant| tenant.region = zone.region.clone());
        let plan = Planner::new(&zone).plan().unwrap();
        let book = PriceBook::for_region(&zone.region);
        let nat = book.price(PriceId::NatGatewayHour).list_price().normalize();
        let (total, borrowed) = (total(&plan, &book, Usage::shipped()), book.borrowed().count());
        let row = row(&page, &format!("{code} | {nat} |"));
        assert!(
            row.ends_with(&format!("| {total:.2} | {borrowed} of {} |", book.prices().len())),
            "{row}: {total} {borrowed}"
        );
    }
}

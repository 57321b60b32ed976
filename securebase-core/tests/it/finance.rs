//! What `docs/finance.md` derives, and what the ten tenants of the examples cost. `UPDATE_DOCS=1` rewrites both.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use securebase_core::capacity::{CapacityOptions, CapacityPlan, Need, Raise, SCALING_PATH};
use securebase_core::finance::{
    Age, Assumptions, Category, Figure, Growth, Model, PriceBook, PriceId, Usage,
};
use securebase_core::model::{LandingZone, NetworkFeatures, Tier};
use securebase_core::plan::Planner;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn ten_tenants() -> LandingZone {
    LandingZone::load(root().join("examples/ten-tenants.client.auto.tfvars")).unwrap()
}

fn model(counts: [u32; 4], assumptions: Assumptions) -> Model {
    let mix: Vec<(&str, u32)> = Tier::shipped().iter().map(|tier| tier.name.as_str()).zip(counts).collect();
    Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), assumptions).unwrap()
}

fn percent(margin: Option<Decimal>) -> String {
    // Rounded first: printing with fewer decimals cuts.
    format!("{:.2}", (margin.unwrap() * Decimal::ONE_HUNDRED).round_dp(2))
}

/// Tenants of fintech, healthcare, gov-federal and standard along the reports' path.
const PATH: [[u32; 4]; 7] = [
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [2, 1, 1, 1],
    [4, 2, 2, 2],
    [10, 5, 5, 5],
    [20, 10, 10, 10],
    [40, 20, 20, 20],
];

/// The reports' path, a step every quarter, month by month where there is a step.
fn worked_path() -> String {
    let mut growth = Growth::none();
    growth.path = (1..).step_by(3).zip(PATH.iter().map(|counts| counts.to_vec())).collect();
    growth.acquisition_cost = Decimal::ONE_THOUSAND;
    let forecast = model(PATH[0], Assumptions::aws()).forecast(19, &growth).unwrap();
    let mut text = String::from(
        "| month | tenants | MRR | ARR | new MRR | infrastructure | people | sales | other | profit | since the start | CAC | \
         payback, months | contribution % | gross % | operating % |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let some = |value: Option<Decimal>, digits: u32| {
        value.map_or(String::new(), |value| value.round_dp(digits).normalize().to_string())
    };
    for row in forecast.months.iter().step_by(3) {
        let [infrastructure, people, sales, other] = row.costs;
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {infrastructure} | {people} | {sales} | {other} | {} | {} | {} | {} | {} | {} | {} |",
            row.month,
            row.tenants,
            row.mrr.normalize(),
            row.arr().normalize(),
            row.mrr_new.normalize(),
            row.profit(),
            row.profit_cumulative,
            some(row.cac(), 2),
            some(row.cac_payback_months(), 3),
            percent(row.contribution_margin()),
            percent(row.margin(Category::Support)),
            percent(row.margin(Category::Other)),
        )
        .unwrap();
    }
    text
}

/// The real margins beside the reports'.
fn margins() -> String {
    let claims = [
        ("180", "97.75"),
        ("180", "99.22"),
        ("180", "99.69"),
        ("540 or 374", "99.53 or 99.68"),
        ("180", "99.94"),
        ("180", "99.97"),
        ("180", "99.98"),
    ];
    let mut text = String::from(
        "| tenants | revenue | tenants' lines | organization | Shield | infrastructure | infrastructure margin % | without Shield % | \
         reports: infrastructure | reports: % | people and other | operating % |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (counts, (claimed, claimed_margin)) in PATH.into_iter().zip(claims) {
        let model = model(counts, Assumptions::aws());
        let month = model.month().unwrap();
        let report = model.cost(Age::Steady).unwrap().unwrap();
        let shield: Decimal = report
            .lines()
            .filter(|line| line.id == PriceId::ShieldAdvancedMonth)
            .map(|line| line.amount.amount)
            .sum();
        let shared = report.shared_total().amount - shield;
        let lines = report.total().amount - report.shared_total().amount;
        let without = (month.revenue.amount - report.total().amount + shield) / month.revenue.amount;
        let people = month.total_cost().amount - month.infrastructure.amount;
        writeln!(
            text,
            "| {} | {} | {lines} | {shared} | {shield} | {} | {} | {} | {claimed} | {claimed_margin} | {people} | {} |",
            month.tenants(),
            month.revenue.amount,
            report.total().amount,
            percent(month.infrastructure_margin()),
            percent(Some(without)),
            percent(month.operating_margin()),
        )
        .unwrap();
    }
    text
}

/// What the reports print for each number of tenants on the path: minutes, people, infrastructure, margin in percent.
const CLAIMS: [[&str; 4]; 7] = [
    ["7–10", "1 part-time", "180", "97.8"],
    ["8–10", "1 part-time", "180", "99.2"],
    ["10–12", "1 part-time or 2", "180", "99.7"],
    ["12–15 or 15–18", "1", "374 or 540", "99.5 or 99.7"],
    ["30–35", "2 or 3", "180", "99.2 or 99.94"],
    ["20–25 or 45–60", "2 or 3", "180", "98.5 or 99.97"],
    ["60–90", "3, 5 or 8", "180", "95.7 or 99.98"],
];

/// The scaling path of the ten tenants of the examples beside what the reports claim, and the quotas on it.
fn scaling() -> String {
    let model = Model::new(&ten_tenants(), Assumptions::aws()).unwrap();
    let path = CapacityPlan::of(&model, &SCALING_PATH, &CapacityOptions::default()).unwrap();
    let mut text = String::from(
        "| tenants | month | accounts | units | VPCs | blocks left | quotas to raise, and when | people, by hours | \
         reports: people | minutes, p90 | reports: minutes | infrastructure | reports: | infrastructure margin % | reports: % | operating % |\n\
         |---:|---:|---:|---:|---:|---:|---|---:|---|---:|---|---:|---|---:|---|---:|\n",
    );
    let month = |month: Option<u32>| match month {
        Some(0) => "now".to_owned(),
        Some(month) => month.to_string(),
        None => "never".to_owned(),
    };
    for (row, [minutes, people, infrastructure, margin]) in path.targets.iter().zip(CLAIMS) {
        let raises: Vec<String> =
            row.raises.iter().map(|raise| format!("{raise}: {}", when(raise))).collect();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {}, {} | {people} | {:.1}, {:.1} | {minutes} | {} | {infrastructure} | {} | \
             {margin} | {} |",
            row.tenants,
            month(row.month),
            row.accounts,
            row.organizational_units,
            row.networks,
            row.blocks_left,
            raises.join("; "),
            row.support_people.unwrap(),
            row.people_by_hours.unwrap(),
            row.deployment.minutes,
            row.deployment.minutes_p90.unwrap(),
            row.money.infrastructure.amount,
            percent(row.money.infrastructure_margin()),
            percent(row.money.operating_margin()),
        )
        .unwrap();
    }
    text.push_str(
        "\n| quota | counted over | granted | at most | needed at 100 | first at tenant | month | ask days before |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for Need { quota, scope, granted, ceiling, need, reached_at, month: reached, lead_days, .. } in
        &path.needs
    {
        let some = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
        let reached = if reached_at.is_some() { month(*reached) } else { String::new() };
        writeln!(
            text,
            "| {quota} | {} | {granted} | {} | {need} | {} | {reached} | {lead_days} |",
            scope.name(),
            some(*ceiling),
            some(reached_at.map(u64::from)),
        )
        .unwrap();
    }
    text
}

fn when(raise: &Raise) -> String {
    let when = raise.when();
    when.strip_prefix(&format!("{} ", raise.quota)).unwrap_or(&when).to_owned()
}

/// The ten tenants' infrastructure as their report has it, and as AWS charges for it.
fn bridge() -> String {
    let month = |assumptions| Model::new(&ten_tenants(), assumptions).unwrap().month().unwrap();
    let claimed = month(Assumptions::seed("ten-customers-vpc").unwrap());
    let bridge = month(Assumptions::aws()).bridge(&claimed, Figure::Cost(Category::Infrastructure)).unwrap();
    format!("```text\n{bridge}\n```\n")
}

/// Compares a text with a committed one, or rewrites it.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, text, "{} differs: run with UPDATE_DOCS=1 and read the difference", path.display());
}

/// Replaces what stands between the marks of a name.
fn between(manual: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = manual.split_once(&begin).unwrap();
    let (_, tail) = rest.split_once(&end).unwrap();
    format!("{head}{begin}{text}{end}{tail}")
}

#[test]
fn the_tables_in_the_manual_are_the_models() {
    let path = root().join("docs/finance.md");
    let manual = std::fs::read_to_string(&path).unwrap();
    let manual = between(&manual, "margins", &margins());
    let manual = between(&manual, "path", &worked_path());
    let manual = between(&manual, "bridge", &bridge());
    golden(&path, &between(&manual, "scaling", &scaling()));
}

#[test]
fn what_the_ten_tenants_cost() {
    let zone = ten_tenants();
    let plan = Planner::new(&zone).plan().unwrap();
    let report = plan.cost(PriceBook::shipped(), Usage::shipped()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ten-tenants-cost.txt");
    golden(&path, &report.to_string());
}

/// A question asked before there is a plan has the answer the plan gives.
#[test]
fn the_zones_cost_is_its_plans() {
    let zone = ten_tenants();
    let plan = Planner::new(&zone).plan().unwrap();
    let planned = plan.cost(PriceBook::shipped(), Usage::shipped()).unwrap();
    let model = Model::new(&zone, Assumptions::aws()).unwrap();
    let month = model.month().unwrap();
    assert_eq!(month.infrastructure, planned.total());
    assert_eq!(month.revenue, planned.revenue());
    assert_eq!(month.revenue.amount, Decimal::from(116_000));
}

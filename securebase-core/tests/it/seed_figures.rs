//! The figures of the five reports of January 2026 against the model.
//!
//! Each figure names a document, a number of tenants and what it measures. The model answers from its own tenants, prices
//! and assumptions; nothing here evaluates the formula a report used. `UPDATE_DOCS=1` rewrites `docs/seed-figures.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use rust_decimal::Decimal;
use securebase_core::finance::{
    Age, Allocation, Assumptions, Change, Model, Month, MonthLine, PriceBook, PriceId, TenantMonth, TierMonth,
};
use securebase_core::model::{NetworkFeatures, Tier};
use securebase_core::net::Layout;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    consistent: Vec<Figure>,
    wrong: Vec<Figure>,
    reasons: BTreeMap<String, String>,
}

#[derive(Deserialize, Clone)]
struct Figure {
    id: String,
    document: String,
    line: u32,
    metric: String,
    definition: Option<String>,
    scenario: Option<String>,
    tenant: Option<String>,
    variant: Option<String>,
    unit: String,
    value: Option<Value>,
    digits: Option<u32>,
    printed: Option<Value>,
    right: Option<Value>,
    right_text: Option<String>,
    why: Option<String>,
}

#[derive(Deserialize, Clone, PartialEq, Debug)]
#[serde(untagged)]
enum Value {
    One(String),
    Range(String, Option<String>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(value) => f.write_str(value),
            Self::Range(low, Some(high)) => write!(f, "{low} to {high}"),
            Self::Range(low, None) => write!(f, "{low} and more"),
        }
    }
}

/// What the model says: a number, or a range whose end may be open.
#[derive(Clone, Debug)]
enum Answer {
    One(Decimal),
    Range(Decimal, Option<Decimal>),
}

impl From<Decimal> for Answer {
    fn from(value: Decimal) -> Self {
        Self::One(value)
    }
}

impl From<u32> for Answer {
    fn from(value: u32) -> Self {
        Self::One(value.into())
    }
}

fn range(low: u32, high: u32) -> Answer {
    Answer::Range(low.into(), Some(high.into()))
}

/// Equal at the precision the figure is printed with; an open end matches any.
fn agrees(answer: &Answer, value: &Value, digits: Option<u32>) -> bool {
    let same = |answer: Decimal, text: &str| {
        let Ok(value) = text.parse::<Decimal>() else { return false };
        answer.round_dp(digits.unwrap_or(value.scale()).max(value.scale())) == value
    };
    match (answer, value) {
        (Answer::One(answer), Value::One(value)) => same(*answer, value),
        (Answer::Range(low, high), Value::Range(from, to)) => {
            same(*low, from)
                && match (high, to) {
                    (_, None) => true,
                    (Some(high), Some(to)) => same(*high, to),
                    (None, Some(_)) => false,
                }
        }
        (Answer::Range(..), Value::One(_)) | (Answer::One(_), Value::Range(..)) => false,
    }
}

/// Tenants of fintech, healthcare, gov-federal and standard in each scenario.
fn mix(scenario: &str) -> Option<[u32; 4]> {
    Some(match scenario {
        "C1" => [1, 0, 0, 0],
        "C2" => [1, 1, 0, 0],
        "C3" => [1, 1, 1, 0],
        "C5" | "C5v" => [2, 1, 1, 1],
        "C10" | "C10v" => [4, 2, 2, 2],
        "C20" => [8, 4, 4, 4],
        "C25" => [10, 5, 5, 5],
        "C30" => [12, 6, 6, 6],
        "C50" => [20, 10, 10, 10],
        "C100" | "C100v" => [40, 20, 20, 20],
        _ => return None,
    })
}

/// The first and last number of tenants in each phase of the growth path.
fn phase(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match name {
        "P1" => ("C1", Some("C2")),
        "P2" => ("C3", Some("C5")),
        "P3" => ("C10", Some("C20")),
        "P4" => ("C30", Some("C50")),
        "P5" => ("C100", None),
        _ => return None,
    })
}

const TIERS: [&str; 4] = ["fintech", "healthcare", "gov-federal", "standard"];

fn model_of(scenario: &str, assumptions: Assumptions, networked: bool) -> Option<Model> {
    let mix: Vec<(&str, u32)> = TIERS.into_iter().zip(mix(scenario)?).collect();
    let network = networked.then(NetworkFeatures::default);
    Model::of_mix(Tier::shipped(), &mix, network, assumptions).ok()
}

/// Only the report on ten tenants gives them networks, and only from ten tenants on.
fn is_networked(document: &str, scenario: &str) -> bool {
    document.starts_with("ten-") && !matches!(scenario, "C1" | "C2" | "C5")
}

struct Case<'a> {
    figure: &'a Figure,
    scenario: &'a str,
    model: Model,
    month: Month,
}

fn case<'a>(figure: &'a Figure, scenario: &'a str) -> Option<Case<'a>> {
    let document = match figure.variant.as_deref() {
        Some("headline") => "ten-customers-vpc-headline",
        _ => figure.document.as_str(),
    };
    let mut assumptions = Assumptions::seed(document).ok()?;
    if figure.variant.as_deref() == Some("per-tier") {
        assumptions = assumptions.with_allocation(Allocation::Tier);
    }
    let model = model_of(scenario, assumptions, is_networked(document, scenario))?;
    let month = model.month().ok()?;
    Some(Case { figure, scenario, model, month })
}

fn percent(fraction: Option<Decimal>) -> Option<Answer> {
    Some((fraction? * Decimal::ONE_HUNDRED).into())
}

impl Case<'_> {
    fn at(&self, scenario: &'static str) -> Option<Month> {
        case(self.figure, scenario).map(|case| case.month)
    }

    /// The month it is compared with: the next smaller scenario of the reports.
    fn before(&self) -> Option<(Month, Model)> {
        let before = match self.scenario {
            "C2" => "C1",
            "C5" => "C2",
            "C10" => "C5",
            _ => return None,
        };
        case(self.figure, before).map(|case| (case.month, case.model))
    }

    fn change(&self, name: &str) -> Option<Change> {
        let (before, _) = self.before()?;
        self.month.since(&before).into_iter().find(|change| change.figure == name)
    }

    fn tier(&self, name: &str) -> Option<TierMonth> {
        self.month.per_tier().ok()?.into_iter().find(|tier| tier.tier == name)
    }

    fn tenant(&self, tier: &str) -> Option<TenantMonth> {
        let place = TIERS.iter().position(|known| *known == tier)?;
        self.month.per_tenant().ok()?.into_iter().find(|tenant| tenant.tier == place)
    }

    fn line(&self, item: &str) -> Option<&MonthLine> {
        self.month.lines().iter().find(|line| line.item == item)
    }

    fn definition(&self) -> &str {
        self.figure.definition.as_deref().unwrap_or("net")
    }

    fn profit(&self, month: &Month) -> Option<Decimal> {
        let gross = month.revenue.amount - month.infrastructure.amount;
        Some(match self.definition() {
            "gross_infra_only" => gross,
            "with_support" => gross - month.support.amount,
            "net" => month.profit().amount,
            "net_without_contingency" => month.profit().amount + month.contingent.amount,
            _ => return None,
        })
    }

    fn resources(model: &Model) -> u32 {
        let structure = model.structure();
        structure.organizational_units + structure.accounts + structure.guardrails
    }
}

/// What the report itemises for each network: account, VPC, subnets, NAT gateway, two route tables, internet gateway, flow log.
fn itemised_resources(case: &Case<'_>) -> Option<u32> {
    Some(case.model.structure().networks * (1 + 1 + subnets()? + 1 + 2 + 1 + 1))
}

fn answer(figure: &Figure) -> Option<Answer> {
    let scenario = figure.scenario.as_deref();
    if let Some((low, high)) = scenario.and_then(phase) {
        let value = |scenario| {
            let case = case(figure, scenario)?;
            Some(match figure.metric.as_str() {
                "revenue" => case.month.revenue.amount,
                "accounts" => case.model.structure().accounts.into(),
                "ous" => case.model.structure().organizational_units.into(),
                _ => return None,
            })
        };
        let high = match high {
            Some(high) => Some(value(high)?),
            None => None,
        };
        return Some(Answer::Range(value(low)?, high));
    }
    // Sayings about tenants in general are tried on the document's own tenants.
    let own = match figure.document.as_str() {
        "five-customers" => "C5",
        "ten-customers-vpc" => "C10",
        _ => "C1",
    };
    let case = case(figure, scenario.unwrap_or(own))?;
    answer_month(&case).or_else(|| answer_structure(&case)).or_else(|| answer_effort(&case))
}

/// Figures of the profit and loss account.
fn answer_month(case: &Case<'_>) -> Option<Answer> {
    let Case { figure, month, model, .. } = case;
    let tenants = Decimal::from(month.tenants());
    let (metric, tier) = figure.metric.split_once('.').unwrap_or((&figure.metric, ""));
    let hundredths = |change: Option<Change>| percent(change?.relative());
    Some(match metric {
        "revenue" if tier == "tenant" => {
            let tier = match figure.tenant.as_deref()? {
                "acme-finance" => "fintech",
                "medicorp-health" => "healthcare",
                _ => return None,
            };
            case.tenant(tier)?.revenue.amount.into()
        }
        "revenue" if tier.ends_with("_per_tenant") => {
            let name = tier.trim_end_matches("_per_tenant");
            model.tiers().iter().find(|known| known.name.as_str() == name)?.monthly_price.amount.into()
        }
        // «One Fintech customer» stands without a scenario.
        "revenue" if !tier.is_empty() && figure.scenario.is_none() => {
            case.tenant(tier)?.revenue.amount.into()
        }
        "revenue" if !tier.is_empty() => case.tier(tier)?.revenue.amount.into(),
        "revenue" => month.revenue.amount.into(),
        "revenue_share" => return percent(Some(case.tier(tier)?.revenue.amount / month.revenue.amount)),
        "tenant_share" => return percent(Some(Decimal::from(case.tier(tier)?.tenants) / tenants)),
        "revenue_per_tenant" => month.revenue_per_tenant()?.into(),
        "revenue_added" => case.change("revenue")?.absolute()?.into(),
        "revenue_change" => return hundredths(case.change("revenue")),
        "revenue_multiple" => (month.revenue.amount / case.before()?.0.revenue.amount).into(),
        "revenue_difference" => {
            let price = |tier| Some(case.tenant(tier)?.revenue.amount);
            (price("gov-federal")? - price("fintech")? - price("healthcare")? - price("standard")?).into()
        }
        "infrastructure" => month.infrastructure.amount.into(),
        "infrastructure_per_tenant" => (month.infrastructure.amount / tenants).into(),
        "infrastructure_share_of_revenue" => {
            return percent(Some(month.infrastructure.amount / month.revenue.amount));
        }
        "infrastructure_change" => return hundredths(case.change("infrastructure")),
        "infrastructure_allocated" if figure.variant.is_some() => case.tier(tier)?.costs[0].amount.into(),
        "infrastructure_allocated" => case.tenant(tier)?.costs[0].amount.into(),
        "roi" if tier.is_empty() => return percent(Some(month.profit().amount / month.total_cost().amount)),
        "roi" => {
            let tenant = case.tenant(tier)?;
            (tenant.revenue.amount / tenant.costs[0].amount).into()
        }
        "support" | "people_cost" => month.support.amount.into(),
        "support_change" => return hundredths(case.change("support")),
        "sales_marketing" => month.sales.amount.into(),
        "cost_infra_plus_support" => (month.infrastructure.amount + month.support.amount).into(),
        "total_costs" => (month.revenue.amount - case.profit(month)?).into(),
        "costs_added" => case.change("total_cost")?.absolute()?.into(),
        "cost_change" => return hundredths(case.change("total_cost")),
        "cost_multiple" => (month.total_cost().amount / case.before()?.0.total_cost().amount).into(),
        "cost_per_tenant" => (month.total_cost().amount / tenants).into(),
        "profit" => case.profit(month)?.into(),
        "profit_added" => case.change("profit")?.absolute()?.into(),
        "profit_change" => return hundredths(case.change("profit")),
        "profit_per_tenant" => (month.profit().amount / tenants).into(),
        "profit_growth_per_tenant_growth" => {
            (case.change("profit")?.relative()? / case.change("tenants")?.relative()?).into()
        }
        "margin" => {
            let margin = match case.definition() {
                "gross_infra_only" => month.infrastructure_margin(),
                "with_support" => month.gross_margin(),
                "net" => month.operating_margin(),
                _ => month.operating_margin_before_contingency(),
            };
            return percent(margin);
        }
        "margin_change" if figure.unit == "percent" => return hundredths(case.change("operating_margin")),
        "margin_change" => return percent(case.change("operating_margin")?.absolute()),
        "breakeven_month" => {
            // The month in which what came in first covers what went out, both even over the months.
            let months = month.total_cost().amount / month.revenue.amount;
            months.ceil().into()
        }
        "mrr_month_2_3" => {
            let growth = &model.assumptions().operations().growth_tenants;
            let revenue =
                |more: u32| Some(model.with_counts(&[1 + more, 0, 0, 0]).ok()?.month().ok()?.revenue.amount);
            Answer::Range(revenue(*growth.first()?)?, Some(revenue(*growth.last()?)?))
        }
        "cost" if tier == "flow_logs_cloudwatch" => {
            case.line("flow logs in CloudWatch")?.amount.amount.into()
        }
        "cost" if tier == "flow_logs_s3" => {
            let price = PriceBook::shipped().price(PriceId::S3StandardGbMonth);
            price.amount(Decimal::ONE_HUNDRED).ok()?.into()
        }
        "nat_share_of_revenue" => {
            return percent(Some(case.line("NAT gateways")?.amount.amount / month.revenue.amount));
        }
        "nat_cost" if figure.value.is_some() => case.line("NAT gateways")?.amount.amount.into(),
        // Where the report is wrong about its hours, the price book says what is right.
        "nat_cost" | "nat_cost_per_gateway" | "infrastructure_nat" => {
            let aws = model_of(case.scenario, Assumptions::aws(), true)?;
            let report = aws.cost(Age::Steady).ok()??;
            let lines = report.lines().filter(|line| line.id == PriceId::NatGatewayHour);
            let amounts: Vec<Decimal> = lines
                .filter(|line| tier.is_empty() || line.tier == Some(tier))
                .map(|line| line.amount.amount)
                .collect();
            match metric {
                "nat_cost_per_gateway" => (*amounts.first()?).into(),
                _ => amounts.iter().sum::<Decimal>().into(),
            }
        }
        _ => return None,
    })
}

/// Figures about how many of what there are.
fn answer_structure(case: &Case<'_>) -> Option<Answer> {
    let Case { figure, month, model, .. } = case;
    let structure = model.structure();
    let before = || case.before().map(|(_, model)| model.structure());
    let lines = |tenants: u32| Some(model.assumptions().operations().config_lines_per_tenant? * tenants);
    let more = |now: u32, before: u32| Decimal::from(now) - Decimal::from(before);
    let change = |now: u32, before: u32| percent(more(now, before).checked_div(before.into()));
    let (metric, name) = figure.metric.split_once('.').unwrap_or((&figure.metric, ""));
    Some(match metric {
        "tenants" if name.is_empty() => structure.tenants.into(),
        "tenants" => u32::try_from(case.tier(name)?.tenants).ok()?.into(),
        "tenants_added" => more(structure.tenants, before()?.tenants).into(),
        "tenants_change" => return change(structure.tenants, before()?.tenants),
        "tenants_multiple" => {
            let first = case.at("C1")?.per_tier().ok()?.into_iter().find(|tier| tier.tier == name)?;
            (Decimal::from(case.tier(name)?.tenants) / Decimal::from(first.tenants)).into()
        }
        "accounts_multiple" => Decimal::from(structure.accounts).into(),
        "tenants_per_ou" => {
            (Decimal::from(structure.tenants) / Decimal::from(structure.organizational_units)).into()
        }
        "unique_prefixes" => {
            let rows = month.per_tenant().ok()?;
            let keys: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.tenant).collect();
            u32::try_from(keys.len()).ok()?.into()
        }
        "accounts" => structure.accounts.into(),
        "accounts_change" => return change(structure.accounts, before()?.accounts),
        "ous" if name.is_empty() => structure.organizational_units.into(),
        "ous" => u32::from(case.tier(name)?.tenants > 0).into(),
        "ous_change" => {
            return change(structure.organizational_units, before()?.organizational_units);
        }
        "tiers_represented" => structure.tiers.into(),
        "policies" | "scps" => structure.guardrails.into(),
        "resources_total" => Case::resources(model).into(),
        "resources_added" => more(Case::resources(model), Case::resources(&case.before()?.1)).into(),
        "resources_change" => {
            return change(Case::resources(model), Case::resources(&case.before()?.1));
        }
        "config_lines" => lines(structure.tenants)?.into(),
        "config_lines_added" => more(lines(structure.tenants)?, lines(before()?.tenants)?).into(),
        "config_lines_change" => return change(lines(structure.tenants)?, lines(before()?.tenants)?),
        "vpcs" => structure.networks.into(),
        "total" => match name {
            "vpcs" => structure.networks.into(),
            "accounts" => structure.accounts.into(),
            "nat_gateways" => structure.nat_gateways.into(),
            "flow_logs" => structure.flow_logs.into(),
            "subnets" => (structure.networks * subnets()?).into(),
            "aws_resources" => itemised_resources(case)?.into(),
            "grand" => {
                let organization = structure.organizational_units + structure.guardrails;
                (itemised_resources(case)? + organization).into()
            }
            _ => return None,
        },
        "per_tenant" => match name {
            "subnets" => subnets()?.into(),
            "vpcs" => (structure.networks / structure.tenants).into(),
            _ => return None,
        },
        "dashboards" => {
            let aws = model_of(case.scenario, Assumptions::aws(), true)?;
            let report = aws.cost(Age::Steady).ok()??;
            let dashboards = report.items().into_iter().find(|(id, ..)| *id == PriceId::DashboardMonth)?;
            Answer::Range(dashboards.1, None)
        }
        _ => return None,
    })
}

fn subnets() -> Option<u32> {
    let block: ipnet::Ipv4Net = "10.0.0.0/16".parse().ok()?;
    u32::try_from(Layout::seed().apply(block).ok()?.subnets.len()).ok()
}

/// Figures about minutes, hours and people.
fn answer_effort(case: &Case<'_>) -> Option<Answer> {
    let Case { figure, model, .. } = case;
    let operations = model.assumptions().operations();
    let tenants = model.structure().tenants;
    let before = || case.before().map(|(_, model)| model.structure().tenants);
    let deployment = |tenants| operations.deployment_minutes(tenants);
    let post = |tenants: u32| {
        Some(operations.post_minutes? + operations.post_minutes_further? * tenants.checked_sub(1)?)
    };
    let people = |tenants| operations.support_people.iter().find(|(count, _)| *count == tenants);
    let printed_range = matches!(figure.value.as_ref().or(figure.right.as_ref()), Some(Value::Range(..)));
    Some(match figure.metric.as_str() {
        "deployment_time" if printed_range => {
            let (low, high) = deployment(tenants)?;
            range(low, high)
        }
        "deployment_time" => operations.deployment_end_minutes?.into(),
        "deployment_time_added" if printed_range => {
            let ((low, high), (low_before, high_before)) = (deployment(tenants)?, deployment(before()?)?);
            range(low.saturating_sub(high_before), high - low_before)
        }
        "deployment_time_added" | "deployment_time_change" => {
            let end = |model: &Model| model.assumptions().operations().deployment_end_minutes;
            (end(model)? - end(&case.before()?.1)?).into()
        }
        "configuration_time_added" | "configuration_time_change" => {
            let minutes = |model: &Model| model.assumptions().operations().configuration_minutes;
            (minutes(model)? - minutes(&case.before()?.1)?).into()
        }
        "deployment_time_sequential" => Answer::Range(Decimal::from(tenants * deployment(tenants)?.0), None),
        "post_setup_time" => post(tenants)?.into(),
        "post_setup_time_added" => (post(tenants)? - post(before()?)?).into(),
        "onboarding_time" | "onboarding_time_per_tenant"
            if !operations.tenant_minutes.is_empty() && tenants > 2 =>
        {
            let each: u32 = operations.tenant_minutes.iter().sum();
            (if figure.metric == "onboarding_time" { each * tenants } else { each }).into()
        }
        "onboarding_time" => operations.onboarding_minutes(tenants)?.into(),
        "onboarding_time_per_tenant" => (operations.onboarding_minutes(tenants)? / tenants).into(),
        "onboarding_time_sequential" => (operations.onboarding_minutes(1)? * tenants).into(),
        "onboarding_capacity_per_day" => operations.onboardings_per_day()?.into(),
        "support_leverage" => {
            let (now, then) = (people(tenants)?, people(before()?)?);
            let each = |(tenants, people): &(u32, u32)| Decimal::from(*tenants) / Decimal::from(*people);
            (each(now) / each(then)).into()
        }
        "ops_hours.total" => operations.hours_per_week.iter().sum::<u32>().into(),
        _ => return None,
    })
}

fn file() -> File {
    serde_json::from_str(include_str!("../data/seed-figures.json")).unwrap()
}

/// Why the model does not answer for a figure it could otherwise be asked about.
fn outside(figure: &Figure) -> &'static str {
    match figure.metric.as_str() {
        "vpc_cidr" | "subnet.public_1" | "subnet.private_1" | "subnet.private_2" | "account_id" => {
            "an address or an account of a named tenant: the zone's file says it, not the business model"
        }
        "total.route_tables" | "total.internet_gateways" | "per_tenant.resources_total" => {
            "a count of resources that cost nothing: the plan counts them"
        }
        "workday" => "a conversion of units",
        "log_tier.saving" => "a rounded estimate: by price alone it is 88 % for Glacier Flexible Retrieval",
        _ => "a count of findings or chapters of the report itself",
    }
}

#[test]
fn the_model_reproduces_what_the_reports_have_right() {
    let figures = file().consistent;
    let mut reproduced = 0;
    let mut failures = String::new();
    for figure in &figures {
        let value = figure.value.as_ref().unwrap();
        match answer(figure) {
            Some(answer) if agrees(&answer, value, figure.digits) => reproduced += 1,
            Some(answer) => {
                writeln!(failures, "{} {}: printed {value}, model {answer:?}", figure.id, figure.metric)
                    .unwrap();
            }
            None => {}
        }
    }
    println!("{reproduced} of {} consistent figures reproduced", figures.len());
    assert!(failures.is_empty(), "\n{failures}");
    assert!(reproduced >= 400, "only {reproduced}");
}

/// How long a deployment takes is a claim of the reports; the simulated cloud answers it, not this model.
fn is_claim(figure: &Figure) -> bool {
    figure.metric.starts_with("deployment_time")
}

/// The model's own answer to what a report has wrong.
fn correction(figure: &Figure) -> Option<Answer> {
    figure.right.as_ref().filter(|_| !is_claim(figure))?;
    answer(figure)
}

#[test]
fn the_model_corrects_what_the_reports_have_wrong() {
    let mut failures = String::new();
    let mut corrected = 0;
    for figure in &file().wrong {
        let (Some(right), Some(answer)) = (&figure.right, correction(figure)) else { continue };
        corrected += 1;
        if !agrees(&answer, right, None) {
            writeln!(failures, "{} {}: right {right}, model {answer:?}", figure.id, figure.metric).unwrap();
        }
        let printed = figure.printed.as_ref().unwrap();
        if agrees(&answer, printed, Some(2)) {
            writeln!(failures, "{} {}: the model repeats {printed}", figure.id, figure.metric).unwrap();
        }
    }
    println!("{corrected} wrong figures corrected by the model");
    assert!(failures.is_empty(), "\n{failures}");
    assert!(corrected >= 35, "only {corrected}");
}

fn document() -> String {
    let File { consistent, wrong, reasons } = file();
    let reproduced = consistent
        .iter()
        .filter(|figure| {
            answer(figure).is_some_and(|a| agrees(&a, figure.value.as_ref().unwrap(), figure.digits))
        })
        .count();
    let corrected = wrong.iter().filter(|figure| correction(figure).is_some()).count();
    let mut text = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").unwrap();
    line(format_args!("# The figures of the five reports, checked\n"));
    line(format_args!(
        "Five reports of January 2026 argue for this business with {} figures that follow from something else they \
         state. {} of them do follow; {} do not. This page is generated by `tests/it/seed_figures.rs`; do not edit it.\n",
        consistent.len() + wrong.len(),
        consistent.len(),
        wrong.len()
    ));
    line(format_args!(
        "The model reproduces **{reproduced} of the {}** that are right: from a zone of so many tenants, their tiers' \
         prices and the report's assumptions (`data/seeds.toml`), not from the report's formulas. The rest are listed at \
         the end with the reason. Of the {} that are wrong it answers {corrected} itself (marked ✓); the others are about \
         things a business model does not know.\n",
        consistent.len(),
        wrong.len()
    ));
    line(format_args!("## Wrong\n"));
    line(format_args!("| figure | report, line | what | printed | right | | why |"));
    line(format_args!("|---|---|---|---|---|---|---|"));
    for figure in &wrong {
        let what = figure.metric.replace(['_', '.'], " ");
        let scenario =
            figure.scenario.as_deref().map_or(String::new(), |name| match name.strip_prefix('C') {
                Some("1") => ", 1 tenant".to_owned(),
                Some(count) => format!(", {} tenants", count.trim_end_matches('v')),
                None => format!(", phase {}", name.trim_start_matches('P')),
            });
        let mark = if correction(figure).is_some() { "✓" } else { "" };
        line(format_args!(
            "| {} | {} {} | {what}{scenario} | {} | {} | {mark} | {} |",
            figure.id,
            figure.document,
            figure.line,
            figure.printed.as_ref().unwrap(),
            figure.right_text.as_ref().unwrap(),
            reasons[figure.why.as_ref().unwrap()],
        ));
    }
    line(format_args!("\n## Right, but not the model's to say\n"));
    line(format_args!("| reason | figures |"));
    line(format_args!("|---|---|"));
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for figure in consistent.iter().filter(|figure| answer(figure).is_none()) {
        left.entry(outside(figure)).or_default().push(&figure.id);
    }
    for (reason, figures) in left {
        line(format_args!("| {reason} | {}: {} |", figures.len(), figures.join(", ")));
    }
    text
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/seed-figures.md");
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "run the tests with UPDATE_DOCS=1 and read the difference in docs/seed-figures.md"
    );
}

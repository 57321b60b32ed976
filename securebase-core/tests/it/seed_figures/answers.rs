//! The answer to every metric, and how the test comes to it.

use rust_decimal::Decimal;
use securebase_core::finance::PriceId;
use securebase_core::model::{Cidr, ResourceKind};

use super::figure::{Margin, Metric, Question};
use super::scenario::{Case, Mix, Scenario, Variant, change};
use super::shipped;
use super::verdict::{Answer, How, Reason, Verdict, says};

const FLOW_LOGS: &str = "flow logs in CloudWatch";
const NAT_GATEWAYS: &str = "NAT gateways";

pub(super) fn verdict(question: &Question) -> Verdict {
    match question.scenario {
        Some(Scenario::Phase(phase)) => {
            let (low, high) = phase.span();
            let at = |mix| match verdict_of_mix(&Question {
                scenario: Some(Scenario::Mix(mix)),
                ..question.clone()
            }) {
                Verdict::Answered(how, Answer::One(value)) => (how, value),
                other => panic!("one number at {} tenants, not {other:?}", mix.tenants()),
            };
            let (how, low) = at(low);
            says(how, Answer::Range(low, high.map(|high| at(high).1)))
        }
        Some(Scenario::Mix(_)) | None => verdict_of_mix(question),
    }
}

fn verdict_of_mix(question: &Question) -> Verdict {
    use How::{Arithmetic, Computed, Counted, ListPrice, Reached, ReadBack};
    let case = &Case::new(question);
    let month = &case.month;
    let structure = case.structure();
    let operations = case.operations();
    let tenants = case.mix.tenants();
    let relative = |figure: &str| Answer::percent(case.change(figure).relative());
    let absolute = |figure: &str| case.change(figure).absolute().unwrap();
    match &question.metric {
        Metric::Accounts => says(Counted, structure.accounts),
        Metric::AccountsChange => {
            says(Counted, growth(structure.accounts, case.before().structure().accounts))
        }
        Metric::AccountsMultiple => {
            says(Counted, ratio(structure.accounts, case.at(Mix::One).structure().accounts))
        }
        Metric::FlowLogs => says(Counted, structure.flow_logs),
        Metric::Guardrails => says(Counted, structure.guardrails),
        Metric::NatGateways => says(Counted, structure.nat_gateways),
        Metric::ResourcesAdded => says(Counted, resources(case) - resources(&case.before())),
        Metric::ResourcesChange => says(Counted, growth(resources(case), resources(&case.before()))),
        Metric::ResourcesTotal => says(Counted, resources(case)),
        Metric::Subnets => says(Counted, structure.networks * shipped::subnets_per_vpc()),
        Metric::SubnetsPerTenant => says(Counted, shipped::subnets_per_vpc()),
        Metric::TenantShare(tier) => {
            says(Counted, Answer::percent(Some(case.tier_cell(*tier, "tenant_share"))))
        }
        Metric::Tenants => says(Counted, structure.tenants),
        Metric::TenantsAdded => says(Counted, absolute("tenants")),
        Metric::TenantsChange => says(Counted, relative("tenants")),
        Metric::TenantsPerUnit => says(Counted, ratio(structure.tenants, structure.organizational_units)),
        Metric::TierTenants(tier) => says(Counted, case.tier(*tier).tenants),
        Metric::TierTenantsMultiple(tier) => {
            let of = |case: &Case<'_>| u32::try_from(case.tier(*tier).tenants).unwrap();
            says(Counted, ratio(of(case), of(&case.at(Mix::One))))
        }
        Metric::TierUnits(tier) => {
            let others = case.without(*tier).organizational_units;
            says(Counted, structure.organizational_units - others)
        }
        Metric::TiersRepresented => says(Counted, structure.tiers),
        Metric::UniquePrefixes => {
            let rows = month.per_tenant().unwrap();
            let keys: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.tenant).collect();
            says(Counted, keys.len())
        }
        Metric::Units => says(Counted, structure.organizational_units),
        Metric::UnitsChange => {
            let before = case.before().structure().organizational_units;
            says(Counted, growth(structure.organizational_units, before))
        }
        Metric::Vpcs => says(Counted, structure.networks),
        Metric::VpcsPerTenant => says(Counted, ratio(structure.networks, structure.tenants)),

        Metric::BreakevenMonth => says(Computed, case.forecast(Vec::new()).break_even_month().unwrap()),
        Metric::CostChange => says(Computed, relative("total_cost")),
        Metric::CostInfraPlusSupport => says(Computed, case.forecast(Vec::new()).months[0].cogs()),
        Metric::CostMultiple => says(Arithmetic, multiple(case, "total_cost")),
        Metric::CostPerTenant => {
            // Equal shares: every tenant bears the same.
            let first = month.per_tenant().unwrap().into_iter().next().unwrap();
            says(Computed, first.costs.iter().map(|cost| cost.amount).sum::<Decimal>())
        }
        Metric::CostsAdded => says(Computed, absolute("total_cost")),
        Metric::Dashboards => says(Computed, Answer::Range(shipped::dashboards(), None)),
        Metric::FlowLogsInCloudwatchCost => says(ReadBack, case.line(FLOW_LOGS).amount.amount),
        Metric::FlowLogsInS3Cost => {
            let gigabytes = case.line(FLOW_LOGS).quantity;
            says(Reached, shipped::at_list_price(PriceId::S3StandardGbMonth, gigabytes))
        }
        Metric::Infrastructure => says(ReadBack, month.infrastructure.amount),
        Metric::InfrastructureAllocated(tier) => {
            let cost = match question.variant {
                Some(Variant::PerTier) => case.tier(*tier).costs[0],
                Some(Variant::Headline) | None => case.tenant(*tier).costs[0],
            };
            says(Computed, cost.amount)
        }
        Metric::InfrastructureChange => says(ReadBack, relative("infrastructure")),
        Metric::InfrastructurePerTenant => says(ReadBack, month.infrastructure.amount / case.tenants()),
        Metric::InfrastructureShareOfRevenue => {
            let left = month.infrastructure_margin().unwrap();
            says(Arithmetic, Answer::percent(Some(Decimal::ONE - left)))
        }
        Metric::LogTierSaving => {
            let (cold, hot) = (PriceId::S3GlacierFlexibleGbMonth, PriceId::CloudwatchStorageGbMonth);
            says(Reached, Answer::percent(Some(shipped::saving(cold, hot))))
        }
        Metric::Margin(margin) => {
            let margin = match margin {
                Margin::Infrastructure => month.infrastructure_margin(),
                Margin::Gross => month.gross_margin(),
                Margin::Operating => month.operating_margin(),
                Margin::OperatingBeforeContingency => month.operating_margin_before_contingency(),
            };
            says(Computed, Answer::percent(margin))
        }
        Metric::MarginChange => says(Computed, Answer::percent(case.change("operating_margin").absolute())),
        Metric::MarginChangeRelative => says(Computed, relative("operating_margin")),
        Metric::MrrMonths2To3 => {
            // Every tenant won is a Fintech one: only then does the report's range come out.
            let [low, high] = operations.growth_tenants[..] else { panic!("from and to") };
            let path = [(2, low), (3, high)].map(|(at, more)| (at, vec![1 + more, 0, 0, 0]));
            let forecast = case.forecast(path.to_vec());
            says(Computed, Answer::range(forecast.months[1].mrr, forecast.months[2].mrr))
        }
        Metric::NatCost => says(ReadBack, case.line(NAT_GATEWAYS).amount.amount),
        Metric::NatCostAtListPrice => says(Computed, shipped::nat_costs(None).iter().sum::<Decimal>()),
        Metric::NatCostPerGatewayAtListPrice => says(Computed, shipped::nat_costs(None)[0]),
        Metric::NatShareOfRevenue => {
            let share = case.line(NAT_GATEWAYS).amount.amount / month.revenue.amount;
            says(Arithmetic, Answer::percent(Some(share)))
        }
        Metric::Price(tier) => {
            let tiers = case.model.tiers();
            let tier = tiers.iter().find(|known| known.name.as_str() == tier.name()).unwrap();
            says(ListPrice, tier.monthly_price.amount)
        }
        Metric::Profit => says(Computed, month.profit().amount),
        Metric::ProfitAdded => says(Computed, absolute("profit")),
        Metric::ProfitBeforeSales => {
            let month = &case.forecast(Vec::new()).months[0];
            says(Arithmetic, month.mrr - month.cogs())
        }
        Metric::ProfitChange => says(Computed, relative("profit")),
        Metric::ProfitGrowthPerTenantGrowth => {
            let relative = |figure| case.change(figure).relative().unwrap();
            says(Arithmetic, relative("profit") / relative("tenants"))
        }
        Metric::ProfitOverCost => {
            says(Arithmetic, Answer::percent(Some(month.profit().amount / month.total_cost().amount)))
        }
        Metric::ProfitPerTenant => says(Arithmetic, month.profit().amount / case.tenants()),
        Metric::Revenue => says(Computed, month.revenue.amount),
        Metric::RevenueAdded => says(Computed, absolute("revenue")),
        Metric::RevenueChange => says(Computed, relative("revenue")),
        Metric::RevenueDifference => {
            let (one_large, three_small) = (case.month_of([0, 0, 1, 0]), case.month_of([1, 1, 0, 1]));
            says(Computed, change(&one_large, &three_small, "revenue").absolute().unwrap())
        }
        Metric::RevenueMultiple => says(Arithmetic, multiple(case, "revenue")),
        Metric::RevenuePerInfrastructureDollar(tier) => {
            says(Computed, case.tier_cell(*tier, "revenue_per_infrastructure_dollar"))
        }
        Metric::RevenuePerTenant => says(Computed, month.revenue_per_tenant().unwrap()),
        Metric::RevenueShare(tier) => {
            says(Computed, Answer::percent(Some(case.tier_cell(*tier, "revenue_share"))))
        }
        Metric::SalesMarketing => says(ReadBack, month.sales.amount),
        Metric::Support => says(ReadBack, month.support.amount),
        Metric::SupportChange => says(ReadBack, relative("support")),
        Metric::TenantPrice(key) => says(ListPrice, shipped::price(key)),
        Metric::TierNatCostAtListPrice(tier) => {
            says(Computed, shipped::nat_costs(Some(*tier)).iter().sum::<Decimal>())
        }
        Metric::TierRevenue(tier) => says(Computed, case.tier(*tier).revenue.amount),
        Metric::TotalCosts => says(Computed, month.total_cost().amount),
        Metric::TotalCostsBeforeContingency => {
            says(Arithmetic, month.total_cost().amount - month.contingent.amount)
        }

        Metric::ConfigLines => says(ReadBack, config_lines(case)),
        Metric::ConfigLinesAdded => says(ReadBack, config_lines(case) - config_lines(&case.before())),
        Metric::ConfigLinesChange => says(ReadBack, growth(config_lines(case), config_lines(&case.before()))),
        Metric::ConfigurationTimeAdded | Metric::DeploymentEndAdded => says(ReadBack, added_once(case)),
        Metric::ConfigurationTimeChange => {
            let once = operations.configuration_minutes.unwrap();
            says(ReadBack, Answer::percent(Some(added_once(case) / Decimal::from(once))))
        }
        Metric::DeploymentEndChange => {
            let once = operations.deployment_end_minutes.unwrap();
            says(ReadBack, Answer::percent(Some(added_once(case) / Decimal::from(once))))
        }
        Metric::DeploymentEnd => says(ReadBack, operations.deployment_end_minutes.unwrap()),
        Metric::DeploymentTime => {
            let (low, high) = operations.deployment_minutes(tenants).unwrap();
            says(ReadBack, Answer::range(low, high))
        }
        Metric::DeploymentTimeAdded => {
            let minutes = |mix: Mix| operations.deployment_minutes(mix.tenants()).unwrap();
            let ((low, high), (low_before, high_before)) = (minutes(case.mix), minutes(case.before().mix));
            says(ReadBack, Answer::range(low.saturating_sub(high_before), high - low_before))
        }
        Metric::DeploymentTimeSequential => {
            let (each, _) = operations.deployment_minutes(tenants).unwrap();
            says(ReadBack, Answer::Range((each * tenants).into(), None))
        }
        Metric::OnboardingCapacityPerDay => says(ReadBack, operations.onboardings_per_day().unwrap()),
        Metric::OnboardingTime => says(ReadBack, onboarding(case)),
        Metric::OnboardingTimePerTenant => says(ReadBack, ratio(onboarding(case), tenants)),
        Metric::OnboardingTimeSequential => says(ReadBack, onboarding(&case.at(Mix::One)) * tenants),
        Metric::OnboardingWork => says(ReadBack, operations.tenant_minutes.iter().sum::<u32>() * tenants),
        Metric::OnboardingWorkPerTenant => says(ReadBack, operations.tenant_minutes.iter().sum::<u32>()),
        Metric::PostSetupTime => says(ReadBack, post_setup(case)),
        Metric::PostSetupTimeAdded => says(ReadBack, post_setup(case) - post_setup(&case.before())),
        Metric::SupportHoursItemized => says(ReadBack, operations.weekly_hours(tenants).unwrap()),
        Metric::SupportLeverage => {
            let each = |mix: Mix| ratio(mix.tenants(), operations.people(mix.tenants()).unwrap());
            says(ReadBack, each(case.mix) / each(case.before().mix))
        }

        Metric::DistinctBlocks => says(Reached, shipped::distinct_blocks()),
        Metric::InternetGateways => says(Reached, shipped::count(&[ResourceKind::InternetGateway])),
        Metric::ItemizedResources => says(Reached, shipped::count(&shipped::ITEMIZED)),
        Metric::ItemizedResourcesAndOrganization => {
            says(Reached, shipped::count(&shipped::ITEMIZED) + shipped::count(&shipped::ORGANIZATION))
        }
        Metric::ResourcesPerTenant => says(Reached, shipped::resources_per_tenant().0),
        Metric::RouteTables => says(Reached, shipped::count(&[ResourceKind::RouteTable])),
        Metric::SubnetBlock(key, name) => says(Reached, shipped::subnet_block(key, name)),
        Metric::VpcBlock(key) => says(Reached, shipped::vpc_block(key)),

        Metric::AccountId(_) => Verdict::OutOfScope(Reason::AccountId),
        Metric::Workday => Verdict::OutOfScope(Reason::Conversion),
        Metric::FixesTotal
        | Metric::IssuesCritical
        | Metric::IssuesIdentifiedTotal
        | Metric::OperationsIssues
        | Metric::PostDeploymentPhases => Verdict::OutOfScope(Reason::Finding),
        Metric::CriticalFixTime
        | Metric::DeploymentTimeChange
        | Metric::GoLiveTime
        | Metric::ParallelSaving
        | Metric::PostDeploymentTime
        | Metric::TimeToRevenue => Verdict::OutOfScope(Reason::Clock),
        Metric::SupportHoursPerWeek | Metric::SupportPeople | Metric::SupportPeoplePartTime => {
            Verdict::OutOfScope(Reason::Staffing)
        }
        Metric::OuHierarchyLevels
        | Metric::OuHierarchyThreshold
        | Metric::OuNavigationComplexAt
        | Metric::Phase2NeededBefore => Verdict::OutOfScope(Reason::Roadmap),
        Metric::BlocksOfATier(_)
        | Metric::BlocksWithoutOverlap
        | Metric::IdentityCenterFreeUsers
        | Metric::LogTierColdYears
        | Metric::MonitoredSeries
        | Metric::RevenuePatternPerTenant => Verdict::OutOfScope(Reason::Design),
    }
}

impl From<Cidr> for Answer {
    fn from(block: Cidr) -> Self {
        Self::Text(block.to_string())
    }
}

fn ratio(part: u32, whole: u32) -> Decimal {
    Decimal::from(part) / Decimal::from(whole)
}

/// The growth of a count in percent.
fn growth(now: u32, before: u32) -> Answer {
    Answer::percent(Some(ratio(now, before) - Decimal::ONE))
}

/// How many times a figure of the smaller scenario.
fn multiple(case: &Case<'_>, figure: &str) -> Decimal {
    Decimal::ONE + case.change(figure).relative().unwrap()
}

/// What the reports count as resources: organizational units, accounts and attached policies.
fn resources(case: &Case<'_>) -> u32 {
    let structure = case.structure();
    structure.organizational_units + structure.accounts + structure.guardrails
}

fn config_lines(case: &Case<'_>) -> u32 {
    case.operations().config_lines_per_tenant.unwrap() * case.mix.tenants()
}

fn onboarding(case: &Case<'_>) -> u32 {
    case.operations().onboarding_minutes(case.mix.tenants()).unwrap()
}

/// Onboarding less what comes before the set-up of the tenants one by one.
fn post_setup(case: &Case<'_>) -> u32 {
    let operations = case.operations();
    let once = operations.configuration_minutes.unwrap() + operations.deployment_end_minutes.unwrap();
    onboarding(case) - once
}

/// The minutes by which configuration and deployment grow with the batch: what onboarding adds beyond the set-up of each
/// further tenant. The two are not compared with themselves, so a model that configured once per tenant would show.
fn added_once(case: &Case<'_>) -> Decimal {
    let before = case.before();
    let further = case.mix.tenants() - before.mix.tenants();
    let set_up = case.operations().post_minutes_further.unwrap() * further;
    Decimal::from(onboarding(case)) - Decimal::from(onboarding(&before)) - Decimal::from(set_up)
}

//! Regions: those that AWS does not have, and those that are off in new accounts.

use securebase_core::cloud::{Call, Cloud, CloudError, ErrorKind, Operation, ReplyFuture, Target, ec2, sts};
use securebase_core::exec;
use securebase_core::finance::PriceBook;
use securebase_core::input::Format;
use securebase_core::model::{AccountId, LandingZone, Region, Tags};
use securebase_core::observe::{self, Scope, Unread};
use securebase_core::plan::{Error, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::{Runtime, Time};

use crate::support::{ONE_TENANT, addresses, applied, apply, memory, now, plan, zone};

fn in_region(region: &str) -> String {
    ONE_TENANT.replace("us-east-1", region)
}

#[test]
fn a_misspelt_region_is_an_error_that_proposes_the_one_that_was_meant() {
    for (region, meant) in [("us-esat-1", "us-east-1"), ("eu-wst-1", "eu-west-1"), ("us-east-9", "us-east-1")]
    {
        let tenant = ONE_TENANT.replace("prefix  ", &format!("region = \"{region}\"\n    prefix  "));
        for (text, path) in
            [(in_region(region), "target_region"), (tenant, "clients.\"acme-finance\".region")]
        {
            let problems = LandingZone::parse(&text, Format::Tfvars, None).unwrap_err();
            let problem = &problems.0[0];
            assert_eq!((problem.code.as_str(), problem.path.as_str()), ("region-unknown", path), "{problem}");
            assert!(problem.message.contains(region), "{problem}");
            assert!(problem.hint.contains(&format!("did you mean `{meant}`?")), "{problem}");
        }
    }
    let nowhere = LandingZone::parse(&in_region("xx-nowhere-9"), Format::Tfvars, None).unwrap_err();
    assert!(!nowhere.0[0].hint.contains("did you mean"), "{nowhere}");
    assert!(nowhere.0[0].hint.contains("2026-"), "the hint dates the list: {nowhere}");
}

#[test]
fn a_price_file_names_a_region_that_there_is() {
    let error = PriceBook::shipped().with_toml("region = \"eu-wst-1\"\n").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("region-unknown") && text.contains("did you mean `eu-west-1`?"), "{text}");
    assert!(PriceBook::shipped().with_toml("region = \"eu-west-1\"\n").is_ok());
}

#[test]
fn every_region_that_new_accounts_have_loads_and_plans_without_a_word() {
    for region in Region::enabled_by_default() {
        let zone = zone(&in_region(region.as_str()));
        assert_eq!(zone.warnings, [], "{region}");
        assert!(Planner::new(&zone).plan().is_ok(), "{region}");
    }
}

/// The codes of the problems that refuse a plan, and the text of them.
fn refusal(zone: &LandingZone, cloud: &SimulatedCloud) -> (Vec<String>, String) {
    let observed = now(observe::survey(cloud, &Scope::of(zone))).unwrap();
    match Planner::new(zone).observed(&observed).plan() {
        Err(Error::Problems(problems)) => {
            (problems.iter().map(|problem| problem.code.clone()).collect(), problems.to_string())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_region_that_is_off_in_new_accounts_is_refused_before_anything_is_made() {
    for region in ["eu-central-2", "ap-east-1", "me-central-1", "af-south-1"] {
        let (zone, cloud) = (zone(&in_region(region)), SimulatedCloud::new(1));
        let (codes, text) = refusal(&zone, &cloud);
        assert_eq!(codes, ["region-not-enabled"]);
        assert!(text.contains(region) && text.contains("acme-finance"), "{text}");
        assert!(text.contains("enable-region") && text.contains("account_id"), "the way out: {text}");
        assert!(Planner::new(&zone).plan().is_err(), "{region}: without a cloud too");
    }
    // A tenant that leaves before it had an account gets nothing there.
    let leaving = in_region("eu-central-2").replace("prefix  ", "offboard = \"suspend\"\n    prefix  ");
    assert!(Planner::new(&zone(&leaving)).plan().is_ok());
    // Without a network nothing goes there.
    let text = without_network(&in_region("eu-central-2"));
    assert!(Planner::new(&zone(&text)).plan().is_ok());
}

/// A world in which the tenant's account exists, made without a network, and the id of that account.
fn with_account() -> (SimulatedCloud, AccountId) {
    let cloud = SimulatedCloud::new(4);
    let text = without_network(ONE_TENANT);
    assert_eq!(apply(&plan(&zone(&text), &cloud), &cloud, &memory()).failed, []);
    let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    // A young account answers nowhere yet; this is about the region.
    cloud.advance_to(Time::from_micros(7_200_000_000));
    (cloud, account)
}

#[test]
fn an_account_in_which_the_region_was_enabled_gets_its_network_there() {
    let (cloud, account) = with_account();
    let there = zone(&in_region("eu-central-2"));
    assert_eq!(refusal(&there, &cloud).0, ["region-not-enabled"], "the account exists, its region is off");
    assert!(cloud.enable_region(account, &"eu-central-2".parse().unwrap()));
    let plan_there = plan(&there, &cloud);
    assert!(addresses(&plan_there).contains(&"tenant/acme-finance/vpc".to_owned()));
    let state = memory();
    assert_eq!(apply(&plan_there, &cloud, &state).failed, []);
    assert_eq!(cloud.snapshot()["vpc"][0]["region"], "eu-central-2");
    assert!(plan(&there, &cloud).is_empty());
}

/// What a survey says of the tenant's account.
fn why_unread(zone: &LandingZone, cloud: &dyn Cloud) -> Vec<Unread> {
    let observed = now(observe::survey(cloud, &Scope::of(zone))).unwrap();
    observed.unread_members().map(|(_, _, why)| why.clone()).collect()
}

fn without_network(text: &str) -> String {
    text.replace("enable_vpc    = true", "enable_vpc    = false")
}

#[test]
fn a_survey_finds_the_region_off_and_the_plan_names_the_account() {
    let (cloud, account) = with_account();
    let text = in_region("eu-central-2");
    assert_eq!(why_unread(&zone(&text), &cloud), [Unread::RegionOff]);
    let (codes, refused) = refusal(&zone(&text), &cloud);
    assert_eq!(codes, ["region-not-enabled"]);
    for part in
        ["is off in the accounts of `acme-finance`", &account.to_string(), "--account-id", "then plan again"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    // Where nothing is wanted there, the plan says what its comparison, drift and bill leave out, and why.
    let plan = plan(&zone(&without_network(&text)), &cloud);
    let unread: Vec<_> = plan.warnings.iter().filter(|found| found.code == "account-not-read").collect();
    let [warning] = &unread[..] else { panic!("{:?}", plan.warnings) };
    for part in [&account.to_string(), "eu-central-2", "the region is off in it", "drift and bill"] {
        assert!(warning.message.contains(part), "{part}: {warning}");
    }
    assert!(warning.hint.contains("account:EnableRegion"), "{warning}");
}

#[test]
fn a_region_that_was_disabled_hides_a_network_and_does_not_make_it_gone() {
    let (cloud, account) = with_account();
    let region: Region = "eu-central-2".parse().unwrap();
    assert!(cloud.enable_region(account, &region));
    let (text, state) = (in_region(region.as_str()), memory());
    assert_eq!(apply(&plan(&zone(&text), &cloud), &cloud, &state).failed, []);
    assert!(cloud.disable_region(account, &region));
    assert!(!cloud.disable_region(account, &region), "once is enough");
    let suspended = text.replace("prefix  ", "offboard = \"suspend\"\n    prefix  ");
    let cases = [
        (text.clone(), "region-not-enabled", "is off in the accounts of"),
        (without_network(&text), "account-not-entered", "the region is off in it"),
        (suspended, "account-not-entered", "the region is off in it"),
    ];
    for (text, code, why) in cases {
        let zone = zone(&text);
        let planner = now(exec::remember(Planner::new(&zone), &state)).unwrap();
        let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
        let Err(Error::Problems(problems)) = planner.observed(&observed).plan() else { panic!("{text}") };
        let [problem] = &problems.0[..] else { panic!("{problems}") };
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.message.contains(why) && problem.message.contains(&account.to_string()), "{problem}");
    }
    assert!(cloud.enable_region(account, &region));
    assert!(plan(&zone(&text), &cloud).is_empty(), "nothing was lost");
}

/// A cloud whose STS refuses every caller in a member account, in one region or in all.
struct Refusing {
    cloud: SimulatedCloud,
    code: &'static str,
    region: Option<Region>,
}

impl Cloud for Refusing {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        let is_refused = match &call {
            Call {
                target: Target::Member { region, .. },
                operation: Operation::Sts(sts::Operation::GetCallerIdentity),
            } => self.region.as_ref().is_none_or(|only| only == region),
            _ => false,
        };
        if !is_refused {
            return self.cloud.call(call);
        }
        Box::pin(std::future::ready(Err(CloudError::rejected(self.code, "refused"))))
    }

    fn runtime(&self) -> &dyn Runtime {
        self.cloud.runtime()
    }
}

#[test]
fn what_a_refusal_means_depends_on_the_region_and_on_the_age_of_the_account() {
    let codes = [
        "AuthFailure",
        "InvalidClientTokenId",
        "OptInRequired",
        "RegionDisabledException",
        "UnrecognizedClientException",
    ];
    for code in codes {
        let (cloud, _) = with_account();
        let cloud = Refusing { cloud, code, region: None };
        assert_eq!(why_unread(&zone(&in_region("eu-central-2")), &cloud), [Unread::RegionOff], "{code}");
        // Every account has this one.
        let call = "sts:GetCallerIdentity".to_owned();
        let refused = Unread::Refused { call, code: code.to_owned() };
        assert_eq!(why_unread(&zone(ONE_TENANT), &cloud), [refused], "{code}");
    }
    let (cloud, _) = with_account();
    // No account of the year 1970 is new to a clock of any other year.
    cloud.set_clock(-1_000_000_000_000);
    assert_eq!(why_unread(&zone(&in_region("eu-central-2")), &cloud), [Unread::NotReady]);
}

#[test]
fn a_region_that_could_not_be_looked_through_is_not_taken_for_empty() {
    let (cloud, _) = applied(ONE_TENANT);
    // The network is gone from where it was, and the account's role says that there was one: it may be elsewhere.
    let vpc = cloud.snapshot()["vpc"][0]["id"].as_str().unwrap().to_owned();
    assert!(cloud.remove(&vpc) > 0);
    let region: Region = "eu-west-1".parse().unwrap();
    let cloud = Refusing { cloud, code: "UnauthorizedOperation", region: Some(region.clone()) };
    let observed = now(observe::survey(&cloud, &Scope::of(&zone(ONE_TENANT)))).unwrap();
    let unread: Vec<&Region> = observed.unread_members().map(|(_, region, _)| region).collect();
    assert_eq!(unread, [&region]);
}

#[test]
fn the_simulated_cloud_does_not_know_credentials_where_the_region_is_off() {
    let (cloud, account) = with_account();
    let region: Region = "ap-east-1".parse().unwrap();
    let ask = |operation| {
        let role = "OrganizationAccountAccessRole".parse().unwrap();
        let target = Target::Member { account, region: region.clone(), role };
        now(cloud.call(Call { target, operation }))
    };
    let vpcs = || ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None }.into();
    let error = ask(vpcs()).unwrap_err();
    assert_eq!((error.code.as_str(), error.kind), ("AuthFailure", ErrorKind::NotReady));
    assert_eq!(
        ask(Operation::Sts(sts::Operation::GetCallerIdentity)).unwrap_err().code,
        "InvalidClientTokenId"
    );
    assert!(cloud.enable_region(account, &region));
    assert!(ask(vpcs()).is_ok());
    assert!(!cloud.enable_region("000000000000".parse().unwrap(), &region), "there is no such account");
}

//! Regions: those that AWS does not have, and those that are off in new accounts.

use securebase_core::cloud::{Call, Cloud, ErrorKind, Operation, SimulatedCloud, Target};
use securebase_core::exec;
use securebase_core::finance::PriceBook;
use securebase_core::model::{AccountId, LandingZone, Region, Tags};
use securebase_core::plan::{Error, Planner, Scope};
use securebase_core::spec::Format;

use crate::support::{ONE_TENANT, addresses, apply, memory, now, plan, zone};

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
    let observed = now(exec::survey(cloud, &Scope::of(zone))).unwrap();
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
    // Without a network nothing goes there.
    let text = in_region("eu-central-2").replace("enable_vpc    = true", "enable_vpc    = false");
    assert!(Planner::new(&zone(&text)).plan().is_ok());
}

/// A world in which the tenant's account exists, made without a network, and the id of that account.
fn with_account() -> (SimulatedCloud, AccountId) {
    let cloud = SimulatedCloud::new(4);
    let text = ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false");
    assert_eq!(apply(&plan(&zone(&text), &cloud), &cloud, &memory()).failed, []);
    let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    // A young account answers nowhere yet; this is about the region.
    cloud.advance_to(securebase_core::time::Time::from_micros(7_200_000_000));
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

#[test]
fn the_simulated_cloud_does_not_know_credentials_where_the_region_is_off() {
    let (cloud, account) = with_account();
    let region: Region = "ap-east-1".parse().unwrap();
    let ask = |operation| {
        let role = "OrganizationAccountAccessRole".parse().unwrap();
        let target = Target::Member { account, region: region.clone(), role };
        now(cloud.call(Call { target, operation }))
    };
    let vpcs = || Operation::DescribeVpcs { tags: Tags::new(), page: None };
    let error = ask(vpcs()).unwrap_err();
    assert_eq!((error.code.as_str(), error.kind), ("AuthFailure", ErrorKind::NotReady));
    assert_eq!(ask(Operation::GetCallerIdentity).unwrap_err().code, "InvalidClientTokenId");
    assert!(cloud.enable_region(account, &region));
    assert!(ask(vpcs()).is_ok());
    assert!(!cloud.enable_region("000000000000".parse().unwrap(), &region), "there is no such account");
}

//! The suite for clouds.

use std::fmt;

use futures::future::LocalBoxFuture;

use super::bench::{Bench, Verdict};
use super::{Deviations, accounts, endpoints, gateways, identity, kms, logs, policies, routes, units, vpc};
use crate::cloud::Cloud;

type Run = for<'a> fn(&'a Bench<'a>) -> LocalBoxFuture<'a, Verdict>;

macro_rules! cases {
    ($($name:literal => $run:path;)*) => {
        &[$(($name, |bench| Box::pin($run(bench)))),*]
    };
}

const CASES: &[(&str, Run)] = cases! {
    "organization/exists" => units::organization;
    "organization/policy-type-enabled-twice" => units::policy_type_enabled_twice;
    "unit/create-and-list" => units::create_and_list;
    "unit/duplicate-name" => units::duplicate_name;
    "unit/missing-parent" => units::missing_parent;
    "unit/depth" => units::depth;
    "unit/rename" => units::rename;
    "unit/delete" => units::delete;
    "unit/delete-with-content" => units::delete_with_content;
    "unit/pages" => units::pages;
    "organization/tags" => units::tags;
    "account/create" => accounts::create;
    "account/asynchronous" => accounts::asynchronous;
    "account/requests-listed" => accounts::requests_listed;
    "account/unknown-request" => accounts::unknown_request;
    "account/taken-email" => accounts::taken_email;
    "account/repeated-request" => accounts::repeated_request;
    "account/bad-name" => accounts::bad_name;
    "account/bad-email" => accounts::bad_email;
    "account/move" => accounts::moves;
    "account/move-from-elsewhere" => accounts::move_from_elsewhere;
    "account/move-again" => accounts::move_again;
    "account/rename" => accounts::rename;
    "account/root-address" => accounts::root_address;
    "account/close" => accounts::close;
    "account/close-again" => accounts::close_again;
    "account/identity" => accounts::identity;
    "account/no-such-account" => accounts::no_such_account;
    "account/no-such-role" => accounts::no_such_role;
    "policy/create" => policies::create;
    "policy/duplicate-name" => policies::duplicate_name;
    "policy/malformed" => policies::malformed;
    "policy/too-large" => policies::too_large;
    "policy/update" => policies::update;
    "policy/attachment" => policies::attachment;
    "policy/attach-to-nothing" => policies::attach_to_nothing;
    "policy/attach-twice" => policies::attach_twice;
    "policy/detach-what-is-not-attached" => policies::detach_what_is_not_attached;
    "policy/keep-one" => policies::keep_one;
    "policy/at-most-ten" => policies::at_most_ten;
    "vpc/create" => vpc::create;
    "vpc/attributes" => vpc::attributes;
    "vpc/bad-size" => vpc::bad_size;
    "vpc/bad-range" => vpc::bad_range;
    "vpc/delete" => vpc::delete;
    "vpc/delete-with-internet-gateway" => gateways::vpc_with_internet_gateway;
    "vpc/tags" => vpc::tags;
    "zone/list" => vpc::zones;
    "subnet/create" => vpc::subnets;
    "subnet/too-small" => vpc::small_subnet;
    "subnet/foreign-zone" => vpc::foreign_zone;
    "internet-gateway/life" => gateways::internet_gateway;
    "internet-gateway/second" => gateways::second_internet_gateway;
    "elastic-ip/life" => gateways::elastic_ip;
    "nat-gateway/life" => gateways::nat_gateway;
    "nat-gateway/pending" => gateways::nat_gateway_pending;
    "nat-gateway/without-internet" => gateways::nat_gateway_without_internet;
    "nat-gateway/token" => gateways::nat_gateway_token;
    "nat-gateway/in-use" => gateways::in_use;
    "vpn-gateway/life" => gateways::vpn_gateway;
    "vpn-gateway/second" => gateways::second_vpn_gateway;
    "vpc/delete-with-endpoint" => endpoints::vpc_with_endpoint;
    "vpc-endpoint/life" => endpoints::endpoint;
    "vpc-endpoint/routes" => endpoints::routes;
    "vpc-endpoint/nothing" => endpoints::nothing;
    "vpc-endpoint/delete-nothing" => endpoints::delete_nothing;
    "vpc-endpoint/second" => endpoints::second;
    "vpc-endpoint/token" => endpoints::token;
    "route-table/life" => routes::table;
    "route-table/token" => routes::token;
    "route/life" => routes::routes;
    "route/replaced" => routes::replaced;
    "route/replaced-without-a-route" => routes::replaced_without_a_route;
    "route/black-hole" => routes::blackhole;
    "route-table/association" => routes::association;
    "route-table/second-association" => routes::second_association;
    "role/life" => identity::role;
    "role/policies" => identity::role_policies;
    "log-group/life" => logs::group;
    "log-group/odd-retention" => logs::odd_retention;
    "flow-log/life" => logs::flow_log;
    "flow-log/token" => logs::flow_log_token;
    "flow-log/without-role" => logs::flow_log_without_role;
    "key/life" => kms::life;
    "key/policy" => kms::policies;
    "key/malformed-policy" => kms::malformed;
    "key/twins" => kms::twins;
    "key/nothing" => kms::nothing;
    "key/deleted-again" => kms::deleted_again;
    "log-group/key" => kms::log_group;
    "log-group/another-key" => kms::log_group_another_key;
    "log-group/without-key" => kms::log_group_without_key;
};

/// The names of all cases, in order.
pub fn cases() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, _)| *name)
}

/// What became of the cases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Cases that hold.
    pub passed: Vec<&'static str>,
    /// Cases that do not, each with what is wrong.
    pub failed: Vec<(&'static str, String)>,
    /// Cases that are known not to hold, and do not, each with what is wrong.
    pub deviating: Vec<(&'static str, String)>,
    /// Cases that are known not to hold, and do: the list of deviations is out of date.
    pub mended: Vec<&'static str>,
    /// Names in the list of deviations that no case has.
    pub unknown: Vec<&'static str>,
}

impl Report {
    /// Whether the cloud does what it must, and the list of its deviations is true.
    pub fn is_ok(&self) -> bool {
        self.failed.is_empty() && self.mended.is_empty() && self.unknown.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, deviating, mended, unknown } = self;
        writeln!(f, "{} cases hold, {} deviate as known", passed.len(), deviating.len())?;
        for (case, message) in failed {
            writeln!(f, "`{case}` does not hold: {message}")?;
        }
        for case in mended {
            writeln!(f, "`{case}` holds although it is listed as a deviation")?;
        }
        for case in unknown {
            writeln!(f, "`{case}` is listed as a deviation and is no case")?;
        }
        Ok(())
    }
}

/// Runs every case, each against a cloud of its own from `make`; clouds may share what is behind them, cases do not collide.
///
/// The cloud's organization, if it has one, must be the suite's to change: accounts that it creates stay.
pub async fn run<C: Cloud>(make: impl AsyncFn() -> C, deviations: &Deviations) -> Report {
    let mut report = Report::default();
    for (name, run) in CASES {
        let cloud = make().await;
        let bench = Bench { cloud: &cloud, case: name };
        match (run(&bench).await, deviations.reason(name)) {
            (Ok(()), None) => report.passed.push(name),
            (Ok(()), Some(_)) => report.mended.push(name),
            (Err(message), None) => report.failed.push((name, message)),
            (Err(message), Some(_)) => report.deviating.push((name, message)),
        }
    }
    let known = |case: &str| cases().any(|name| name == case);
    report.unknown =
        deviations.0.iter().map(|deviation| deviation.case).filter(|case| !known(case)).collect();
    report
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures::executor::block_on;

    use super::*;
    use crate::cloud::Operation;
    use crate::sim::SimulatedCloud;

    #[test]
    fn the_simulated_cloud_honours_every_case() {
        for seed in [1, 2] {
            let report = block_on(run(async || SimulatedCloud::new(seed), &Deviations::NONE));
            assert!(report.is_ok(), "{report}");
            assert_eq!(report.passed.len(), CASES.len());
        }
    }

    #[test]
    fn cases_share_a_cloud_and_cover_every_operation() {
        let cloud = SimulatedCloud::builder(3).without_organization().build();
        let report = block_on(run(async || cloud.clone(), &Deviations::NONE));
        assert!(report.is_ok(), "{report}");
        let called: BTreeSet<(&str, &str)> =
            cloud.calls().iter().map(|call| (call.service, call.operation)).collect();
        let missed: Vec<_> = Operation::ALL
            .iter()
            .filter(|(service, name, _)| !called.contains(&(service.name(), *name)))
            .collect();
        assert!(missed.is_empty(), "no case calls {missed:?}");
    }

    #[test]
    fn a_list_of_deviations_that_is_not_true_is_told() {
        const WRONG: Deviations = Deviations(&[
            super::super::Deviation { case: "vpc/create", reason: "it does not" },
            super::super::Deviation { case: "no/such-case", reason: "it is not" },
        ]);
        let report = block_on(run(async || SimulatedCloud::new(1), &WRONG));
        assert_eq!((report.mended, report.unknown), (vec!["vpc/create"], vec!["no/such-case"]));
    }

    #[test]
    fn moto_is_accused_of_cases_that_exist() {
        for deviation in crate::conformance::moto::DEVIATIONS.0 {
            assert!(cases().any(|case| case == deviation.case), "`{}`", deviation.case);
            assert!(!deviation.reason.is_empty());
        }
    }
}

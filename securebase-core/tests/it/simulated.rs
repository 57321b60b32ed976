//! The simulated cloud: a tenant from nothing, and what holds of every world.

use std::time::Duration;

use securebase_core::cloud::ec2::{self, NatGatewayState, VpcAttribute};
use securebase_core::cloud::organizations::{self, AccountRequestState};
use securebase_core::cloud::{Call, CloudError, ErrorKind, Operation, Reply, Target, iam, logs};
use securebase_core::model::{AccountId, Region, ResourceId, RoleName, Tags};
use securebase_core::observe::Observed;
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::Time;

mod faults;
mod invariants;

/// A caller that waits for each reply, and for the request rates.
struct Caller {
    cloud: SimulatedCloud,
    now: Time,
}

impl Caller {
    fn new(cloud: SimulatedCloud) -> Self {
        Self { now: cloud.now(), cloud }
    }

    fn call(&mut self, target: &Target, operation: impl Into<Operation>) -> Result<Reply, CloudError> {
        let call = Call { target: target.clone(), operation: operation.into() };
        loop {
            let submission = self.cloud.submit(self.now, &call);
            self.now = submission.at;
            match submission.result {
                Err(error) if error.kind == ErrorKind::Throttled => {
                    self.now = self.now + Duration::from_secs(1);
                }
                result => return result,
            }
        }
    }

    fn organization(&mut self, operation: impl Into<Operation>) -> Reply {
        self.call(&Target::Management, operation).unwrap()
    }

    fn create(&mut self, target: &Target, operation: impl Into<Operation>) -> ResourceId {
        match self.call(target, operation).unwrap() {
            Reply::Created(id) => id,
            other => panic!("{}", other.shape()),
        }
    }

    fn root(&mut self) -> ResourceId {
        match self.organization(organizations::Operation::ListRoots) {
            Reply::Organizations(organizations::Reply::Roots(roots)) => roots[0].id.clone(),
            other => panic!("{}", other.shape()),
        }
    }

    /// An account in the root, from the request to its end.
    fn account(&mut self, name: &str) -> AccountId {
        let email = format!("aws+{name}@example.com");
        let request = organizations::Operation::CreateAccount {
            name: name.into(),
            email,
            role: role(),
            tags: tags(name),
        };
        let Reply::Organizations(organizations::Reply::AccountRequest(request)) = self.organization(request)
        else {
            panic!()
        };
        assert_eq!(request.state, AccountRequestState::InProgress);
        loop {
            self.now = self.now + Duration::from_secs(10);
            let describe =
                organizations::Operation::DescribeCreateAccountStatus { request: request.id.clone() };
            let Reply::Organizations(organizations::Reply::AccountRequest(answer)) =
                self.organization(describe)
            else {
                panic!()
            };
            match answer.state {
                AccountRequestState::InProgress => {}
                AccountRequestState::Succeeded { account } => return account,
                AccountRequestState::Failed { reason } => panic!("{reason}"),
            }
        }
    }
}

/// A world with one account that is ready, as observed.
fn grown() -> (Observed, AccountId) {
    let mut caller = Caller::new(SimulatedCloud::new(11));
    let account = caller.account("acme");
    let look = ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None };
    while caller.call(&member(account), look.clone()).is_err() {
        caller.now = caller.now + Duration::from_secs(10);
    }
    (caller.cloud.observe(), account)
}

fn role() -> RoleName {
    "OrganizationAccountAccessRole".parse().unwrap()
}

fn tags(address: &str) -> Tags {
    Tags::from_iter([("zone:address".to_owned(), address.to_owned())])
}

fn member(account: AccountId) -> Target {
    Target::Member { account, region: Region::us_east_1(), role: role() }
}

#[test]
fn a_tenant_from_nothing() {
    let mut caller = Caller::new(SimulatedCloud::new(7));
    let root = caller.root();
    let unit = caller.create(
        &Target::Management,
        organizations::Operation::CreateOrganizationalUnit {
            parent: root.clone(),
            name: "Customers".into(),
            tags: tags("ou"),
        },
    );
    let account = caller.account("acme");
    let moved = organizations::Operation::MoveAccount { account, from: root, to: unit.clone() };
    assert_eq!(caller.organization(moved.clone()), Reply::Done);
    let again = caller.call(&Target::Management, moved).unwrap_err();
    assert_eq!(again.code, "DuplicateAccountException");

    let target = member(account);
    let mut refusals = Vec::new();
    while let Err(error) =
        caller.call(&target, ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None })
    {
        assert_eq!(error.kind, ErrorKind::NotReady, "{error}");
        refusals.push(error.code);
        caller.now = caller.now + Duration::from_secs(1);
    }
    assert!(refusals.iter().any(|code| code == "AccessDenied") && refusals.len() > 5, "{refusals:?}");

    let vpc = caller.create(
        &target,
        ec2::Operation::CreateVpc { cidr: "10.1.0.0/16".parse().unwrap(), tags: tags("vpc") },
    );
    let attribute = VpcAttribute::DnsHostnames;
    caller
        .call(&target, ec2::Operation::ModifyVpcAttribute { vpc: vpc.clone(), attribute, value: true })
        .unwrap();
    let subnet = caller.create(
        &target,
        ec2::Operation::CreateSubnet {
            vpc: vpc.clone(),
            cidr: "10.1.0.0/24".parse().unwrap(),
            zone: "us-east-1a".into(),
            tags: tags("subnet"),
        },
    );
    let igw = caller.create(&target, ec2::Operation::CreateInternetGateway { tags: tags("igw") });
    caller
        .call(&target, ec2::Operation::AttachInternetGateway { gateway: igw.clone(), vpc: vpc.clone() })
        .unwrap();
    let eip = caller.create(&target, ec2::Operation::AllocateAddress { tags: tags("eip") });
    let nat = caller.create(
        &target,
        ec2::Operation::CreateNatGateway {
            subnet: subnet.clone(),
            allocation: eip,
            client_token: "nat".into(),
            tags: tags("nat"),
        },
    );
    let mut states = Vec::new();
    loop {
        let reply = caller
            .call(&target, ec2::Operation::DescribeNatGateways { tags: tags("nat"), page: None })
            .unwrap();
        let Reply::Ec2(ec2::Reply::NatGateways(page)) = reply else { panic!() };
        states.push(page.items[0].state);
        if page.items[0].state != NatGatewayState::Pending {
            break;
        }
        caller.now = caller.now + Duration::from_secs(5);
    }
    assert_eq!(states.last(), Some(&NatGatewayState::Available));
    assert!(states.len() > 15, "available after {} looks", states.len());
    let table = caller.create(
        &target,
        ec2::Operation::CreateRouteTable { vpc: vpc.clone(), client_token: "rtb".into(), tags: tags("rtb") },
    );
    let destination = "0.0.0.0/0".parse().unwrap();
    let route = ec2::Operation::CreateRoute { table: table.clone(), destination, gateway: nat.clone() };
    caller.call(&target, route).unwrap();
    caller.create(&target, ec2::Operation::AssociateRouteTable { table, subnet });
    caller
        .call(
            &target,
            logs::Operation::CreateLogGroup { name: "/z/flow".into(), tags: tags("group"), key: None },
        )
        .unwrap();
    caller.call(&target, logs::Operation::PutRetentionPolicy { group: "/z/flow".into(), days: 90 }).unwrap();
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[]}".to_owned();
    let reply = caller
        .call(&target, iam::Operation::CreateRole { name: "flow".into(), trust, tags: tags("role") })
        .unwrap();
    let Reply::Iam(iam::Reply::Role(made)) = reply else { panic!() };
    caller.create(
        &target,
        ec2::Operation::CreateFlowLogs {
            vpc: vpc.clone(),
            log_group: "/z/flow".into(),
            role_arn: made.arn,
            client_token: "fl".into(),
            tags: tags("fl"),
        },
    );

    caller.cloud.advance_to(caller.now);
    let snapshot = caller.cloud.snapshot();
    let one = |kind: &str| {
        let list = snapshot[kind].as_array().unwrap();
        assert_eq!(list.len(), 1, "{kind}: {list:?}");
        list[0].clone()
    };
    assert_eq!(one("account")["ou_id"], unit.as_str());
    assert_eq!(one("vpc")["cidr"], "10.1.0.0/16");
    assert_eq!(one("nat_gateway")["state"], "available");
    for kind in ["subnet", "route", "route_table_association", "flow_log", "log_group", "flow_log_role"] {
        one(kind);
    }
    let observed = caller.cloud.observe();
    let rebuilt = SimulatedCloud::builder(8).observed(&observed).build();
    assert_eq!(rebuilt.observe(), observed);
    assert_eq!(rebuilt.snapshot()["nat_gateway"], snapshot["nat_gateway"]);

    // The subtree goes, the account, elastic IP, role and log group stay.
    assert_eq!(caller.cloud.remove(vpc.as_str()), 8);
    let left = caller.cloud.snapshot();
    assert_eq!(left["vpc"].as_array().unwrap().len(), 0);
    assert_eq!(left["account"], snapshot["account"]);
    assert_eq!(left["log_group"], snapshot["log_group"]);
    assert_eq!(left["elastic_ip"][0]["association_id"], serde_json::Value::Null);
}

const NO_VPC: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"ec2:CreateVpc\",\"Resource\":\"*\"}]}";

#[test]
fn guardrails_bind_members_of_the_unit_and_nobody_else() {
    let mut caller = Caller::new(SimulatedCloud::new(3));
    let management = Target::Management;
    let root = caller.root();
    let account = caller.account("acme");
    let target = member(account);
    let unit = organizations::Operation::CreateOrganizationalUnit {
        parent: root.clone(),
        name: "Quiet".into(),
        tags: Tags::new(),
    };
    let unit = caller.create(&management, unit);
    let policy = |name: &str, document: &str| organizations::Operation::CreatePolicy {
        name: name.into(),
        description: String::new(),
        document: document.into(),
        tags: Tags::new(),
    };
    let strict = caller.create(&management, policy("strict", NO_VPC));
    caller.organization(organizations::Operation::AttachPolicy {
        policy: strict.clone(),
        target: unit.clone(),
    });
    caller.now = caller.now + Duration::from_secs(600);

    let vpc = |caller: &mut Caller| {
        let result = caller.call(
            &target,
            ec2::Operation::CreateVpc { cidr: "10.1.0.0/16".parse().unwrap(), tags: Tags::new() },
        );
        result.map(drop).map_err(|error| (error.code, error.message))
    };
    assert_eq!(vpc(&mut caller), Ok(()), "in the root the unit's policy does not bind");
    caller.organization(organizations::Operation::MoveAccount {
        account,
        from: root.clone(),
        to: unit.clone(),
    });
    let (code, message) = vpc(&mut caller).unwrap_err();
    assert_eq!(code, "UnauthorizedOperation");
    assert!(message.contains("`strict`"), "{message}");
    let describe = ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None };
    assert!(caller.call(&target, describe).is_ok(), "what is not denied passes");

    let exempting = NO_VPC.replace(
        "\"Resource\":\"*\"",
        "\"Resource\":\"*\",\"Condition\":{\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/OrganizationAccountAccessRole\"}}",
    );
    let update = |document: String| organizations::Operation::UpdatePolicy {
        policy: strict.clone(),
        name: "strict".into(),
        description: String::new(),
        document,
    };
    caller.organization(update(exempting));
    assert_eq!(vpc(&mut caller), Ok(()), "the access role is exempt");
    let named = NO_VPC.replace("\"*\"}]", &format!("\"arn:aws:ec2:*:{account}:vpc/*\"}}]"));
    caller.organization(update(named));
    assert!(vpc(&mut caller).is_err(), "a policy that names the account binds it");
    caller.organization(organizations::Operation::DetachPolicy { policy: strict, target: unit.clone() });
    assert_eq!(vpc(&mut caller), Ok(()), "nothing binds any more");
}

//! Every operation there is, once over the wire and read back.

use std::collections::BTreeSet;
use std::sync::Mutex;

use securebase_core::cloud::aws::AwsCloud;
use securebase_core::cloud::{
    AccountRequestState, AccountState, Call, Cloud, CloudError, ErrorKind, NatGatewayState, Operation, Reply,
    Target, VpcAttribute,
};
use securebase_core::model::{AccountId, ResourceId, RoleName, Tags};

use super::moto::{Moto, deviations};

/// A cloud that remembers what it was asked.
struct Asked {
    cloud: AwsCloud,
    actions: Mutex<BTreeSet<&'static str>>,
    target: Target,
}

impl Asked {
    async fn try_ask(&self, operation: Operation) -> Result<Reply, CloudError> {
        self.actions.lock().unwrap().insert(operation.action());
        self.cloud.call(Call { target: self.target.clone(), operation }).await
    }

    async fn ask(&self, operation: Operation) -> Reply {
        let action = operation.action();
        self.try_ask(operation).await.unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    async fn done(&self, operation: Operation) {
        let action = operation.action();
        assert_eq!(self.ask(operation).await, Reply::Done, "{action}");
    }

    async fn create(&self, operation: Operation) -> ResourceId {
        let action = operation.action();
        match self.ask(operation).await {
            Reply::Created(id) => id,
            other => panic!("{action} answered {}", other.shape()),
        }
    }
}

/// The part of a reply under that variant, or a failure that shows the reply.
macro_rules! expect {
    ($reply:expr, $($variant:ident)::+) => {
        match $reply.await {
            Reply::$($variant)::+(inner) => inner,
            other => panic!("expected {}, got {other:?}", stringify!($($variant)::+)),
        }
    };
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The tags of one resource, which tell it from all others.
fn mark(name: &str) -> Tags {
    tags(&[("securebase:address", name), ("securebase:zone", "test")])
}

#[tokio::test]
async fn every_operation_is_spoken() {
    let moto = Moto::start();
    let mut asked =
        Asked { cloud: moto.cloud().await, actions: Mutex::default(), target: Target::Management };
    let root = organization(&asked).await;
    let account = accounts(&asked, &root).await;
    policies(&asked, &root).await;

    asked.target = Target::Member {
        account,
        region: "eu-central-1".parse().unwrap(),
        role: "SecureBaseAccess".parse().unwrap(),
    };
    assert_eq!(expect!(asked.ask(Operation::GetCallerIdentity), CallerIdentity), account);
    let role_arn = roles(&asked, account).await;
    log_groups(&asked).await;
    let (vpc, subnet) = networks(&asked).await;
    flow_logs(&asked, &vpc, &role_arn).await;
    gateways_and_routes(&asked, &vpc, &subnet).await;
    removal(&asked, &vpc, &subnet).await;

    let asked = asked.actions.into_inner().unwrap();
    let missing: Vec<_> = Operation::ALL
        .iter()
        .map(|(service, name, _)| format!("{}:{name}", service.name()))
        .filter(|action| !asked.contains(action.as_str()))
        .collect();
    assert!(missing.is_empty(), "never asked: {missing:?}");
}

async fn organization(asked: &Asked) -> ResourceId {
    use Operation as O;
    let error = asked.try_ask(O::DescribeOrganization).await.unwrap_err();
    assert_eq!((&*error.code, error.kind), ("AWSOrganizationsNotInUseException", ErrorKind::NotFound));
    let created = expect!(asked.ask(O::CreateOrganization), Organization);
    assert!(created.all_features && created.id.as_str().starts_with("o-"), "{created:?}");
    assert_eq!(expect!(asked.ask(O::DescribeOrganization), Organization), created);
    let error = asked.try_ask(O::CreateOrganization).await.unwrap_err();
    assert_eq!((&*error.code, error.kind), ("AlreadyInOrganizationException", ErrorKind::AlreadyExists));
    assert_eq!(expect!(asked.ask(O::GetCallerIdentity), CallerIdentity), created.management_account);

    let roots = expect!(asked.ask(O::ListRoots), Roots);
    let [root] = &*roots else { panic!("{roots:?}") };
    assert_eq!(root.service_control_policies, deviations::POLICIES_START_ENABLED);
    asked.done(O::EnablePolicyType { root: root.id.clone() }).await;
    assert!(expect!(asked.ask(O::ListRoots), Roots)[0].service_control_policies);
    root.id.clone()
}

async fn units_under(asked: &Asked, parent: &ResourceId) -> Vec<String> {
    let list = Operation::ListOrganizationalUnitsForParent { parent: parent.clone(), page: None };
    let page = expect!(asked.ask(list), OrganizationalUnits);
    page.items.into_iter().map(|unit| unit.name).collect()
}

async fn tags_of(asked: &Asked, resource: &ResourceId) -> Tags {
    match asked.ask(Operation::ListTagsForResource { resource: resource.clone(), page: None }).await {
        Reply::Tags(tags, None) => tags,
        other => panic!("{other:?}"),
    }
}

async fn accounts(asked: &Asked, root: &ResourceId) -> AccountId {
    use Operation as O;
    let unit = asked
        .create(O::CreateOrganizationalUnit {
            parent: root.clone(),
            name: "Customers-Fintech".into(),
            tags: mark("ou"),
        })
        .await;
    asked.done(O::UpdateOrganizationalUnit { unit: unit.clone(), name: "Customers-Renamed".into() }).await;
    assert_eq!(units_under(asked, root).await, ["Customers-Renamed"]);
    assert_eq!(tags_of(asked, &unit).await, mark("ou"));
    asked.done(O::TagResource { resource: unit.clone(), tags: tags(&[("extra", "1")]) }).await;
    asked.done(O::UntagResource { resource: unit.clone(), keys: vec!["securebase:zone".into()] }).await;
    assert_eq!(tags_of(asked, &unit).await, tags(&[("extra", "1"), ("securebase:address", "ou")]));

    let role: RoleName = "SecureBaseAccess".parse().unwrap();
    let request = expect!(
        asked.ask(O::CreateAccount {
            name: "acme".into(),
            email: "aws+acme@example.com".into(),
            role,
            tags: mark("account"),
        }),
        AccountRequest
    );
    let undecided = request.state == AccountRequestState::InProgress;
    assert_eq!(undecided, deviations::ACCOUNTS_START_IN_PROGRESS);
    let AccountRequestState::Succeeded { account } = request.state else { panic!("{request:?}") };
    let described = asked.ask(O::DescribeCreateAccountStatus { request: request.id.clone() });
    assert_eq!(expect!(described, AccountRequest), request);
    let all = O::ListCreateAccountStatus { in_progress_only: false, page: None };
    let mut all = expect!(asked.ask(all), AccountRequests).items;
    all.retain(|request| request.account_name != deviations::MANAGEMENT_ACCOUNT_WAS_REQUESTED_AS);
    assert_eq!(all, [request]);
    let open = O::ListCreateAccountStatus { in_progress_only: true, page: None };
    assert_eq!(expect!(asked.ask(open), AccountRequests).items, []);

    let accounts = expect!(asked.ask(O::ListAccounts { page: None }), Accounts).items;
    assert_eq!(accounts.len(), 2, "ours and the management account: {accounts:?}");
    let found = accounts.iter().find(|found| found.id == account).unwrap();
    assert_eq!(
        (&*found.name, &*found.email, found.state),
        ("acme", "aws+acme@example.com", AccountState::Active)
    );
    let child: ResourceId = account.to_string().parse().unwrap();
    assert_eq!(tags_of(asked, &child).await, mark("account"));
    assert_eq!(expect!(asked.ask(O::ListParents { child: child.clone() }), Parent), *root);
    asked.done(O::MoveAccount { account, from: root.clone(), to: unit.clone() }).await;
    assert_eq!(expect!(asked.ask(O::ListParents { child }), Parent), unit);
    let inside = O::ListAccountsForParent { parent: unit.clone(), page: None };
    assert_eq!(expect!(asked.ask(inside), Accounts).items, std::slice::from_ref(found));
    assert_eq!(expect!(asked.ask(O::ListParents { child: unit }), Parent), *root);
    account
}

const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#;

async fn policies(asked: &Asked, root: &ResourceId) {
    use Operation as O;
    let parent =
        O::CreateOrganizationalUnit { parent: root.clone(), name: "Guarded".into(), tags: Tags::new() };
    let unit = asked.create(parent).await;
    let policy = asked
        .create(O::CreatePolicy {
            name: "guard".into(),
            description: "first".into(),
            document: DOCUMENT.into(),
            tags: mark("policy"),
        })
        .await;
    let found = expect!(asked.ask(O::DescribePolicy { policy: policy.clone() }), Policy);
    assert_eq!((&*found.name, &*found.description, found.aws_managed), ("guard", "first", false));
    assert_eq!(found.document.as_deref(), Some(DOCUMENT));
    assert_eq!(tags_of(asked, &policy).await, mark("policy"));
    asked
        .done(O::UpdatePolicy {
            policy: policy.clone(),
            name: "guardrail".into(),
            description: "second".into(),
            document: "{}".into(),
        })
        .await;
    let listed = expect!(asked.ask(O::ListPolicies { page: None }), Policies).items;
    let ours = listed.iter().find(|listed| listed.id == policy).unwrap();
    assert_eq!((&*ours.name, &*ours.description, &ours.document), ("guardrail", "second", &None));
    assert!(listed.iter().any(|policy| policy.aws_managed && policy.name == "FullAWSAccess"), "{listed:?}");

    let attachment = (policy.clone(), unit.clone());
    asked.done(O::AttachPolicy { policy: attachment.0.clone(), target: attachment.1.clone() }).await;
    let targets = O::ListTargetsForPolicy { policy: policy.clone(), page: None };
    let targets = expect!(asked.ask(targets), PolicyTargets).items;
    assert!(matches!(&*targets, [target] if target.id == unit), "{targets:?}");
    let error = asked.try_ask(O::DeletePolicy { policy: policy.clone() }).await.unwrap_err();
    assert_eq!(error.code, "PolicyInUseException");
    asked.done(O::DetachPolicy { policy: attachment.0, target: attachment.1 }).await;
    asked.done(O::DeletePolicy { policy: policy.clone() }).await;
    let error = asked.try_ask(O::DescribePolicy { policy }).await.unwrap_err();
    assert_eq!((&*error.code, error.kind), ("PolicyNotFoundException", ErrorKind::NotFound));
    asked.done(O::DeleteOrganizationalUnit { unit }).await;
    assert_eq!(units_under(asked, root).await, ["Customers-Renamed"]);
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

async fn roles(asked: &Asked, account: AccountId) -> String {
    use Operation as O;
    let missing = asked.try_ask(O::GetRole { name: "flow".into() }).await.unwrap_err();
    assert_eq!((&*missing.code, missing.kind), ("NoSuchEntity", ErrorKind::NotFound));
    let create = O::CreateRole { name: "flow".into(), trust: TRUST.into(), tags: mark("role") };
    let created = expect!(asked.ask(create.clone()), Role);
    assert_eq!(created.arn, format!("arn:aws:iam::{account}:role/flow"));
    let again = asked.try_ask(create).await.unwrap_err();
    assert_eq!((&*again.code, again.kind), ("EntityAlreadyExists", ErrorKind::AlreadyExists));
    let found = expect!(asked.ask(O::GetRole { name: "flow".into() }), Role);
    assert_eq!((&found.trust, &found), (&TRUST.to_owned(), &created));

    asked
        .done(O::PutRolePolicy { role: "flow".into(), name: "deliver".into(), document: DOCUMENT.into() })
        .await;
    asked.done(O::TagRole { role: "flow".into(), tags: tags(&[("extra", "1")]) }).await;
    asked.done(O::UntagRole { role: "flow".into(), keys: vec!["securebase:zone".into()] }).await;
    let found = expect!(asked.ask(O::GetRole { name: "flow".into() }), Role);
    assert_eq!(found.tags, tags(&[("extra", "1"), ("securebase:address", "role")]));
    created.arn
}

async fn log_groups(asked: &Asked) {
    use Operation as O;
    let create = O::CreateLogGroup { name: "/vpc/flow".into(), tags: mark("group") };
    asked.done(create.clone()).await;
    let again = asked.try_ask(create).await.unwrap_err();
    assert_eq!((&*again.code, again.kind), ("ResourceAlreadyExistsException", ErrorKind::AlreadyExists));
    asked.done(O::CreateLogGroup { name: "/other".into(), tags: Tags::new() }).await;
    asked.done(O::PutRetentionPolicy { group: "/vpc/flow".into(), days: 365 }).await;
    let groups = O::DescribeLogGroups { prefix: "/vpc".into(), page: None };
    let groups = expect!(asked.ask(groups), LogGroups).items;
    let [group] = &*groups else { panic!("{groups:?}") };
    assert_eq!((&*group.name, group.retention_days), ("/vpc/flow", Some(365)));
    assert!(group.arn.ends_with(":log-group:/vpc/flow"), "{}", group.arn);
    let all = expect!(asked.ask(O::DescribeLogGroups { prefix: String::new(), page: None }), LogGroups).items;
    assert_eq!(all.iter().find(|group| group.name == "/other").unwrap().retention_days, None);

    let arn = group.arn.clone();
    let of_group = |reply: Reply| match reply {
        Reply::Tags(tags, None) => tags,
        other => panic!("{other:?}"),
    };
    assert_eq!(of_group(asked.ask(O::ListLogGroupTags { arn: arn.clone() }).await), mark("group"));
    asked.done(O::TagLogGroup { arn: arn.clone(), tags: tags(&[("extra", "1")]) }).await;
    asked.done(O::UntagLogGroup { arn: arn.clone(), keys: vec!["securebase:zone".into()] }).await;
    let left = of_group(asked.ask(O::ListLogGroupTags { arn }).await);
    assert_eq!(left, tags(&[("extra", "1"), ("securebase:address", "group")]));
    asked.done(O::DeleteLogGroup { name: "/other".into() }).await;
}

async fn networks(asked: &Asked) -> (ResourceId, ResourceId) {
    use Operation as O;
    let vpc = asked.create(O::CreateVpc { cidr: "10.1.0.0/16".parse().unwrap(), tags: mark("vpc") }).await;
    let found = expect!(asked.ask(O::DescribeVpcs { tags: mark("vpc"), page: None }), Vpcs).items;
    let [ours] = &*found else { panic!("{found:?}") };
    assert_eq!((&ours.id, &*ours.cidr.to_string(), ours.is_default), (&vpc, "10.1.0.0/16", false));
    assert_eq!(ours.tags, mark("vpc"));
    let all = expect!(asked.ask(O::DescribeVpcs { tags: Tags::new(), page: None }), Vpcs).items;
    assert!(all.iter().any(|vpc| vpc.is_default), "every region has a default VPC: {all:?}");

    for (attribute, before) in [(VpcAttribute::DnsSupport, true), (VpcAttribute::DnsHostnames, false)] {
        let ask = || asked.ask(O::DescribeVpcAttribute { vpc: vpc.clone(), attribute });
        assert_eq!(expect!(ask(), VpcAttribute), before, "{attribute:?}");
        asked.done(O::ModifyVpcAttribute { vpc: vpc.clone(), attribute, value: !before }).await;
        assert_eq!(expect!(ask(), VpcAttribute), !before, "{attribute:?}");
    }

    asked.done(O::CreateTags { resource: vpc.clone(), tags: tags(&[("extra", "1")]) }).await;
    asked.done(O::DeleteTags { resource: vpc.clone(), keys: vec!["securebase:zone".into()] }).await;
    let left = tags(&[("extra", "1"), ("securebase:address", "vpc")]);
    let found = expect!(asked.ask(O::DescribeVpcs { tags: left.clone(), page: None }), Vpcs).items;
    assert_eq!(found.into_iter().map(|vpc| vpc.tags).collect::<Vec<_>>(), [left]);
    assert_eq!(expect!(asked.ask(O::DescribeVpcs { tags: mark("vpc"), page: None }), Vpcs).items, []);

    let create = O::CreateSubnet {
        vpc: vpc.clone(),
        cidr: "10.1.1.0/24".parse().unwrap(),
        zone: "eu-central-1a".into(),
        tags: mark("subnet"),
    };
    let subnet = asked.create(create.clone()).await;
    let clash = asked.try_ask(create).await.unwrap_err();
    assert_eq!((&*clash.code, clash.kind), ("InvalidSubnet.Conflict", ErrorKind::Permanent));
    let found = expect!(asked.ask(O::DescribeSubnets { tags: mark("subnet"), page: None }), Subnets).items;
    let [ours] = &*found else { panic!("{found:?}") };
    assert_eq!((&ours.id, &ours.vpc, &*ours.cidr.to_string()), (&subnet, &vpc, "10.1.1.0/24"));
    assert_eq!((&*ours.zone, &ours.tags), ("eu-central-1a", &mark("subnet")));
    (vpc, subnet)
}

async fn flow_logs(asked: &Asked, vpc: &ResourceId, role_arn: &str) {
    use Operation as O;
    let create = O::CreateFlowLogs {
        vpc: vpc.clone(),
        log_group: "/vpc/flow".into(),
        role_arn: role_arn.into(),
        client_token: "token".into(),
        tags: mark("flow log"),
    };
    let flow_log = asked.create(create.clone()).await;
    let again = asked.try_ask(create).await.unwrap_err();
    assert_eq!((&*again.code, again.kind), ("FlowLogAlreadyExists", ErrorKind::AlreadyExists));
    let list = || asked.ask(O::DescribeFlowLogs { tags: mark("flow log"), page: None });
    let found = expect!(list(), FlowLogs).items;
    let [ours] = &*found else { panic!("{found:?}") };
    assert_eq!((&ours.id, &ours.vpc, &ours.tags), (&flow_log, vpc, &mark("flow log")));
    assert_eq!((ours.log_group.as_deref(), ours.role_arn.as_deref()), (Some("/vpc/flow"), Some(role_arn)));
    asked.done(O::DeleteFlowLogs { flow_log }).await;
    assert_eq!(expect!(list(), FlowLogs).items, []);
}

async fn gateways_and_routes(asked: &Asked, vpc: &ResourceId, subnet: &ResourceId) {
    use Operation as O;
    let internet = asked.create(O::CreateInternetGateway { tags: mark("igw") }).await;
    let list = || asked.ask(O::DescribeInternetGateways { tags: mark("igw"), page: None });
    assert_eq!(expect!(list(), InternetGateways).items[0].vpc, None);
    asked.done(O::AttachInternetGateway { gateway: internet.clone(), vpc: vpc.clone() }).await;
    let found = expect!(list(), InternetGateways).items;
    assert_eq!((&found[0].id, &found[0].vpc, found.len()), (&internet, &Some(vpc.clone()), 1));

    let address = asked.create(O::AllocateAddress { tags: mark("eip") }).await;
    let find = || asked.ask(O::DescribeAddresses { tags: mark("eip") });
    let found = expect!(find(), Addresses);
    assert_eq!((&found[0].id, &found[0].association, found.len()), (&address, &None, 1));
    assert!(found[0].public_ip.parse::<std::net::Ipv4Addr>().is_ok(), "{found:?}");

    let create = O::CreateNatGateway {
        subnet: subnet.clone(),
        allocation: address.clone(),
        client_token: "token".into(),
        tags: mark("nat"),
    };
    let nat = asked.create(create).await;
    let found =
        expect!(asked.ask(O::DescribeNatGateways { tags: mark("nat"), page: None }), NatGateways).items;
    let [ours] = &*found else { panic!("{found:?}") };
    assert_eq!((&ours.id, &ours.vpc, &ours.subnet), (&nat, vpc, subnet));
    assert_eq!((&ours.allocation, &ours.failure), (&Some(address.clone()), &None));
    assert_eq!(ours.state, deviations::NAT_GATEWAYS_START);

    let create = O::CreateRouteTable { vpc: vpc.clone(), client_token: "token".into(), tags: mark("table") };
    let table = asked.create(create).await;
    let association =
        asked.create(O::AssociateRouteTable { table: table.clone(), subnet: subnet.clone() }).await;
    let destination = "0.0.0.0/0".parse().unwrap();
    let create = O::CreateRoute { table: table.clone(), destination, gateway: nat.clone() };
    asked.done(create.clone()).await;
    let again = asked.try_ask(create).await.unwrap_err();
    assert_eq!((&*again.code, again.kind), ("RouteAlreadyExists", ErrorKind::AlreadyExists));
    let list = || asked.ask(O::DescribeRouteTables { tags: mark("table"), page: None });
    let found = expect!(list(), RouteTables).items;
    let [ours] = &*found else { panic!("{found:?}") };
    assert_eq!((&ours.id, &ours.vpc), (&table, vpc));
    let routes: Vec<_> = ours.routes.iter().map(|r| (r.destination, &r.gateway, r.blackhole)).collect();
    assert_eq!(routes, [(destination, &nat, false)]);
    let associations: Vec<_> = ours.associations.iter().map(|a| (&a.id, &a.subnet)).collect();
    assert_eq!(associations, [(&association, subnet)]);

    asked.done(O::ReplaceRoute { table: table.clone(), destination, gateway: internet.clone() }).await;
    assert_eq!(expect!(list(), RouteTables).items[0].routes[0].gateway, internet);
    asked.done(O::DeleteRoute { table: table.clone(), destination }).await;
    asked.done(O::DisassociateRouteTable { association }).await;
    let found = expect!(list(), RouteTables).items;
    assert!(found[0].routes.is_empty() && found[0].associations.is_empty(), "{found:?}");
    asked.done(O::DeleteRouteTable { table }).await;
    assert_eq!(expect!(list(), RouteTables).items, []);

    asked.done(O::DeleteNatGateway { gateway: nat }).await;
    let left =
        expect!(asked.ask(O::DescribeNatGateways { tags: mark("nat"), page: None }), NatGateways).items;
    assert!(left.iter().all(|nat| nat.state == NatGatewayState::Deleted), "{left:?}");
    asked.done(O::ReleaseAddress { allocation: address }).await;
    assert_eq!(expect!(find(), Addresses), []);

    let vpn = asked.create(O::CreateVpnGateway { tags: mark("vgw") }).await;
    let list = || asked.ask(O::DescribeVpnGateways { tags: mark("vgw") });
    assert_eq!(expect!(list(), VpnGateways)[0].vpc, None);
    asked.done(O::AttachVpnGateway { gateway: vpn.clone(), vpc: vpc.clone() }).await;
    let found = expect!(list(), VpnGateways);
    assert_eq!((&found[0].id, &found[0].vpc, found[0].deleted), (&vpn, &Some(vpc.clone()), false));
    asked.done(O::DetachVpnGateway { gateway: vpn.clone(), vpc: vpc.clone() }).await;
    assert_eq!(expect!(list(), VpnGateways)[0].vpc, None);
    asked.done(O::DeleteVpnGateway { gateway: vpn }).await;
    assert!(expect!(list(), VpnGateways).iter().all(|gateway| gateway.deleted));
}

async fn removal(asked: &Asked, vpc: &ResourceId, subnet: &ResourceId) {
    use Operation as O;
    let list = || asked.ask(O::DescribeInternetGateways { tags: mark("igw"), page: None });
    let gateway = expect!(list(), InternetGateways).items[0].id.clone();
    asked.done(O::DetachInternetGateway { gateway: gateway.clone(), vpc: vpc.clone() }).await;
    asked.done(O::DeleteInternetGateway { gateway }).await;
    assert_eq!(expect!(list(), InternetGateways).items, []);
    asked.done(O::DeleteSubnet { subnet: subnet.clone() }).await;
    asked.done(O::DeleteVpc { vpc: vpc.clone() }).await;
    let gone = asked.try_ask(O::DeleteVpc { vpc: vpc.clone() }).await.unwrap_err();
    assert_eq!((&*gone.code, gone.kind), ("InvalidVpcID.NotFound", ErrorKind::NotFound));
    asked.done(O::DeleteRolePolicy { role: "flow".into(), name: "deliver".into() }).await;
    asked.done(O::DeleteRole { name: "flow".into() }).await;
    let gone = asked.try_ask(O::GetRole { name: "flow".into() }).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    asked.done(O::DeleteLogGroup { name: "/vpc/flow".into() }).await;
}

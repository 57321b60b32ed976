//! The picture itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Reading, Unread};
use crate::cloud::ec2::{
    ElasticIp, FlowLog, InternetGateway, NatGateway, RouteTable, Subnet, Vpc, VpcEndpoint, VpnGateway,
};
use crate::cloud::iam::Role;
use crate::cloud::kms::Key;
use crate::cloud::logs::LogGroup;
use crate::cloud::organizations::{Account, AccountState, ControlPolicy, Organization, Root};
use crate::model::{AccountId, Region, ResourceId, Tags, UsableZones};

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The organization, `None` where the account belongs to none.
    pub organization: Option<ObservedOrganization>,
    /// What is in each member account and region that was asked about.
    pub members: BTreeMap<AccountId, BTreeMap<Region, Reading<ObservedMember>>>,
}

impl Observed {
    /// What is in an account in one region.
    pub fn member(&self, account: AccountId, region: &Region) -> Reading<&ObservedMember> {
        let asked = self.members.get(&account).and_then(|regions| regions.get(region));
        asked.map_or(Reading::Unknown(Unread::NotAsked), Reading::as_ref)
    }

    /// Every account and region that was read, with what is in it.
    pub fn known_members(&self) -> impl Iterator<Item = (AccountId, &Region, &ObservedMember)> {
        self.readings().filter_map(|(account, region, reading)| Some((account, region, reading.known()?)))
    }

    /// As [`Observed::known_members`], of one account.
    pub fn known_regions(&self, account: AccountId) -> impl Iterator<Item = (&Region, &ObservedMember)> {
        let regions = self.members.get(&account).into_iter().flatten();
        regions.filter_map(|(region, reading)| Some((region, reading.known()?)))
    }

    /// Every account and region that was asked about and not read, with the reason.
    pub fn unread_members(&self) -> impl Iterator<Item = (AccountId, &Region, &Unread)> {
        self.readings().filter_map(|(account, region, reading)| Some((account, region, reading.unread()?)))
    }

    fn readings(&self) -> impl Iterator<Item = (AccountId, &Region, &Reading<ObservedMember>)> {
        self.members.iter().flat_map(|(account, regions)| {
            regions.iter().map(move |(region, reading)| (*account, region, reading))
        })
    }
}

/// The organization and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedOrganization {
    /// The organization itself.
    pub organization: Organization,
    /// Its root.
    pub root: Root,
    /// Its units, parents before children.
    pub units: Vec<ObservedUnit>,
    /// The accounts that sit in its root or in one of the units above, and any other that the zone is concerned with.
    pub accounts: Vec<ObservedAccount>,
    /// How many accounts there are besides.
    pub other_account_count: usize,
    /// Its service control policies, AWS's own included.
    pub policies: Vec<ObservedPolicy>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedUnit {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// The root or unit above.
    pub parent: ResourceId,
    /// Its tags.
    pub tags: Tags,
    /// How many policies of others are attached to it, AWS's own included; `None` where it was not asked, because no
    /// guardrails hang on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_policies: Option<usize>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAccount {
    /// The account.
    pub account: Account,
    /// The root or unit it sits in.
    pub parent: ResourceId,
    /// Its tags.
    pub tags: Tags,
}

impl ObservedAccount {
    /// Whether the account is closed, on its way there, or suspended by AWS.
    pub fn is_closed(&self) -> bool {
        matches!(
            self.account.state,
            AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed
        )
    }
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPolicy {
    /// The policy, with its document unless AWS made it.
    pub policy: ControlPolicy,
    /// Where it is attached.
    pub targets: Vec<ResourceId>,
    /// Its tags.
    pub tags: Tags,
}

/// What is in one member account and region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObservedMember {
    /// Its VPCs.
    pub vpcs: Vec<ObservedVpc>,
    /// VPCs that are nobody's default and not ours: only their blocks matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_vpcs: Vec<Vpc>,
    /// The zones a network can be built in; `None` where they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<UsableZones>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// Its internet gateways.
    pub internet_gateways: Vec<InternetGateway>,
    /// Its elastic IPs.
    pub elastic_ips: Vec<ElasticIp>,
    /// Its NAT gateways, gone ones included while they list.
    pub nat_gateways: Vec<NatGateway>,
    /// Its route tables.
    pub route_tables: Vec<RouteTable>,
    /// Its flow logs.
    pub flow_logs: Vec<FlowLog>,
    /// Its virtual private gateways.
    pub vpn_gateways: Vec<VpnGateway>,
    /// Its gateway endpoints: ours, and those of others that route tables of ours lead to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_endpoints: Vec<VpcEndpoint>,
    /// Its roles that were asked for by name.
    pub roles: Vec<Role>,
    /// The inline policies of those roles that were asked for by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub role_policies: Vec<ObservedRolePolicy>,
    /// Its log groups that were asked for by name.
    pub log_groups: Vec<ObservedLogGroup>,
    /// Its keys that are ours and not going to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<ObservedKey>,
}

impl ObservedMember {
    /// Whether there is nothing in it that a zone made or must know of.
    pub fn is_empty(&self) -> bool {
        let Self {
            vpcs,
            foreign_vpcs,
            // Every account has zones, whatever else is in it.
            zones: _,
            subnets,
            internet_gateways,
            elastic_ips,
            nat_gateways,
            route_tables,
            flow_logs,
            vpn_gateways,
            vpc_endpoints,
            roles,
            role_policies,
            log_groups,
            keys,
        } = self;
        vpcs.is_empty()
            && foreign_vpcs.is_empty()
            && subnets.is_empty()
            && internet_gateways.is_empty()
            && elastic_ips.is_empty()
            && nat_gateways.is_empty()
            && route_tables.is_empty()
            && flow_logs.is_empty()
            && vpn_gateways.is_empty()
            && vpc_endpoints.is_empty()
            && roles.is_empty()
            && role_policies.is_empty()
            && log_groups.is_empty()
            && keys.is_empty()
    }

    /// Leaves out what is neither `ours`, by its tags, nor part of that VPC.
    pub fn keep_within(&mut self, vpc: &ResourceId, ours: impl Fn(&Tags) -> bool) {
        let Self {
            vpcs: _,
            foreign_vpcs: _,
            zones: _,
            subnets,
            internet_gateways,
            elastic_ips,
            nat_gateways,
            route_tables,
            flow_logs,
            vpn_gateways,
            vpc_endpoints,
            roles: _,
            role_policies: _,
            log_groups: _,
            keys: _,
        } = self;
        subnets.retain(|found| found.vpc == *vpc || ours(&found.tags));
        internet_gateways.retain(|found| found.vpc.as_ref() == Some(vpc) || ours(&found.tags));
        nat_gateways.retain(|found| found.vpc == *vpc || ours(&found.tags));
        route_tables.retain(|found| found.vpc == *vpc || ours(&found.tags));
        vpn_gateways.retain(|found| found.vpc.as_ref() == Some(vpc) || ours(&found.tags));
        vpc_endpoints.retain(|found| found.vpc == *vpc || ours(&found.tags));
        flow_logs.retain(|found| found.vpc == *vpc || ours(&found.tags));
        elastic_ips.retain(|found| {
            ours(&found.tags) || nat_gateways.iter().any(|nat| nat.allocation.as_ref() == Some(&found.id))
        });
    }
}

/// A VPC with the attributes that AWS tells one a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedVpc {
    /// The VPC.
    pub vpc: Vpc,
    /// Name resolution.
    pub dns_support: bool,
    /// Public DNS names.
    pub dns_hostnames: bool,
}

/// An inline policy of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedRolePolicy {
    /// The name of the role.
    pub role: String,
    /// Its own name.
    pub name: String,
    /// Its document, as JSON text.
    pub document: String,
}

/// A log group with its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedLogGroup {
    /// The group.
    pub group: LogGroup,
    /// Its tags.
    pub tags: Tags,
}

/// A key with what AWS tells one a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedKey {
    /// The key.
    pub key: Key,
    /// Its policy, as JSON text.
    pub policy: String,
    /// How many days lie between two rotations; `None` for a key without rotation.
    pub rotation_days: Option<u32>,
    /// Its tags.
    pub tags: Tags,
}

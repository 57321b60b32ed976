//! The shapes of AWS's address manager (VPC IPAM) and of `DescribeVpcs`.
//!
//! Members are named as the EC2 API names them; members we do not need are left alone when read. Source: EC2 API, version
//! 2016-11-15.

use serde::{Deserialize, Serialize};

use super::{ExistingVpc, Row, SUB_POOL, row};
use crate::model::diagnostics::document;
use crate::model::{AnyCidr, Cidr, Problem, Problems};
use crate::net::pool::snapshot::AllocationKind;
use crate::net::pool::{AddressPool, check_name, plain};

/// What the address manager answers, any part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpamDocument {
    /// As `DescribeIpamPools` lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipam_pools: Vec<IpamPool>,
    /// As `GetIpamPoolCidrs` lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipam_pool_cidrs: Vec<IpamPoolCidr>,
    /// As `GetIpamPoolAllocations` lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipam_pool_allocations: Vec<IpamPoolAllocation>,
    /// As `DescribeVpcs` lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<DescribedVpc>,
}

/// What the four calls answer with.
const ANSWERS: [&str; 4] = ["IpamPools", "IpamPoolCidrs", "IpamPoolAllocations", "Vpcs"];

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpamPool {
    /// Its id; AWS assigns it, so it is absent in what we write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipam_pool_id: Option<String>,
    /// The pool it takes its ranges from, by description in what we write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ipam_pool_id: Option<String>,
    /// What it is for: our path.
    pub description: String,
    /// `ipv4`.
    pub address_family: String,
    /// The largest block that may be allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation_min_netmask_length: Option<u8>,
    /// The smallest block that may be allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation_max_netmask_length: Option<u8>,
}

/// A range of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpamPoolCidr {
    /// The range.
    pub cidr: String,
    /// `provisioned` where it is in force.
    pub state: String,
}

/// A block given out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpamPoolAllocation {
    /// The block.
    pub cidr: String,
    /// Its id; absent in what we write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipam_pool_allocation_id: Option<String>,
    /// Whom it is for: our owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// `vpc`, `custom`, `ipam-pool` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The account that uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_owner: Option<String>,
    /// What AWS has no member for: kind, tier and pool, in the shape of its tags. AWS's own answers have none here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// The keys of the tags we write.
const KIND: &str = "securebase:kind";
const TIER: &str = "securebase:tier";
const POOL: &str = "securebase:pool";

impl IpamPoolAllocation {
    fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }
}

/// Tags of those values that there are.
fn tags(values: [(&str, &str); 3]) -> Vec<Tag> {
    let given = values.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(key, value)| Tag { key: key.to_owned(), value: value.to_owned() }).collect()
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribedVpc {
    /// Its id.
    pub vpc_id: String,
    /// The account it is in.
    pub owner_id: String,
    /// Its primary block.
    pub cidr_block: String,
    /// All its blocks.
    pub cidr_block_association_set: Vec<CidrAssociation>,
    /// Whether it is a region's default VPC.
    pub is_default: bool,
}

/// A block of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CidrAssociation {
    /// The block.
    pub cidr_block: String,
    /// Whether it is in force.
    pub cidr_block_state: CidrState,
}

/// Whether a block of a VPC is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CidrState {
    /// `associated`, or on the way there or away.
    pub state: String,
}

impl IpamDocument {
    /// Reads the answer of any of the four calls, or several in one object.
    ///
    /// # Errors
    /// One problem `json-malformed` where the text is not JSON, else those of [`IpamDocument::from_value`].
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::from_value(&plain("answer of the EC2 API", text)?)
    }

    /// As [`IpamDocument::parse`], from a plain value.
    ///
    /// # Errors
    /// One problem with the path of what does not fit, or for a map that is none of the four answers; every block that is none, and
    /// every VPC without an id.
    pub fn from_value(document: &serde_json::Value) -> Result<Self, Problems> {
        let is_answer = |members: &serde_json::Map<String, serde_json::Value>| {
            members.is_empty() || ANSWERS.iter().any(|name| members.contains_key(*name))
        };
        if document.as_object().is_some_and(|members| !is_answer(members)) {
            let message = format!("invalid document: expected at least one of {}", ANSWERS.join(", "));
            let hint = "give what the EC2 API answers to one of the four calls";
            return Err(Problem::error("attribute-missing", "", message, hint).into());
        }
        let document: Self = document::read("", document)?;
        document.check()?;
        Ok(document)
    }

    /// Refuses what no answer holds: ranges that are not blocks of either version of IP, and VPCs without an id.
    fn check(&self) -> Result<(), Problems> {
        let ranges = self.ipam_pool_cidrs.iter().enumerate().filter_map(|(n, range)| {
            Some(AnyCidr::parse(&range.cidr).err()?.problem(format!("IpamPoolCidrs[{n}].Cidr")))
        });
        let unnamed = |(n, vpc): (usize, &DescribedVpc)| {
            let error = check_name("VPC", &vpc.vpc_id).err()?;
            Some(error.problem(format!("Vpcs[{n}].VpcId")))
        };
        let problems: Vec<Problem> = ranges.chain(self.vpcs.iter().enumerate().filter_map(unnamed)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }

    /// The ranges in force.
    ///
    /// # Errors
    /// Every range that is no block.
    pub fn ranges(&self) -> Result<Vec<Cidr>, Problems> {
        let in_force =
            self.ipam_pool_cidrs.iter().enumerate().filter(|(_, cidr)| cidr.state == "provisioned");
        collect(in_force.map(|(n, cidr)| {
            Cidr::parse(&cidr.cidr).map_err(|error| vec![error.problem(format!("IpamPoolCidrs[{n}].Cidr"))])
        }))
    }

    /// The allocations as rows to import: reservations for whom the description names, else the using resource, else the
    /// allocation's id. What we have written is what it was: an allocation of its tier in its sub-pool. Ranges that went to another
    /// pool than one of ours are left out, as they come with that pool.
    ///
    /// # Errors
    /// Every allocation without a block or a name.
    pub fn rows(&self) -> Result<Vec<Row>, Problems> {
        let used = self.ipam_pool_allocations.iter().enumerate();
        let used = used.filter(|(_, allocation)| {
            allocation.resource_type.as_deref() != Some("ipam-pool") || allocation.tag(KIND) == Some(SUB_POOL)
        });
        collect(used.map(|(n, allocation)| {
            let IpamPoolAllocation { description, resource_id, ipam_pool_allocation_id, .. } = allocation;
            let names = [description, resource_id, ipam_pool_allocation_id];
            let owner = names.into_iter().flatten().find(|name| !name.trim().is_empty());
            let [kind, tier, pool] = [KIND, TIER, POOL].map(|key| allocation.tag(key));
            let words = [owner.map(String::as_str), Some(allocation.cidr.as_str()), kind, tier, pool];
            row(words, &format!("IpamPoolAllocations[{n}]"), None)
        }))
    }

    /// The VPCs with their blocks in force. Default VPCs are left out: every region of every account has the same.
    ///
    /// # Errors
    /// Every block that is none.
    pub fn existing(&self) -> Result<Vec<ExistingVpc>, Problems> {
        collect(self.vpcs.iter().enumerate().filter(|(_, vpc)| !vpc.is_default).map(|(n, vpc)| {
            let mut blocks = Vec::new();
            let mut problems = Vec::new();
            let more = vpc
                .cidr_block_association_set
                .iter()
                .filter(|block| block.cidr_block_state.state == "associated");
            for text in std::iter::once(&vpc.cidr_block).chain(more.map(|block| &block.cidr_block)) {
                match Cidr::parse(text) {
                    Ok(block) if blocks.contains(&block) => {}
                    Ok(block) => blocks.push(block),
                    Err(error) => problems.push(error.problem(format!("Vpcs[{n}].CidrBlock"))),
                }
            }
            let vpc = ExistingVpc { account: vpc.owner_id.clone(), vpc_id: vpc.vpc_id.clone(), blocks };
            if problems.is_empty() { Ok(vpc) } else { Err(problems) }
        }))
    }

    /// A pool in AWS's shapes: its sub-pools as pools, its ranges, and its allocations as `custom` ones with the owner as
    /// description. Pins are left out: they may overlap, which AWS's pools refuse.
    pub fn of(pool: &AddressPool) -> Self {
        let describe =
            |path: &str| if path.is_empty() { "securebase".to_owned() } else { format!("securebase/{path}") };
        let mut document = Self::default();
        for path in pool.state.spaces.keys() {
            let parent = crate::net::pool::state::parent_of(path);
            document.ipam_pools.push(IpamPool {
                ipam_pool_id: None,
                source_ipam_pool_id: parent.map(describe),
                description: describe(path),
                address_family: "ipv4".to_owned(),
                allocation_min_netmask_length: Some(crate::net::rules::PREFIX_LEN_MIN),
                allocation_max_netmask_length: Some(crate::net::rules::PREFIX_LEN_MAX),
            });
        }
        for (path, range) in pool.sub_pools() {
            document.ipam_pool_allocations.push(IpamPoolAllocation {
                cidr: range.to_string(),
                description: Some(describe(path)),
                resource_type: Some("ipam-pool".to_owned()),
                tags: tags([(KIND, SUB_POOL), (TIER, ""), (POOL, path)]),
                ..IpamPoolAllocation::default()
            });
        }
        for range in pool.ranges() {
            document
                .ipam_pool_cidrs
                .push(IpamPoolCidr { cidr: range.to_string(), state: "provisioned".to_owned() });
        }
        for allocation in
            pool.allocations().iter().filter(|allocation| allocation.kind != AllocationKind::Pinned)
        {
            document.ipam_pool_allocations.push(IpamPoolAllocation {
                cidr: allocation.cidr.to_string(),
                description: Some(allocation.owner.to_string()),
                resource_type: Some("custom".to_owned()),
                tags: tags([
                    (KIND, allocation.kind.as_str()),
                    (TIER, allocation.tier.as_deref().unwrap_or_default()),
                    (POOL, &allocation.pool),
                ]),
                ..IpamPoolAllocation::default()
            });
        }
        document
    }
}

/// Everything, or every problem.
fn collect<T>(parts: impl Iterator<Item = Result<T, Vec<Problem>>>) -> Result<Vec<T>, Problems> {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for part in parts {
        match part {
            Ok(part) => all.push(part),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(Problems(problems)) }
}

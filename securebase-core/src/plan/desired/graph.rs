//! The desired graph: resources, and what each waits for. petgraph stays in here.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

use crate::kinds::ResourceSpec;
use crate::model::{Address, Region, ResourceKind, TenantKey};
use crate::plan::Error;

/// Why one resource waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyReason {
    /// It needs the other's id.
    Id,
    /// Service control policies must be enabled before one can be made.
    PoliciesEnabled,
    /// The guardrails must be in force before an account comes to exist or moves in.
    Guarded,
    /// Nothing is built in an account outside its organizational unit: its guardrails would not apply there.
    Placed,
    /// Nothing is built in an account that does not answer yet.
    Ready,
    /// A NAT gateway fails in a VPC without an attached internet gateway.
    Attached,
    /// What depends on it must be gone first.
    Freed,
    /// No account may lose its guardrails: those that leave must have left first.
    Left,
    /// An account is suspended when nothing is left in it that would go on costing.
    TornDown,
}

impl DependencyReason {
    /// The reason in words that complete «waits because …».
    pub fn text(self) -> &'static str {
        match self {
            Self::Id => "its id is needed",
            Self::PoliciesEnabled => "service control policies must be enabled first",
            Self::Guarded => "the guardrails must be in force first",
            Self::Placed => "the account must be in its organizational unit first",
            Self::Ready => "the account must be ready to be worked in",
            Self::Attached => "the internet gateway must be attached first",
            Self::Freed => "what depends on it must be gone first",
            Self::Left => "the accounts that leave must have left first",
            Self::TornDown => "the network must be taken down first",
        }
    }
}

/// One edge of the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependency {
    /// What is waited for.
    pub on: Address,
    /// Why.
    #[serde(rename = "why")]
    pub reason: DependencyReason,
}

/// One resource as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// What it must look like.
    pub spec: ResourceSpec,
    /// The tenant it belongs to, `None` for the organization's own.
    pub tenant: Option<TenantKey>,
    /// The region its calls go to.
    pub region: Region,
    /// What it waits for besides the resources its spec names.
    pub after: Vec<Dependency>,
}

impl Resource {
    /// Its kind.
    pub fn kind(&self) -> ResourceKind {
        self.spec.kind()
    }

    /// All it waits for, each once, in address order.
    pub fn dependencies(&self) -> Vec<Dependency> {
        let mut all: BTreeMap<&Address, DependencyReason> = BTreeMap::new();
        for dependency in &self.after {
            all.insert(&dependency.on, dependency.reason);
        }
        for address in self.spec.references() {
            all.insert(address, DependencyReason::Id);
        }
        all.into_iter().map(|(on, reason)| Dependency { on: on.clone(), reason }).collect()
    }
}

/// Every resource of a zone; each comes after all it waits for.
#[derive(Debug, Clone)]
pub struct ResourceGraph {
    resources: IndexMap<Address, Resource>,
}

impl ResourceGraph {
    /// A graph of those resources, in an order in which they can come to exist.
    ///
    /// # Errors
    /// [`Error::DuplicateAddress`], [`Error::Dangling`] where one names a resource that is not among them,
    /// [`Error::Cycle`] with the circle.
    pub fn new(resources: Vec<Resource>) -> Result<Self, Error> {
        let mut graph = DiGraph::<usize, ()>::with_capacity(resources.len(), resources.len() * 3);
        let mut nodes: IndexMap<&Address, NodeIndex> = IndexMap::with_capacity(resources.len());
        for (index, resource) in resources.iter().enumerate() {
            if nodes.insert(&resource.address, graph.add_node(index)).is_some() {
                return Err(Error::DuplicateAddress(resource.address.clone()));
            }
        }
        for (index, resource) in resources.iter().enumerate() {
            // One that is named twice is waited for twice, which is the same.
            let after = resource.after.iter().map(|dependency| &dependency.on);
            for on in after.chain(resource.spec.references()) {
                let from = nodes
                    .get(on)
                    .ok_or_else(|| Error::Dangling { from: resource.address.clone(), to: on.clone() })?;
                graph.add_edge(*from, nodes[index], ());
            }
        }
        let order = in_order(&graph).map_err(|circle| Error::Cycle {
            path: circle.into_iter().map(|index| resources[index].address.clone()).collect(),
        })?;
        let mut slots: Vec<Option<Resource>> = resources.into_iter().map(Some).collect();
        let resources = order
            .into_iter()
            .filter_map(|index| slots[index].take())
            .map(|resource| (resource.address.clone(), resource))
            .collect();
        Ok(Self { resources })
    }

    /// The resources, each after all it waits for.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// A resource by address.
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}

/// Indices so that each comes after all it waits for, otherwise as close to the given order as possible; or a circle.
pub(in crate::plan) fn in_order(graph: &DiGraph<usize, ()>) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|node| graph.edges_directed(node, petgraph::Incoming).count()).collect();
    let mut ready: std::collections::BTreeSet<NodeIndex> =
        graph.node_indices().filter(|node| waiting[node.index()] == 0).collect();
    let mut order = Vec::with_capacity(graph.node_count());
    while let Some(node) = ready.pop_first() {
        order.push(graph[node]);
        for edge in graph.edges(node) {
            let next = edge.target();
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.insert(next);
            }
        }
    }
    if order.len() == graph.node_count() { Ok(order) } else { Err(circle(graph)) }
}

/// A circle in a graph that has one: indices in the order of waiting, the first repeated at the end.
fn circle(graph: &DiGraph<usize, ()>) -> Vec<usize> {
    let knot = tarjan_scc(graph)
        .into_iter()
        .find(|knot| knot.len() > 1 || knot.iter().any(|node| graph.contains_edge(*node, *node)))
        .unwrap_or_default();
    // Walk inside the knot until a node comes again: what lies between is a circle.
    let mut walk: Vec<NodeIndex> = knot.first().copied().into_iter().collect();
    while let Some(last) = walk.last().copied() {
        let Some(next) = graph.neighbors(last).find(|next| knot.contains(next)) else { break };
        if let Some(start) = walk.iter().position(|node| *node == next) {
            walk.push(next);
            return walk[start..].iter().map(|node| graph[*node]).collect();
        }
        walk.push(next);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ElasticIpSpec;
    use crate::model::Tags;

    fn resource(name: &str, after: &[&str]) -> Resource {
        Resource {
            address: Address::new(name),
            spec: ResourceSpec::ElasticIp(ElasticIpSpec { tags: Tags::new() }),
            tenant: None,
            region: Region::us_east_1(),
            after: after
                .iter()
                .map(|on| Dependency { on: Address::new(on), reason: DependencyReason::Id })
                .collect(),
        }
    }

    #[test]
    fn order_respects_edges_and_keeps_the_given_order_otherwise() {
        let graph =
            ResourceGraph::new(vec![resource("d", &["b", "c"]), resource("c", &[]), resource("b", &[])])
                .unwrap();
        let order: Vec<_> = graph.iter().map(|resource| resource.address.as_str()).collect();
        assert_eq!(order, ["c", "b", "d"]);
    }

    #[test]
    fn a_circle_is_reported_with_its_path() {
        let error = ResourceGraph::new(vec![
            resource("a", &["c"]),
            resource("b", &["a"]),
            resource("c", &["b"]),
            resource("outside", &["a"]),
        ])
        .unwrap_err();
        let Error::Cycle { path } = error else { panic!("{error}") };
        assert_eq!(path.len(), 4);
        assert_eq!(path.first(), path.last());
        assert!(!path.contains(&Address::new("outside")));
    }

    #[test]
    fn names_must_exist_and_be_unique() {
        assert!(matches!(ResourceGraph::new(vec![resource("a", &["nowhere"])]), Err(Error::Dangling { .. })));
        let twice = ResourceGraph::new(vec![resource("a", &[]), resource("a", &[])]);
        assert!(matches!(twice, Err(Error::DuplicateAddress(_))));
    }
}

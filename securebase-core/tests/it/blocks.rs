//! The addresses of a plan and of its zone.

use std::collections::BTreeMap;

use securebase_core::model::ResourceKind;
use securebase_core::net::{AllocationKind, Network};
use securebase_core::plan::{Action, Plan, PlannedBlock, Planner};

use crate::support::{TEN_TENANTS, applied, plan, zone};

/// The shipped tenants, of whom none says its block.
fn without_blocks() -> String {
    TEN_TENANTS.lines().filter(|line| !line.contains("vpc_cidr")).collect::<Vec<_>>().join("\n")
}

fn by_address(blocks: &[PlannedBlock]) -> BTreeMap<&str, (String, Option<String>)> {
    let shown = |block: &PlannedBlock| {
        (block.cidr.unwrap().to_string(), block.zone.as_ref().map(ToString::to_string))
    };
    blocks.iter().map(|block| (block.address.as_str(), shown(block))).collect()
}

#[test]
fn every_vpc_and_subnet_of_a_plan_has_a_block_written_or_not() {
    let plan = Planner::new(&zone(&without_blocks())).plan().unwrap();
    let blocks = plan.blocks();
    assert_eq!(blocks.len(), 40);
    assert!(blocks.iter().all(|block| block.cidr.is_some() && block.action == Action::Create));
    for tenant in &plan.tenants {
        let of = |kind| blocks.iter().filter(move |block| block.tenant == tenant.key && block.kind == kind);
        let vpc = of(ResourceKind::Vpc).next().unwrap().cidr.unwrap();
        assert_eq!(Some(vpc), tenant.vpc_cidr);
        assert_eq!(of(ResourceKind::Subnet).count(), 3);
        assert!(of(ResourceKind::Subnet).all(|subnet| vpc.contains(&subnet.cidr.unwrap())));
    }
    let table = plan.blocks_table().unwrap();
    assert_eq!(table.columns()[0].len(), 40);
    // A plan from a file says the same.
    assert_eq!(Plan::from_json(&plan.to_json()).unwrap().blocks(), blocks);
}

#[test]
fn what_stays_as_it_is_has_the_block_and_zone_that_were_observed() {
    let (cloud, _) = applied(&without_blocks());
    let before = Planner::new(&zone(&without_blocks())).plan().unwrap().blocks();
    let after = plan(&zone(&without_blocks()), &cloud).blocks();
    assert!(after.iter().all(|block| block.action == Action::NoOp && block.id.is_some()));
    let (before, after) = (by_address(&before), by_address(&after));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (address, (cidr, zone)) in &after {
        assert_eq!(cidr, &before[address].0, "{address}");
        assert_eq!(zone.is_some(), address.contains("subnet"), "{address}");
        assert!(zone.as_ref().is_none_or(|zone| zone.starts_with("us-east-1")), "{address}");
    }
}

#[test]
fn what_is_deleted_and_what_no_tenant_gets_is_no_block() {
    let (cloud, _) = applied(TEN_TENANTS);
    let leaving = TEN_TENANTS
        .replace("prefix        = \"acme\"", "prefix        = \"acme\"\n    offboard      = \"suspend\"");
    let blocks = plan(&zone(&leaving), &cloud).blocks();
    assert_eq!(blocks.len(), 36);
    assert!(blocks.iter().all(|block| block.tenant.as_str() != "acme-finance"));
    let without = TEN_TENANTS.replace("enable_vpc = true", "enable_vpc = false");
    assert_eq!(plan(&zone(&without), &cloud).blocks(), []);
    assert_eq!(Planner::new(&zone(&without)).addresses().unwrap().pool.allocations(), []);
}

#[test]
fn the_pool_of_a_zone_holds_its_blocks_and_its_network_can_be_readdressed() {
    let ten = zone(TEN_TENANTS);
    let addresses = Planner::new(&ten).addresses().unwrap();
    assert!(addresses.pool.allocations().iter().all(|allocation| allocation.kind == AllocationKind::Pinned));
    let network = Network::of_zone(&ten, &addresses.blocks).unwrap();
    let owners: Vec<&str> = network.members().iter().map(|member| member.owner.as_str()).collect();
    let proposal = network.propose(&owners, &addresses.pool).unwrap();
    let moves: Vec<String> =
        proposal.moves.iter().map(|one| format!("{} {} {}", one.owner, one.from, one.to)).collect();
    assert_eq!(moves.len(), 3, "{moves:?}");
    assert!(proposal.moves.iter().all(|one| {
        network.members().iter().all(|member| member.blocks.iter().all(|block| !block.overlaps(&one.to)))
    }));
    // What the plan chose is allocated, and the same again against the cloud that has it, pinned.
    let open = zone(&without_blocks());
    let chosen = Planner::new(&open).addresses().unwrap();
    assert!(chosen.pool.allocations().iter().all(|allocation| allocation.kind == AllocationKind::Allocated));
    let (cloud, _) = applied(&without_blocks());
    let found = Planner::new(&open).observed(&cloud.observe()).addresses().unwrap();
    assert_eq!(found.blocks, chosen.blocks);
    assert_eq!(found.pool.free(), chosen.pool.free());
}

#[test]
fn warnings_of_the_file_stand_once_a_code_in_the_text_and_are_counted_where_acknowledged() {
    let plain = Planner::new(&zone(TEN_TENANTS)).plan().unwrap();
    let text = plain.to_string();
    assert_eq!(text.matches("warning[cidr-overlap]").count(), 1, "{text}");
    assert!(text.contains("and 1 more `cidr-overlap` in the warnings of the zone"), "{text}");
    assert!(!text.contains("acknowledged"), "{text}");
    assert!(!plain.to_json().contains("acknowledged"));
    let accepting = format!("acknowledge = [\"cidr-overlap\"]\n{TEN_TENANTS}");
    let accepting = Planner::new(&zone(&accepting)).plan().unwrap();
    assert!(accepting.warnings.iter().all(|warning| warning.code != "cidr-overlap"));
    assert_eq!(accepting.acknowledged.len(), 2);
    let text = accepting.to_string();
    assert!(text.ends_with("2 warnings acknowledged\n") && !text.contains("[cidr-overlap]"), "{text}");
    assert_eq!(Plan::from_json(&accepting.to_json()).unwrap(), accepting);
    let steps = |plan: &Plan| plan.steps().cloned().collect::<Vec<_>>();
    assert_eq!(steps(&accepting), steps(&plain));
}

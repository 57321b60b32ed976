use super::ipam::IpamDocument;
use super::*;
use crate::model::PoolStrategy;
use crate::net::{BlockRequest, PoolSettings};

fn b(text: &str) -> Cidr {
    Cidr::parse(text).unwrap()
}

fn pool() -> AddressPool {
    AddressPool::new(&[b("10.0.0.0/8")], PoolSettings::new(PoolStrategy::Unique)).unwrap()
}

/// A pool with something of every kind.
fn full() -> AddressPool {
    let mut pool = pool();
    pool.carve_len("prod", 12).unwrap();
    pool.allocate(&BlockRequest::new(16, "acme, \"the\" tenant").tier(Some("fintech")).pool(Some("prod")))
        .unwrap();
    pool.reserve(b("10.99.0.0/16"), "on-premises").unwrap();
    pool.pin(b("192.168.0.0/16"), "legacy").unwrap();
    pool
}

#[test]
fn what_is_written_as_csv_is_read_again() {
    let text = csv::write(&full());
    assert_eq!(
        text,
        "owner,cidr,kind,tier,pool\n\
         ,10.0.0.0/12,sub-pool,,prod\n\
         \"acme, \"\"the\"\" tenant\",10.0.0.0/16,allocated,fintech,prod\n\
         legacy,192.168.0.0/16,pinned,,\n\
         on-premises,10.99.0.0/16,reserved,,\n"
    );
    let mut other = pool();
    other.carve_len("prod", 12).unwrap();
    other.import(&csv::read(&text, None).unwrap()).unwrap();
    assert_eq!(other, full());
}

#[test]
fn every_bad_cell_of_a_csv_is_reported_with_its_line() {
    let text = "cidr,note,Owner,kind\n10.0.0.0/16,x,a,reserved\n10.0.0.1/16,x,,\nten,x,b,\n10.1.0.0/16,x,c,lent\n10.2.0.0/16,x\n";
    let Problems(problems) = csv::read(text, Some("blocks.csv")).unwrap_err();
    let found: Vec<_> =
        problems.iter().map(|p| (p.place.clone().unwrap().line, p.path.as_str(), p.code.as_str())).collect();
    assert_eq!(
        found,
        [
            (3, "rows[1].owner", "name-malformed"),
            (3, "rows[1].cidr", "cidr-host-bits"),
            (4, "rows[2].cidr", "cidr-invalid"),
            (5, "rows[3].kind", "word-unknown"),
            (6, "rows[4]", "csv-malformed"),
        ]
    );
    let Problems(problems) = csv::read("name,net\n", None).unwrap_err();
    assert_eq!(problems[0].message, "the first line has no column `owner`, `cidr`");
}

#[test]
fn an_import_is_whole_or_nothing() {
    let mut pool = full();
    let before = pool.clone();
    let rows = csv::read("owner,cidr\na,10.50.0.0/16\nb,10.99.128.0/17\nc,11.0.0.0/16\n", None).unwrap();
    let Problems(problems) = pool.import(&rows).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["cidr-taken", "cidr-outside-pool"]);
    assert!(problems.iter().all(|problem| problem.place.is_some()));
    assert_eq!(pool, before);
    pool.import(&rows[..1]).unwrap();
    assert_eq!(pool.blocks_of("a"), [b("10.50.0.0/16")]);
}

#[test]
fn aws_shapes_are_read() {
    let document = IpamDocument::parse(
        r#"{"IpamPoolCidrs": [{"Cidr": "10.0.0.0/8", "State": "provisioned", "NetmaskLength": 8},
                              {"Cidr": "172.16.0.0/12", "State": "pending-provision"}],
            "IpamPoolAllocations": [
                {"Cidr": "10.0.0.0/16", "IpamPoolAllocationId": "ipam-pool-alloc-1", "ResourceId": "vpc-1", "ResourceType": "vpc"},
                {"Cidr": "10.1.0.0/16", "IpamPoolAllocationId": "ipam-pool-alloc-2", "Description": "on-premises", "ResourceType": "custom"},
                {"Cidr": "10.16.0.0/12", "IpamPoolAllocationId": "ipam-pool-alloc-3", "ResourceId": "ipam-pool-2", "ResourceType": "ipam-pool"}],
            "Vpcs": [
                {"VpcId": "vpc-9", "OwnerId": "222233334444", "CidrBlock": "10.9.0.0/16", "IsDefault": false, "State": "available",
                 "CidrBlockAssociationSet": [
                    {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "associated"}},
                    {"CidrBlock": "100.64.0.0/16", "CidrBlockState": {"State": "associated"}},
                    {"CidrBlock": "10.10.0.0/16", "CidrBlockState": {"State": "disassociated"}}]},
                {"VpcId": "vpc-0", "OwnerId": "222233334444", "CidrBlock": "172.31.0.0/16", "IsDefault": true}]}"#,
    )
    .unwrap();
    assert_eq!(document.ranges().unwrap(), [b("10.0.0.0/8")]);
    let mut pool =
        AddressPool::new(&document.ranges().unwrap(), PoolSettings::new(PoolStrategy::Unique)).unwrap();
    pool.import(&document.rows().unwrap()).unwrap();
    pool.pin_existing(&document.existing().unwrap()).unwrap();
    assert_eq!(pool.blocks_of("vpc-1"), [b("10.0.0.0/16")]);
    assert_eq!(pool.blocks_of("on-premises"), [b("10.1.0.0/16")]);
    assert_eq!(pool.blocks_of("222233334444/vpc-9"), [b("10.9.0.0/16"), b("100.64.0.0/16")]);
    assert_eq!(pool.allocations().len(), 4);
    let bad = IpamDocument::parse(r#"{"IpamPoolAllocations": [{"Cidr": "x", "Description": " "}]}"#).unwrap();
    assert_eq!(bad.rows().unwrap_err().0.len(), 2);
    assert!(IpamDocument::parse("[").is_err());
}

#[test]
fn aws_shapes_written_are_read_again() {
    let mut document = IpamDocument::of(&full());
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(IpamDocument::parse(&text).unwrap(), document);
    let descriptions: Vec<&str> = document.ipam_pools.iter().map(|pool| pool.description.as_str()).collect();
    assert_eq!(descriptions, ["securebase", "securebase/prod"]);
    assert_eq!(document.ipam_pools[1].source_ipam_pool_id.as_deref(), Some("securebase"));
    let mut other = pool();
    other.import(&document.rows().unwrap()).unwrap();
    assert_eq!(other.blocks_of("acme, \"the\" tenant"), [b("10.0.0.0/16")]);
    document.ipam_pool_cidrs[0].cidr = "10.0.0.1/8".to_owned();
    assert_eq!(document.ranges().unwrap_err().0[0].path, "IpamPoolCidrs[0].Cidr");
}

/// A pool of each strategy in which something is in use, and an empty one made alike.
fn both(strategy: PoolStrategy) -> (AddressPool, AddressPool) {
    let settings = PoolSettings::new(strategy);
    let tiers = [("gov-federal", b("172.20.0.0/16"))];
    let made = || match strategy {
        PoolStrategy::PerTier => {
            AddressPool::with_tiers(&[b("10.0.0.0/8")], settings.clone(), &tiers).unwrap()
        }
        _ => AddressPool::new(&[b("10.0.0.0/8")], settings.clone()).unwrap(),
    };
    let mut used = made();
    used.carve_len("prod", 12).unwrap();
    used.carve_len("prod/us-east-1", 14).unwrap();
    for (n, (owner, tier)) in
        [("acme", "fintech"), ("=1+1", "gov-federal"), ("'@b", "fintech")].into_iter().enumerate()
    {
        used.allocate(&BlockRequest::new(20 + u8::try_from(n).unwrap(), owner).tier(Some(tier))).unwrap();
        used.allocate(
            &BlockRequest::new(20, owner).tier(Some(tier)).pool(Some("prod/us-east-1")).another(true),
        )
        .unwrap();
    }
    used.reserve(b("10.240.0.0/16"), "on-premises").unwrap();
    (used, made())
}

#[test]
fn what_is_written_an_empty_pool_of_the_same_kind_reads_and_every_owner_keeps_its_block() {
    for strategy in [PoolStrategy::Unique, PoolStrategy::PerTier, PoolStrategy::PerAccount] {
        let (used, empty) = both(strategy);
        let document = serde_json::to_string(&IpamDocument::of(&used)).unwrap();
        let of_aws = IpamDocument::parse(&document).unwrap().rows().unwrap();
        for rows in [csv::read(&csv::write(&used), None).unwrap(), of_aws] {
            let mut other = empty.clone();
            other.import(&rows).unwrap();
            assert_eq!(other, used, "{strategy:?}");
            other.import(&rows).unwrap();
            assert_eq!(other, used, "again: {strategy:?}");
            let block = used.blocks_of("acme");
            let again = other.allocate(&BlockRequest::new(20, "acme").tier(Some("fintech"))).unwrap();
            assert!(block.contains(&again), "{strategy:?}: {again} and {block:?}");
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    let (used, _) = both(PoolStrategy::Unique);
    let text = csv::write(&used);
    assert!(text.contains("\n'=1+1,") && text.contains("\n''@b,"), "{text}");
    assert!(text.lines().all(|line| !line.starts_with(['=', '+', '-', '@'])));
}

#[test]
fn what_no_answer_holds_is_refused() {
    let refused = |document: serde_json::Value| {
        let Problems(problems) = IpamDocument::from_value(&document).unwrap_err();
        problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    let list = serde_json::json!({"IpamPools": [["a", "b"]]});
    assert_eq!(refused(list.clone()), ["IpamPools[0]"]);
    assert!(IpamDocument::parse(&list.to_string()).is_err());
    let ranges = serde_json::json!({
        "IpamPoolCidrs": [{"Cidr": "nonsense"}, {"Cidr": "2001:db8::/32", "State": "provisioned"}],
        "Vpcs": [{"CidrBlock": "10.0.0.0/16"}, {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
    });
    assert_eq!(refused(ranges), ["IpamPoolCidrs[0].Cidr", "Vpcs[0].VpcId"]);
}

#[test]
fn a_saved_pool_is_read_strictly() {
    let mut saved = serde_json::to_value(full().snapshot()).unwrap();
    assert_eq!(AddressPool::from_value(&saved).unwrap(), full());
    saved["exclusions"] = serde_json::json!([["10.0.0.0/24", "why"]]);
    let Problems(problems) = AddressPool::from_value(&saved).unwrap_err();
    assert_eq!(
        problems[0].message,
        "invalid `exclusions[0]` `[\"10.0.0.0/24\",\"why\"]`: expected a map of attributes"
    );
    assert!(AddressPool::from_json(&saved.to_string()).is_err());
    let ledger = full().ledger().to_json().unwrap();
    assert_eq!(crate::net::Ledger::from_json(&ledger).unwrap().replay().unwrap(), full());
    let mut named = full().ledger();
    named.entries[0].event =
        PoolEvent::Grown { pool: Name::from("a\nb"), cidr: b("10.0.0.0/12"), own: false };
    let Problems(problems) = named.replay().unwrap_err();
    assert_eq!(problems[0].code, "name-malformed");
}

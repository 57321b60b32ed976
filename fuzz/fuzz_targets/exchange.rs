//! Foreign text in, rows or reasons out; what is imported can be exported and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use securebase_core::model::{Cidr, PoolStrategy};
use securebase_core::net::exchange::{csv, ipam};
use securebase_core::net::{AddressPool, PoolSettings};

fuzz_target!(|text: &str| {
    let range = Cidr::containing([10, 0, 0, 0].into(), 8);
    let Ok(mut pool) = AddressPool::new(&[range], PoolSettings::new(PoolStrategy::Unique)) else { return };
    if let Ok(rows) = csv::read(text, None) {
        if pool.import(&rows).is_ok() {
            let again = csv::read(&csv::write(&pool), None).map(|rows| rows.len());
            assert_eq!(again, Ok(pool.allocations().len()));
        }
    }
    if let Ok(document) = ipam::IpamDocument::parse(text) {
        let _ = document.ranges();
        let _ = document.existing().map(|vpcs| pool.pin_existing(&vpcs));
        let _ = document.rows().map(|rows| pool.import(&rows));
    }
    assert!(pool.map_text().lines().count() < 10);
});

//! Text in, block or reason out; what is accepted is canonical.
#![no_main]

use securebase_core::model::{AnyCidr, Cidr};
use libfuzzer_sys::fuzz_target;
use securebase_core::net::{Layout, rules};

fuzz_target!(|text: &str| {
    match AnyCidr::parse(text) {
        Ok(block) => {
            // Only one text stands for an IPv4 block; IPv6 has several spellings.
            if matches!(block, AnyCidr::V4(_)) {
                assert_eq!(block.to_string(), text);
            }
            assert_eq!(AnyCidr::parse(&block.to_string()), Ok(block));
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.help().is_some()),
    }
    if let Ok(block) = Cidr::parse(text) {
        let sound = rules::check_vpc(&block, "").iter().all(|problem| problem.code != "cidr-size");
        assert_eq!(sound, (16..=28).contains(&block.prefix_len()));
        if let Ok(plan) = Layout::seed().apply(block) {
            assert!(plan.subnets.iter().all(|subnet| block.contains(&subnet.cidr)));
        }
    }
});

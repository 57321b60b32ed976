//! A file of any format in, zone or problems out; a zone leads out and in again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use securebase_core::model::LandingZone;
use securebase_core::input::{CODES, Format};

fuzz_target!(|text: &str| {
    for format in Format::ALL {
        match LandingZone::parse(text, format, None) {
            Ok(mut zone) => {
                let mut again = LandingZone::from_value(&zone.to_value()).expect("a zone leads out and in again");
                again.warnings.clear();
                zone.warnings.clear();
                assert_eq!(again, zone);
            }
            Err(problems) => {
                assert!(problems.error_count() > 0);
                for problem in problems.iter() {
                    assert!(CODES.contains(&problem.code.as_str()), "{problem}");
                    assert!(problem.place.is_some() && !problem.hint.is_empty(), "{problem}");
                }
            }
        }
    }
});

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Format, resolve, schema};
use crate::model::LandingZone;

#[test]
fn the_schema_and_the_reader_know_the_same_attributes() {
    let schema = serde_json::to_value(schema()).unwrap();
    let of = |object: &Json| -> BTreeSet<String> {
        object["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let set = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    assert_eq!(of(&schema), set(resolve::ZONE));
    for (name, attributes) in [
        ("ClientSpec", resolve::CLIENT),
        ("VpcConfigSpec", resolve::VPC_CONFIG),
        ("TierSpec", resolve::TIER),
        ("PoolSpec", resolve::POOL),
        ("LinkSpec", resolve::LINK),
    ] {
        assert_eq!(of(&schema["$defs"][name]), set(attributes), "{name}");
    }
}

fn codes(text: &str, format: Format) -> Vec<String> {
    match LandingZone::parse(text, format, None) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.into_iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn nothing_adversarial_overflows_the_stack() {
    const DEEP: usize = 1_000_000;
    let hcl =
        ["[", "{", "(", "!", "-", "{a=", "[[{a=(", "\"${", "f(", "a?b:", "1+", "%{if true}", "a[", "<<E\n${"];
    for opening in hcl {
        let text = format!("a = {}", opening.repeat(DEEP / opening.len()));
        assert!(!codes(&text, Format::Tfvars).is_empty(), "{opening}");
        let nested = opening.repeat(40);
        assert!(!codes(&format!("a = {nested}"), Format::Tfvars).is_empty(), "{opening}");
    }
    assert!(!codes(&"a {\n".repeat(DEEP / 4), Format::Tfvars).is_empty());
    for opening in ["[", "{", "{\"a\":", "[{\"a\":", "\"", "-"] {
        let text = opening.repeat(DEEP / opening.len());
        assert!(!codes(&text, Format::Json).is_empty(), "{opening}");
    }
    for opening in ["[", "{", "{a = ", "a.", "\"\"\"", "[[", "[a.", "[{a=["] {
        let text = opening.repeat(DEEP / opening.len());
        assert!(!codes(&text, Format::Toml).is_empty(), "{opening}");
        assert!(!codes(&format!("a = {text}"), Format::Toml).is_empty(), "{opening}");
    }
    assert!(!codes(&format!("{}a = 1", "a.".repeat(DEEP)), Format::Toml).is_empty());
    for opening in ["[", "{", "- ", "? ", "{a: ", "[{a: ", "- [", "&a ", "!t ", "a: "] {
        let text = opening.repeat(DEEP / opening.len());
        assert!(!codes(&text, Format::Yaml).is_empty(), "{opening}");
    }
}

#[test]
fn balanced_nesting_beyond_the_bound_is_named() {
    for depth in [60, 5_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (format, text) in [
            (Format::Json, format!("{{\"tags\": {deep}}}")),
            (Format::Yaml, format!("tags: {deep}")),
            (Format::Tfvars, format!("tags = {deep}")),
            (Format::Toml, format!("tags = {deep}")),
        ] {
            let found = codes(&text, format);
            assert!(found.iter().any(|code| code == "nested-too-deeply"), "{format:?} {depth}: {found:?}");
        }
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let previous = format!("*a{}", n - 1);
        text += &format!("a{n}: &a{n} [{}]\n", [previous.as_str(); 10].join(", "));
    }
    assert_eq!(codes(&text, Format::Yaml), ["yaml-feature"]);
}

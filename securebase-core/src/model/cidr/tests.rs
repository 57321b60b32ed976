use super::*;

#[test]
fn canonical_text_round_trips() {
    for text in ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "255.255.255.255/32", "::/0", "2001:db8::/56"] {
        assert_eq!(AnyCidr::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn host_bits_are_refused_and_the_canonical_form_is_named() {
    let error = Cidr::parse("100.68.0.18/18").unwrap_err();
    assert_eq!(error.to_string(), "`100.68.0.18/18` has host bits set");
    assert_eq!(error.help().unwrap(), "write `100.68.0.0/18`");
    assert_eq!(AnyCidr::parse("2001:db8::1/56").unwrap_err().help().unwrap(), "write `2001:db8::/56`");
}

#[test]
fn what_is_wrong_with_a_text_is_said() {
    let hint = |text: &str| Cidr::parse(text).unwrap_err().help().unwrap();
    assert_eq!(hint("10.0.0.1"), "add it, as in `10.0.0.1/32` for this one address");
    assert_eq!(hint("10.0.0.0/255.255.0.0"), "write `10.0.0.0/16`");
    assert_eq!(hint(" 10.0.0.0/16"), "write `10.0.0.0/16`");
    assert_eq!(hint("10.0.0.0/33"), "write a number from 0 to 32");
    for text in [
        "",
        "/",
        "10.0.0.0/",
        "10.0.0/16",
        "010.0.0.0/8",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "ten/8",
        "::/0",
        "10.0.0.0/16/1",
    ] {
        assert!(matches!(Cidr::parse(text), Err(CidrError::Malformed { .. })), "{text}");
    }
}

#[test]
fn nested_blocks_overlap_and_neighbours_do_not() {
    let block = |text| Cidr::parse(text).unwrap();
    assert!(block("10.0.0.0/8").contains(&block("10.255.0.0/16")));
    assert!(block("10.255.0.0/16").overlaps(&block("10.0.0.0/8")));
    assert!(!block("10.0.0.0/16").overlaps(&block("10.1.0.0/16")));
    assert_eq!(block("0.0.0.0/0").address_count(), 1 << 32);
}

#[test]
fn a_network_from_ipnet_with_host_bits_is_refused() {
    let net: Ipv4Net = "10.2.2.2/24".parse().unwrap();
    let error = Cidr::try_from(net).unwrap_err();
    assert_eq!(error.to_string(), "`10.2.2.2/24` has host bits set");
    assert_eq!(error.help().unwrap(), "write `10.2.2.0/24`");
    assert_eq!(Cidr::try_from(net.trunc()).unwrap().to_string(), "10.2.2.0/24");
}

#[test]
fn serde_refuses_host_bits_and_writes_the_text() {
    let error = serde_json::from_str::<Cidr>("\"10.2.2.2/24\"").unwrap_err();
    assert_eq!(error.to_string(), "`10.2.2.2/24` has host bits set: write `10.2.2.0/24`");
    let block: Cidr = serde_json::from_str("\"10.2.2.0/24\"").unwrap();
    assert_eq!(serde_json::to_string(&block).unwrap(), "\"10.2.2.0/24\"");
    assert!(serde_json::from_str::<Cidr>("24").is_err());
}

#[test]
fn a_block_is_halved_and_doubled() {
    let block = Cidr::parse("10.2.2.0/24").unwrap();
    let halves: Vec<Cidr> = block.subnets(25).collect();
    assert_eq!(halves, [Cidr::parse("10.2.2.0/25").unwrap(), Cidr::parse("10.2.2.128/25").unwrap()]);
    assert!(halves.iter().all(|half| half.supernet() == Some(block)));
    assert_eq!(block.subnets(23).count() + block.subnets(33).count(), 0);
    assert_eq!(Cidr::ANYWHERE.supernet(), None);
}

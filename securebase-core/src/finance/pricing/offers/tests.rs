use super::*;

fn product(sku: &str, region: &str, usage_type: &str) -> String {
    format!(
        r#""{sku}": {{"sku": "{sku}", "attributes": {{"regionCode": "{region}", "usagetype": "{usage_type}"}}}}"#
    )
}

fn term(sku: &str, code: &str, effective: &str, rates: &[(&str, &str, &str)]) -> String {
    let rates: Vec<String> = rates
        .iter()
        .map(|(from, to, price)| {
            format!(
                r#""{sku}.{code}.{from}": {{"beginRange": "{from}", "endRange": "{to}",
                "pricePerUnit": {{"USD": "{price}"}}}}"#
            )
        })
        .collect();
    let rates = rates.join(",");
    format!(r#""{sku}.{code}": {{"effectiveDate": "{effective}", "priceDimensions": {{{rates}}}}}"#)
}

fn offer(code: &str, products: &[String], terms: &[(&str, Vec<String>)]) -> String {
    let terms: Vec<String> =
        terms.iter().map(|(sku, terms)| format!(r#""{sku}": {{{}}}"#, terms.join(","))).collect();
    format!(
        r#"{{"formatVersion": "v1.0", "disclaimer": "…", "offerCode": "{code}", "version": "20261001",
        "products": {{{}}},
        "terms": {{"OnDemand": {{{}}}, "Reserved": {{"X": {{"anything": [1, 2]}}}}}}}}"#,
        products.join(","),
        terms.join(",")
    )
}

fn load(text: &str) -> Offer {
    Offer::from_json(text.as_bytes(), "us-east-1").unwrap()
}

#[test]
fn a_line_is_found_by_the_end_of_its_usage_type() {
    let text = offer(
        "AmazonEC2",
        &[
            product("NAT", "us-east-1", "NatGateway-Hours"),
            product("PRV", "us-east-1", "NatGateway-Prvd-Bytes"),
            product("EUN", "eu-central-1", "EUC1-NatGateway-Hours"),
        ],
        &[
            ("NAT", vec![term("NAT", "T", "2026-10-01T00:00:00Z", &[("0", "Inf", "0.0500000000")])]),
            ("PRV", vec![term("PRV", "T", "2026-10-01T00:00:00Z", &[("0", "Inf", "1")])]),
            ("EUN", vec![term("EUN", "T", "2026-10-01T00:00:00Z", &[("0", "Inf", "0.052")])]),
        ],
    );
    let (book, report) = PriceBook::shipped().with_offer(&load(&text));
    let price = book.price(PriceId::NatGatewayHour);
    assert_eq!(price.list_price(), Decimal::new(5, 2));
    assert_eq!(price.source, "AWS price list AmazonEC2 version 20261001, SKU NAT, effective 2026-10-01");
    assert_eq!(
        report.to_string(),
        "NAT NatGateway-Hours: nat_gateway_hour\n\
         PRV NatGateway-Prvd-Bytes: left out, no line of the model is priced by it\n\
         1 mapped, 1 left out, 1 of other regions"
    );
    let frankfurt = Offer::from_json(text.as_bytes(), "eu-central-1").unwrap();
    let (book, _) = PriceBook::shipped().with_offer(&frankfurt);
    assert_eq!(book.price(PriceId::NatGatewayHour).list_price(), Decimal::new(52, 3));
}

#[test]
fn steps_come_in_any_order_and_must_meet() {
    let rates = [("10240", "Inf", "0.25"), ("0", "10240", "0.50")];
    let good = offer(
        "AmazonCloudWatch",
        &[product("LOG", "us-east-1", "USE1-VendedLog-Bytes")],
        &[("LOG", vec![term("LOG", "T", "2026-01-01", &rates)])],
    );
    let (book, report) = PriceBook::shipped().with_offer(&load(&good));
    assert_eq!(report.mapped.len(), 1);
    let price = book.price(PriceId::VendedLogsCloudwatchGb);
    assert_eq!(price.charge_for(Decimal::from(10_241)).unwrap(), Decimal::new(512_025, 2));
    let gap = offer(
        "AmazonCloudWatch",
        &[product("LOG", "us-east-1", "USE1-VendedLog-Bytes")],
        &[("LOG", vec![term("LOG", "T", "2026-01-01", &[("0", "10", "0.5"), ("11", "Inf", "0.4")])])],
    );
    let (book, report) = PriceBook::shipped().with_offer(&load(&gap));
    assert_eq!(report.unmapped[0].2, "its steps do not meet");
    assert_eq!(&book, PriceBook::shipped());
}

#[test]
fn the_newest_term_counts_and_units_are_converted() {
    let text = offer(
        "AWSCloudTrail",
        &[product("TRL", "us-east-1", "USE1-DataEventsRecorded")],
        &[(
            "TRL",
            vec![
                term("TRL", "NEW", "2026-06-01", &[("0", "Inf", "2.0E-6")]),
                term("TRL", "OLD", "2020-06-01", &[("0", "Inf", "0.0000010000")]),
            ],
        )],
    );
    let (book, _) = PriceBook::shipped().with_offer(&load(&text));
    assert_eq!(
        book.price(PriceId::CloudtrailData100k).list_price(),
        Decimal::new(2, 1),
        "per 100,000 events"
    );
}

#[test]
fn what_is_ambiguous_or_free_is_reported() {
    let text = offer(
        "AmazonVPC",
        &[
            product("IP1", "us-east-1", "PublicIPv4:InUseAddress"),
            product("IP2", "us-east-1", "USE1-PublicIPv4:InUseAddress"),
            product("VPE", "us-east-1", "VpcEndpoint-Hours"),
            product("NOP", "us-east-1", "VpcEndpoint-Bytes"),
        ],
        &[
            ("IP1", vec![term("IP1", "T", "2026-01-01", &[("0", "Inf", "0.005")])]),
            ("IP2", vec![term("IP2", "T", "2026-01-01", &[("0", "Inf", "0.006")])]),
            ("VPE", vec![term("VPE", "T", "2026-01-01", &[("0", "Inf", "0.0000000000")])]),
        ],
    );
    let (_, report) = PriceBook::shipped().with_offer(&load(&text));
    let reasons: Vec<&str> = report.unmapped.iter().map(|(.., reason)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`IP1` has another price for the same line",
            "it has no on-demand price",
            "it is free: an allowance of another SKU"
        ]
    );
}

const CSV: &str = r#""SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange","Unit","PricePerUnit","Currency","Product Family","serviceCode","Location","usageType","operation","Region Code","serviceName"
"NAT","T","NAT.T.1","OnDemand","an hour","2026-10-01","0","Inf","Hrs","0.0500000000","USD","NAT Gateway","AmazonEC2","US East (N. Virginia)","NatGateway-Hours","NatGateway","us-east-1","EC2"
"OHI","T","OHI.T.1","OnDemand","an hour","2026-10-01","0","Inf","Hrs","0.0600000000","USD","NAT Gateway","AmazonEC2","US East (Ohio)","USE2-NatGateway-Hours","NatGateway","us-east-2","EC2"
"#;

#[test]
fn csv_with_and_without_its_metadata() {
    let metadata = "\"FormatVersion\",\"v1.0\"\n\"Disclaimer\",\"x\"\n\"Publication Date\",\"2026-10-01\"\n\
                    \"Version\",\"20261001\"\n\"OfferCode\",\"AmazonEC2\"\n";
    for text in [CSV.to_owned(), format!("{metadata}{CSV}")] {
        let offer = Offer::from_csv(text.as_bytes(), "us-east-1").unwrap();
        assert_eq!((offer.product_count(), offer.elsewhere), (1, 1));
        let (book, _) = PriceBook::shipped().with_offer(&offer);
        assert_eq!(book.price(PriceId::NatGatewayHour).list_price(), Decimal::new(5, 2));
    }
}

#[test]
fn what_is_no_offer_file_is_refused() {
    for text in ["", "[]", "{}", "{\"offerCode\": 3}", "{\"offerCode\": \"x\", \"products\": {\"a\": 1}}"] {
        let error = Offer::from_json(text.as_bytes(), "us-east-1").unwrap_err();
        assert!(error.to_string().contains("not an offer file in JSON"), "{error}");
    }
    assert!(Offer::from_csv("a,b\n1,2\n".as_bytes(), "us-east-1").is_err());
}

/// One line a rate, in the columns that every service has.
fn csv(rows: &[[&str; 10]]) -> String {
    let heading = "SKU,OfferTermCode,TermType,EffectiveDate,StartingRange,EndingRange,Unit,PricePerUnit,Currency,\
                   serviceCode,Location,usageType,operation,Region Code\n";
    let line = |[sku, effective, from, to, unit, price, service, location, usage, region]: &[&str; 10]| {
        format!(
            "{sku},T,OnDemand,{effective},{from},{to},{unit},{price},USD,{service},\"{location}\",{usage},,{region}\n"
        )
    };
    let lines: String = rows.iter().map(line).collect();
    format!("{heading}{lines}")
}

fn read(text: &str) -> (PriceBook, OfferReport) {
    PriceBook::shipped().with_offer(&Offer::from_csv(text.as_bytes(), "us-east-1").unwrap())
}

const DAY: &str = "2026-10-01";
const HERE: &str = "US East (N. Virginia)";

/// A re-hosted copy says only in its rows whose they are: S3 and CloudWatch share the name of a usage type.
#[test]
fn a_file_without_its_metadata_is_told_apart_by_its_rows() {
    let of = |service: &str| {
        read(&csv(&[[
            "LOG",
            DAY,
            "0",
            "Inf",
            "GB-Mo",
            "0.021",
            service,
            HERE,
            "TimedStorage-ByteHrs",
            "us-east-1",
        ]]))
    };
    let (book, _) = of("AmazonS3");
    assert_eq!(book.price(PriceId::S3StandardGbMonth).list_price(), Decimal::new(21, 3));
    assert_eq!(
        book.price(PriceId::CloudwatchStorageGbMonth),
        PriceBook::shipped().price(PriceId::CloudwatchStorageGbMonth)
    );
    assert_eq!(
        book.price(PriceId::S3StandardGbMonth).source,
        "AWS price list AmazonS3, SKU LOG, effective 2026-10-01"
    );
    let (book, _) = of("AmazonCloudWatch");
    assert_eq!(book.price(PriceId::CloudwatchStorageGbMonth).list_price(), Decimal::new(21, 3));
    let (book, report) = of("");
    assert_eq!(&book, PriceBook::shipped());
    assert!(report.unmapped[0].2.starts_with("several services"), "{report}");
}

#[test]
fn a_global_offer_with_a_free_allowance() {
    let (book, report) = read(&csv(&[
        [
            "BUD",
            DAY,
            "62",
            "Inf",
            "BudgetDays",
            "0.1000000000",
            "AWSBudgets",
            "Any",
            "ActionEnabledBudgetsUsage",
            "",
        ],
        [
            "BUD",
            DAY,
            "0",
            "62",
            "BudgetDays",
            "0.0000000000",
            "AWSBudgets",
            "Any",
            "ActionEnabledBudgetsUsage",
            "",
        ],
    ]));
    assert_eq!(report.mapped.len(), 1, "{report}");
    let price = book.price(PriceId::BudgetActionDay);
    assert_eq!(price.charge_for(Decimal::from(62)).unwrap(), Decimal::ZERO);
    assert_eq!(price.charge_for(Decimal::from(72)).unwrap(), Decimal::ONE);
}

#[test]
fn units_are_read_however_they_are_written_and_refused_where_they_are_others() {
    for unit in ["Hrs", "hour", "Hours", "Hourly", ""] {
        let row = ["NAT", DAY, "0", "Inf", unit, "0.05", "AmazonEC2", HERE, "NatGateway-Hours", "us-east-1"];
        assert_eq!(read(&csv(&[row])).1.mapped.len(), 1, "{unit}");
    }
    for (usage, unit) in [("NatGateway-Hours", "GB"), ("NatGateway-Bytes", "TB"), ("NatGateway-Bytes", "Hrs")]
    {
        let row = ["NAT", DAY, "0", "Inf", unit, "0.05", "AmazonEC2", HERE, usage, "us-east-1"];
        let (book, report) = read(&csv(&[row]));
        assert_eq!(&book, PriceBook::shipped());
        assert!(report.unmapped[0].2.starts_with(&format!("it is priced by `{unit}`")), "{report}");
    }
}

/// Old files have no region codes, and what is «Europe» today was «EU».
#[test]
fn locations_stand_in_for_region_codes() {
    for (location, region, found) in [
        (HERE, "us-east-1", 1),
        ("EU (Frankfurt)", "eu-central-1", 1),
        ("Europe (Frankfurt)", "eu-central-1", 1),
        ("Europe (Frankfurt)", "us-east-1", 0),
    ] {
        let text = csv(&[["NAT", DAY, "", "", "Hrs", "0.05", "AmazonEC2", location, "NatGateway-Hours", ""]]);
        let offer = Offer::from_csv(text.as_bytes(), region).unwrap();
        assert_eq!((offer.product_count(), offer.elsewhere), (found, 1 - found), "{location} for {region}");
    }
}

#[test]
fn a_mark_of_the_byte_order_is_no_letter() {
    let row = ["NAT", DAY, "0", "Inf", "Hrs", "5e-2", "AmazonVPC", HERE, "NatGateway-Hours", "us-east-1"];
    let (book, _) = read(&format!("\u{feff}{}", csv(&[row])));
    assert_eq!(book.price(PriceId::NatGatewayHour).list_price(), Decimal::new(5, 2));
}

//! Prices by region: sources, marks, and what clears a mark.

use rust_decimal::Decimal;

use super::regions::NEEDED;
use super::{Confidence, PriceBook, PriceId, PriceScope, rising};
use crate::finance::{Assumptions, Category, Error, Figure, Model, Offer};
use crate::input::Format;
use crate::model::{LandingZone, Region};

fn region(text: &str) -> Region {
    text.parse().unwrap()
}

/// Whether a text holds a year and a month, such as `2026-09`.
fn is_dated(text: &str) -> bool {
    text.as_bytes().windows(7).any(|part| {
        part.starts_with(b"20") && part[4] == b'-' && [2, 3, 5, 6].iter().all(|at| part[*at].is_ascii_digit())
    })
}

fn global_prices() -> usize {
    PriceBook::shipped().prices().iter().filter(|price| price.scope == PriceScope::Global).count()
}

#[test]
fn every_regional_price_has_a_source_a_date_and_a_grade() {
    assert_eq!(PriceBook::regions(), ["ap-southeast-1", "eu-west-1", "eu-west-2", "us-east-1"]);
    for code in PriceBook::regions().into_iter().filter(|code| *code != "us-east-1") {
        let book = PriceBook::for_region(&region(code));
        assert_eq!(book.region(), code);
        for id in NEEDED {
            assert!(!book.price(id).is_borrowed(), "{code} {id}");
        }
        for price in book.prices() {
            assert!(rising(&price.bands), "{code} {}", price.id);
            if price.is_borrowed() || price.scope == PriceScope::Global {
                continue;
            }
            assert!(is_dated(&price.source), "{code} {}: {}", price.id, price.source);
            assert!(price.confidence < Confidence::C, "{code} {}", price.id);
            let base = PriceBook::shipped().price(price.id);
            assert_eq!(
                (&price.unit, &price.name, price.billing_scope),
                (&base.unit, &base.name, base.billing_scope),
                "{code}"
            );
        }
    }
}

#[test]
fn what_a_region_has_no_source_for_is_marked() {
    for (code, text) in [
        ("eu-west-1", include_str!("../../../../data/prices/eu-west-1.toml")),
        ("eu-west-2", include_str!("../../../../data/prices/eu-west-2.toml")),
        ("ap-southeast-1", include_str!("../../../../data/prices/ap-southeast-1.toml")),
    ] {
        let book = PriceBook::for_region(&region(code));
        let own = text.lines().filter(|line| *line == "[[price]]").count();
        let (all, borrowed) = (book.prices().len(), book.borrowed().count());
        assert_eq!(borrowed, all - own - global_prices(), "{code}");
        for price in book.borrowed() {
            assert_eq!(price.borrowed_from, Some(Region::us_east_1()), "{code}");
            assert_eq!(price.bands, PriceBook::shipped().price(price.id).bands, "{code}");
        }
        let warning = book.warning().unwrap();
        assert_eq!(warning.code, "prices-of-another-region");
        assert_eq!(warning.message, format!("{borrowed} of {all} prices for `{code}` are from us-east-1"));
    }
}

#[test]
fn a_region_without_a_book_marks_every_price() {
    for code in ["eu-central-1", "sa-east-1", "us-gov-west-1"] {
        let book = PriceBook::for_region(&region(code));
        assert_eq!(book.borrowed().count(), PriceId::ALL.len(), "{code}");
        assert!(PriceId::ALL.iter().all(|id| book.price_region(*id) == "us-east-1"), "{code}");
        let warning = book.warning().unwrap();
        let n = PriceId::ALL.len();
        let said = format!("no price for `{code}` has a source: all {n} prices are from us-east-1");
        assert_eq!(warning.message, said);
        assert!(!warning.is_error() && warning.hint.contains(code));
    }
    let home = PriceBook::for_region(&Region::us_east_1());
    assert_eq!((&home, home.warning()), (PriceBook::shipped(), None));
}

#[test]
fn regional_prices_are_those_of_the_region() {
    let nat = |code: &str| PriceBook::for_region(&region(code)).price(PriceId::NatGatewayHour).list_price();
    assert_eq!(nat("eu-west-1"), Decimal::new(48, 3));
    assert_eq!(nat("eu-west-2"), Decimal::new(5, 2));
    assert_eq!(nat("ap-southeast-1"), Decimal::new(59, 3));
    let ireland = PriceBook::for_region(&region("eu-west-1"));
    let logs = ireland.price(PriceId::VendedLogsCloudwatchGb).charge_for(Decimal::from(10_242)).unwrap();
    // 10,240 at 0.57, two at half of it.
    assert_eq!(logs, Decimal::new(583_680, 2) + Decimal::new(57, 2));
    assert_eq!(ireland.price_region(PriceId::NatGatewayHour), "eu-west-1");
    assert_eq!(ireland.price_region(PriceId::VpnConnectionHour), "us-east-1");
    assert_eq!(ireland.price_region(PriceId::ShieldAdvancedMonth), "global");
}

#[test]
fn a_price_that_the_user_gives_is_no_longer_borrowed() {
    let borrowed = PriceBook::for_region(&region("sa-east-1"));
    let n = PriceId::ALL.len();
    let file = borrowed.with_toml("[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.093\"\n").unwrap();
    assert!(!file.price(PriceId::NatGatewayHour).is_borrowed());
    assert_eq!(file.price_region(PriceId::NatGatewayHour), "sa-east-1");
    assert_eq!(file.borrowed().count(), n - 1);
    let flat = borrowed.with_prices([("kms_key_month", Decimal::ONE)], "contract").unwrap();
    assert_eq!(flat.borrowed().count(), n - 1);
    let whole =
        borrowed.with_prices(PriceId::ALL.iter().map(|id| (id.name(), Decimal::ONE)), "contract").unwrap();
    assert_eq!((whole.borrowed().count(), whole.warning()), (0, None));
    let offer = r#"{"offerCode": "AmazonEC2", "version": "1", "products": {"N": {"sku": "N", "attributes":
        {"regionCode": "sa-east-1", "usagetype": "SAE1-NatGateway-Hours"}}}, "terms": {"OnDemand": {"N": {"N.T":
        {"effectiveDate": "2026-10-01T00:00:00Z", "priceDimensions": {"N.T.0": {"beginRange": "0",
        "endRange": "Inf", "pricePerUnit": {"USD": "0.093"}}}}}}}}"#;
    let offer = Offer::from_json(offer.as_bytes(), "sa-east-1").unwrap();
    for start in [&borrowed, PriceBook::shipped()] {
        let (book, report) = start.with_offer(&offer);
        assert_eq!((report.mapped.len(), book.borrowed().count()), (1, n - 1));
        assert_eq!(book.price_region(PriceId::NatGatewayHour), "sa-east-1");
    }
}

#[test]
fn a_file_of_another_region_moves_the_book_there() {
    let text = "region = \"sa-east-1\"\n[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.093\"\n";
    let book = PriceBook::shipped().with_toml(text).unwrap();
    assert_eq!((book.region(), book.borrowed().count()), ("sa-east-1", PriceId::ALL.len() - 1));
    let text = "region = \"eu-west-2\"\nas_of = \"2027-01-01\"\n";
    let book = PriceBook::shipped().with_toml(text).unwrap();
    assert_eq!(book.price(PriceId::NatGatewayHour).list_price(), Decimal::new(5, 2));
    assert_eq!(book.as_of().to_string(), "2027-01-01");
    let Err(Error::Invalid(problems)) = PriceBook::shipped().with_toml("region = \"Frankfurt\"\n") else {
        panic!()
    };
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.code.as_str(), problem.path.as_str()), ("region-unreadable", "region"));
    assert!(problem.message.contains("`Frankfurt`"));
}

#[test]
fn what_the_user_gave_moves_along_unless_it_is_of_a_named_region() {
    let contract =
        PriceBook::shipped().with_prices([("nat_gateway_hour", Decimal::new(41, 3))], "contract").unwrap();
    let moved = contract.in_region(&region("eu-west-2"));
    assert_eq!(moved.price(PriceId::NatGatewayHour).list_price(), Decimal::new(41, 3));
    assert_eq!(moved.price_region(PriceId::NatGatewayHour), "eu-west-2");
    assert_eq!(moved.price(PriceId::NatGatewayGb).list_price(), Decimal::new(5, 2));
    let text = "region = \"eu-central-1\"\n[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.052\"\n";
    let frankfurt = PriceBook::shipped().with_toml(text).unwrap();
    let elsewhere = frankfurt.in_region(&region("eu-west-1"));
    assert_eq!(elsewhere.price_region(PriceId::NatGatewayHour), "eu-central-1");
    assert_eq!(elsewhere.price_region(PriceId::NatGatewayGb), "eu-west-1");
    let warning = elsewhere.warning().unwrap();
    assert!(warning.message.ends_with("from eu-central-1 and us-east-1"), "{}", warning.message);
    let untouched = PriceBook::for_region(&region("sa-east-1")).in_region(&region("eu-west-1"));
    assert_eq!(untouched, PriceBook::for_region(&region("eu-west-1")));
}

#[test]
fn marks_survive_a_round_trip() {
    for code in ["us-east-1", "eu-west-1", "eu-west-2", "ap-southeast-1", "sa-east-1"] {
        let book = PriceBook::for_region(&region(code));
        let text = book.to_json().to_string();
        assert_eq!(PriceBook::shipped().with_json(&text).unwrap(), book, "{code}");
    }
}

#[test]
fn trials_of_thirty_days_make_the_first_month_free() {
    let free = |book: &PriceBook| -> Vec<&'static str> {
        let free = book.prices().iter().filter(|price| price.is_free_in_first_month());
        free.map(|price| price.id.name()).collect()
    };
    let named = ["guardduty_events_million", "guardduty_flow_gb", "security_hub_check"];
    assert_eq!(free(PriceBook::shipped()), named);
    // A price the caller gives does not end the trial, a shorter trial does.
    let own = "[[price]]\nid = \"guardduty_flow_gb\"\nprice = \"1\"\n";
    assert_eq!(free(&PriceBook::shipped().with_toml(own).unwrap()), named);
    let short = format!("{own}trial_days = 15\n");
    assert_eq!(free(&PriceBook::shipped().with_toml(&short).unwrap()), [named[0], named[2]]);
}

#[test]
fn a_heading_says_where_prices_are_from() {
    let origin = |code: &str| PriceBook::for_region(&region(code)).origin();
    assert_eq!(origin("us-east-1"), "us-east-1");
    assert_eq!(origin("eu-central-1"), "us-east-1 (none are known for eu-central-1)");
    let partly = PriceBook::for_region(&region("eu-west-1"));
    let of = format!("{} of {}", partly.borrowed().count(), partly.prices().len());
    assert_eq!(partly.origin(), format!("eu-west-1 ({of} from us-east-1)"));
}

#[test]
fn a_model_warns_of_every_region_with_borrowed_prices() {
    let file = |region: &str| {
        format!(
            r#"{{"target_region": "{region}", "account_email": "aws+{{prefix}}@example.com", "clients": {{
                "a": {{"tier": "standard", "framework": "cis", "prefix": "a", "contact_email": "a@a.example"}},
                "b": {{"tier": "standard", "framework": "cis", "prefix": "b", "contact_email": "b@b.example",
                      "region": "sa-east-1"}}}}}}"#
        )
    };
    let warned = |target: &str| -> Vec<String> {
        let zone = LandingZone::parse(&file(target), Format::Json, None).unwrap();
        let model = Model::new(&zone, Assumptions::aws()).unwrap();
        model.warnings().into_iter().map(|warning| warning.message).collect()
    };
    let own = warned("us-east-1");
    assert!(own.len() == 1 && own[0].contains("`sa-east-1`"), "{own:?}");
    let both = warned("eu-central-1");
    assert!(both.len() == 2 && both[0].contains("`eu-central-1`"), "{both:?}");
    // The reports' own figures are of no region.
    let zone = LandingZone::parse(&file("eu-central-1"), Format::Json, None).unwrap();
    assert_eq!(Model::new(&zone, Assumptions::seed("five-customers").unwrap()).unwrap().warnings(), []);
    // A line says whose price it is.
    let month = Model::new(&zone, Assumptions::aws()).unwrap().month().unwrap();
    let lines = month.figure_lines(Figure::Cost(Category::Infrastructure)).unwrap();
    let regional = lines.iter().filter(|line| line.item.starts_with("NAT gateway"));
    let sources: Vec<&str> = regional.map(|line| line.source.as_str()).collect();
    assert!(
        !sources.is_empty() && sources.iter().all(|source| source.contains(" of us-east-1] ")),
        "{sources:?}"
    );
}

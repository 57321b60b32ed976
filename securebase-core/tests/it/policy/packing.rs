//! Packing changes texts and never verdicts.

#![expect(clippy::unwrap_used, reason = "a test stops where a value is missing")]

use proptest::prelude::*;
use securebase_core::policy::{
    Condition, Effect, Error, Level, Operator, Policy, PolicyDocument, PolicyKind, PolicyLimits, PolicyPath,
    Request, Selection, Statement, Version, certify, hoist, pack, verify,
};

const ACTIONS: [&str; 8] = ["a:B", "a:Bc", "a:*", "a:b*", "c:D", "c:?", "*", "c:De"];
const RESOURCES: [&str; 6] = [
    "*",
    "arn:aws:a:::x",
    "arn:aws:a:::x*",
    "arn:*:c:*:*:y/*",
    "arn:aws:c:r:1:y/z",
    "arn:aws:a:::${aws:username}",
];

fn selection(from: &'static [&'static str]) -> impl Strategy<Value = Selection> {
    let patterns = proptest::collection::vec(proptest::sample::select(from), 1..4);
    (patterns, proptest::bool::weighted(0.2))
        .prop_map(|(patterns, negated)| Selection { negated, ..Selection::of(patterns) })
}

fn condition() -> impl Strategy<Value = Condition> {
    const OPERATORS: [&str; 5] =
        ["StringEquals", "StringNotLike", "Null", "ForAnyValue:StringLike", "ArnNotLike"];
    const KEYS: [&str; 5] = ["k:a", "K:A", "k:b", "k:c", "aws:SourceVpc"];
    let values = proptest::collection::vec(proptest::sample::select(&["true", "false"][..]), 1..3);
    (proptest::sample::select(&OPERATORS[..]), proptest::sample::select(&KEYS[..]), values)
        .prop_map(|(operator, key, values)| Condition::new(Operator::parse(operator).unwrap(), key, values))
        .boxed()
}

fn statement() -> impl Strategy<Value = Statement> {
    let effect = prop_oneof![4 => Just(Effect::Deny), 1 => Just(Effect::Allow)];
    let conditions = proptest::collection::vec(condition(), 0..=4);
    let sid = proptest::option::of("[A-Z][a-z]{0,3}");
    (effect, selection(&ACTIONS), selection(&RESOURCES), conditions, sid).prop_map(
        |(effect, actions, resources, conditions, sid)| Statement {
            sid,
            resources,
            conditions,
            ..Statement::new(effect, actions)
        },
    )
}

fn documents() -> impl Strategy<Value = Vec<PolicyDocument>> {
    let document = proptest::collection::vec(statement(), 1..4).prop_map(PolicyDocument::new);
    proptest::collection::vec(document, 1..5)
}

fn request() -> impl Strategy<Value = Request> {
    const ASKED: [&str; 7] = ["a:b", "a:bc", "a:zz", "c:d", "c:de", "c:x", "q:r"];
    const NAMED: [&str; 6] = [
        "*",
        "arn:aws:a:::x",
        "arn:aws:a:::xy",
        "arn:aws:c:r:1:y/z",
        "arn:aws:c:r:1:other",
        "arn:aws:a:::jo",
    ];
    let value =
        || proptest::option::of(proptest::sample::select(&["true", "false", "arn:aws:iam::1:role/r"][..]));
    let values = (value(), value(), value(), value());
    (proptest::sample::select(&ASKED[..]), proptest::sample::select(&NAMED[..]), values).prop_map(
        |(action, resource, (a, b, c, vpc))| {
            let mut request =
                Request::new(action, resource, "arn:aws:iam::111122223333:user/jo", "111122223333")
                    .with("aws:username", "jo");
            request.set("k:a", a.iter().map(|&text| text.to_owned()).collect());
            request.set("k:b", b.iter().map(|&text| text.to_owned()).collect());
            request.set("k:c", c.iter().map(|&text| text.to_owned()).collect());
            request.set("aws:SourceVpc", vpc.iter().map(|&text| text.to_owned()).collect());
            request
        },
    )
}

fn path(documents: &[PolicyDocument]) -> PolicyPath {
    let policies = documents.iter().map(|document| Policy::new("p", document.clone())).collect();
    PolicyPath::new(PolicyKind::ServiceControl, &[Level::new("target", policies)]).unwrap()
}

proptest! {
    #![proptest_config(crate::cases::cases(300))]

    #[test]
    fn verdicts_stay(before in documents(), requests in proptest::collection::vec(request(), 20), size in 200_usize..2_000) {
        let limits = PolicyLimits { max_size: size, max_documents: 20 };
        match pack(&before, limits) {
            Ok(after) => {
                prop_assert!(after.iter().all(|document| document.size() <= size));
                let (old, new) = (path(&before), path(&after));
                for request in &requests {
                    prop_assert_eq!(old.decide(request), new.decide(request), "{:?}", request);
                }
                let certificate = certify(&before, &after).unwrap();
                verify(&certificate, &before, &after).unwrap();
            }
            Err(Error::DoesNotFit(overflow)) => prop_assert!(overflow.excess > 0 && !overflow.heaviest.is_empty()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn a_certificate_is_never_given_where_verdicts_differ(
        before in documents(), after in documents(), requests in proptest::collection::vec(request(), 20),
    ) {
        if certify(&before, &after).is_ok() {
            let (old, new) = (path(&before), path(&after));
            for request in &requests {
                prop_assert_eq!(old.decide(request), new.decide(request), "{:?}", request);
            }
        }
    }

    #[test]
    fn texts_round_trip(before in documents()) {
        for document in before {
            let text = document.to_json();
            let again = PolicyDocument::parse(&text).unwrap();
            prop_assert_eq!(again.to_json(), text.as_str());
            prop_assert_eq!(document.size(), text.chars().count());
        }
    }
}

#[test]
fn conditions_on_one_key_are_all_written() {
    let with = |conditions: &[(&str, &[&str])]| {
        let conditions = conditions.iter().map(|(operator, values)| {
            Condition::new(Operator::parse(operator).unwrap(), "aws:PrincipalArn", values.iter().copied())
        });
        let mut statement = Statement::new(Effect::Deny, Selection::everything());
        statement.conditions = conditions.collect();
        PolicyDocument::new(vec![statement])
    };
    let condition = |document: &PolicyDocument| {
        let text: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        text["Statement"]["Condition"].to_string()
    };
    // None of all values matches, so that one condition says the same.
    for operator in ["ArnNotLike", "StringNotEqualsIfExists", "ForAllValues:StringNotLike"] {
        let twice = with(&[(operator, &["b", "c"]), (operator, &["a"])]);
        assert_eq!(condition(&twice), format!(r#"{{"{operator}":{{"aws:PrincipalArn":["a","b","c"]}}}}"#));
        assert_eq!(twice, with(&[(operator, &["a", "b", "c"])]));
        let (before, after) = ([twice], [with(&[(operator, &["c", "b", "a"])])]);
        verify(&certify(&before, &after).unwrap(), &before, &after).unwrap();
    }
    // Here one condition would say something else: both stay, the key spelled in two ways.
    for operator in ["ArnLike", "StringEquals", "ForAnyValue:StringNotLike"] {
        let twice = with(&[(operator, &["b"]), (operator, &["a"])]);
        assert_eq!(
            condition(&twice),
            format!(r#"{{"{operator}":{{"Aws:PrincipalArn":"b","aws:PrincipalArn":"a"}}}}"#)
        );
        let again = PolicyDocument::parse(&twice.to_json()).unwrap();
        assert_eq!(again.statements[0].conditions.len(), 2);
        let (before, after) = ([twice], [again]);
        verify(&certify(&before, &after).unwrap(), &before, &after).unwrap();
    }
    // The same condition once more says nothing new.
    assert_eq!(with(&[("Bool", &["true"]), ("Bool", &["true"])]), with(&[("Bool", &["true"])]));
}

/// Found by `verdicts_stay`: the packer joined two statements whose texts had lost the condition in which they differed.
#[test]
fn statements_that_differ_in_a_second_condition_on_one_key_are_not_joined() {
    let deny = |resource: &str, values: &[&str]| {
        let not = |value: &&str| Condition::new(Operator::parse("ArnNotLike").unwrap(), "k:c", [*value]);
        let mut statement = Statement::new(Effect::Deny, Selection::everything());
        statement.resources = Selection::of([resource]);
        statement.conditions = values.iter().map(not).collect();
        PolicyDocument::new(vec![statement])
    };
    let before = [deny("arn:aws:a:::x", &["true"]), deny("arn:aws:a:::x*", &["false", "true"])];
    let after = pack(&before, PolicyLimits::default()).unwrap();
    verify(&certify(&before, &after).unwrap(), &before, &after).unwrap();
    let request = Request::new("a:b", "arn:aws:a:::xy", "arn:aws:iam::111122223333:user/jo", "111122223333")
        .with("k:c", "false");
    assert_eq!(path(&before).decide(&request), path(&after).decide(&request));
}

#[test]
fn common_denies_move_to_the_parent() {
    let deny = |actions: &[&str]| {
        PolicyDocument::new(vec![Statement::new(Effect::Deny, Selection::of(actions.iter().copied()))])
    };
    let children = [("a", deny(&["s3:Get*", "ec2:*"])), ("b", deny(&["iam:*", "s3:Get*"]))];
    let children = children.map(|(name, document)| (name.to_owned(), vec![document])).into();
    let hoisted = hoist(&children, PolicyLimits::default()).unwrap();
    let texts =
        |documents: &[PolicyDocument]| documents.iter().map(PolicyDocument::to_json).collect::<Vec<_>>();
    assert_eq!(texts(&hoisted.parent), texts(&[deny(&["s3:Get*"])]));
    assert_eq!(texts(&hoisted.children["a"]), texts(&[deny(&["ec2:*"])]));
    for (name, before) in &children {
        let mut after = hoisted.parent.clone();
        after.extend(hoisted.children[name].clone());
        certify(before, &after).unwrap();
    }
}

/// A deny with exactly this number of characters.
fn of_size(version: Version, size: usize) -> PolicyDocument {
    let with = |filling: usize| PolicyDocument {
        version,
        ..PolicyDocument::new(vec![Statement {
            resources: Selection::of([format!("arn:aws:s3:::{}", "x".repeat(filling))]),
            ..Statement::new(Effect::Deny, Selection::of(["s3:GetObject"]))
        }])
    };
    with(size - with(0).size())
}

#[test]
fn a_full_document_fits() {
    for version in [Version::Current, Version::Missing] {
        for size in [10_200, 10_217, 10_238, 10_239, 10_240] {
            let document = of_size(version, size);
            assert_eq!(document.size(), size);
            let packed =
                pack(std::slice::from_ref(&document), PolicyLimits { max_size: 10_240, max_documents: 1 })
                    .unwrap();
            assert!(
                packed[0].size() <= 10_240 && packed[0].same_statements(&document)
                    || version == Version::Missing
            );
            verify(&certify(std::slice::from_ref(&document), &packed).unwrap(), &[document], &packed)
                .unwrap();
        }
        let over = pack(&[of_size(version, 10_241)], PolicyLimits { max_size: 10_240, max_documents: 2 });
        assert!(matches!(over, Err(Error::DoesNotFit(_))), "{over:?}");
    }
    // Next to others it fills a document of its own, whichever comes first.
    let both = [of_size(Version::Current, 10_240), of_size(Version::Current, 9_000)];
    let packed = pack(&both, PolicyLimits { max_size: 10_240, max_documents: 2 }).unwrap();
    let mut sizes: Vec<usize> = packed.iter().map(PolicyDocument::size).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [9_000, 10_240]);
}

#[test]
fn statements_that_differ_in_one_condition_of_several_stay_apart() {
    // Conditions stand in the order of their keys: the one that differs is the first, then the last.
    for (shared, differs) in [("k:a", "aws:SourceVpc"), ("aws:SourceVpc", "k:a")] {
        let condition = |key, value| Condition::new(Operator::parse("StringEquals").unwrap(), key, [value]);
        let deny = |action: &str, value| Statement {
            conditions: vec![condition(shared, "x"), condition(differs, value)],
            ..Statement::new(Effect::Deny, Selection::of([action]))
        };
        let before = [PolicyDocument::new(vec![deny("a:B", "y"), deny("a:C", "z"), deny("a:D", "y")])];
        let [packed] = pack(&before, PolicyLimits::default()).unwrap().try_into().unwrap();
        assert_eq!(packed.statements.len(), 2, "{differs}");
        certify(&before, &[packed]).unwrap();
    }
}

#[test]
fn what_cannot_be_split_says_so() {
    let services: Vec<String> = (0..100).map(|number| format!("service{number}:*")).collect();
    let document = PolicyDocument::new(vec![Statement {
        sid: Some("Lock".to_owned()),
        ..Statement::new(Effect::Deny, Selection::all_but(services))
    }]);
    let Err(Error::DoesNotFit(overflow)) =
        pack(&[document], PolicyLimits { max_size: 500, max_documents: 10 })
    else {
        panic!("it fits")
    };
    assert_eq!(overflow.documents_needed, None);
    assert_eq!(overflow.heaviest[0].0, "Lock");
    assert!(overflow.to_string().contains("cannot be split"));
}

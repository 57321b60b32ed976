//! Policy documents and requests from anywhere: what parses has one canonical text, and whatever can be decided is decided
//! the same in two ways, after packing too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use securebase_core::policy::{
    Error, PolicyLimits, Level, Policy, PolicyDocument, PolicyKind, PolicyPath, Request, effective, pack,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A document, and after a line of `---` a request.
    let (document, request) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let document = match PolicyDocument::parse(document) {
        Ok(document) => document,
        Err(error) => {
            assert!(!error.problems().0.is_empty(), "a refusal without a reason");
            assert!(error.problems().iter().all(|problem| !problem.message.is_empty() && problem.place.is_some()));
            return;
        }
    };
    let canonical = document.to_json();
    let again = PolicyDocument::parse(&canonical).expect("a canonical text parses");
    assert_eq!(again.to_json(), canonical);
    assert_eq!(document.size(), canonical.chars().count());
    let _ = document.lint();
    let levels = |documents: &[PolicyDocument]| {
        let own = documents.iter().map(|document| Policy::new("own", document.clone()));
        vec![Level::new("root", std::iter::once(Policy::full_access()).chain(own).collect())]
    };
    let one = levels(std::slice::from_ref(&document));
    let _ = effective(&one).to_string();
    let Ok(path) = PolicyPath::new(PolicyKind::ServiceControl, &one) else { return };
    let value = serde_json::from_str(request).unwrap_or_default();
    let principal = "arn:aws:iam::111122223333:role/dev";
    let fallback = || Request::new("s3:GetObject", "arn:aws:s3:::b/k", principal, "111122223333");
    let request = Request::from_value(&value).unwrap_or_else(|_| fallback());
    for request in [request.clone(), request.partial()] {
        let decision = path.decide(&request);
        assert_eq!(path.explain(&request).decision, decision);
        match pack(std::slice::from_ref(&document), PolicyLimits { max_size: 2_000, max_documents: 8 }) {
            Ok(packed) => {
                let packed = PolicyPath::new(PolicyKind::ServiceControl, &levels(&packed)).expect("packed is sound");
                assert_eq!(packed.decide(&request), decision);
            }
            Err(Error::DoesNotFit(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
});

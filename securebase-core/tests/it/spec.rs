//! What users write: good files mean the same in every format, bad ones say everything that is wrong with them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use securebase_core::input::{CODES, ClientSpec, Format, LandingZoneSpec, TierSpec, schema};
use securebase_core::model::{LandingZone, Problem, Problems, Quota, WARNINGS};

/// Set it to write the expected files anew; then read the difference.
const BLESS: &str = "SECUREBASE_BLESS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let directory = root().join("securebase-core/tests/fixtures/spec").join(kind);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Compares with a committed file, or writes it.
fn golden(path: &Path, text: &str) {
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs; {BLESS}=1 writes it anew", path.display());
}

/// Loads a fixture under its bare name, so that messages are the same on every machine.
fn load(path: &Path) -> Result<LandingZone, Problems> {
    let name = path.file_name().unwrap().to_str().unwrap();
    match std::fs::read_to_string(path) {
        Ok(text) => LandingZone::parse(&text, Format::of(path).unwrap(), Some(name)),
        Err(_) => LandingZone::load(path).map_err(|problems| {
            let bare = |text: &str| text.replace(path.to_str().unwrap(), name);
            Problems(
                problems
                    .0
                    .into_iter()
                    .map(|mut problem| {
                        if let Some(place) = &mut problem.place {
                            place.file = place.file.as_deref().map(bare);
                        }
                        problem
                    })
                    .collect(),
            )
        }),
    }
}

/// What a person sees: the findings of a failed load, or the warnings of one that went well.
fn rendered(loaded: Result<LandingZone, Problems>) -> String {
    match loaded {
        Ok(zone) => format!("loads, with\n{}\n", Problems(zone.warnings)),
        Err(problems) => format!("{problems}\n"),
    }
}

#[test]
fn the_ten_tenants_are_the_same_zone_in_every_format() {
    let tfvars = LandingZone::load(root().join("examples/ten-tenants.client.auto.tfvars")).unwrap();
    assert_eq!(tfvars.tenants.len(), 10);
    assert_eq!(tfvars.tenants[0].key.as_str(), "acme-finance");
    assert_eq!(tfvars.tenants[6].monthly_price.to_string(), "25000 USD");
    assert_eq!(tfvars.tenants[0].tags.get("ManagedBy").unwrap(), "securebase");
    for file in fixtures("good").iter().filter(|file| file.to_str().unwrap().contains("ten-tenants")) {
        let mut other = LandingZone::load(file).unwrap();
        // Places differ between formats, nothing else may.
        other.warnings.clone_from(&tfvars.warnings);
        assert_eq!(other, tfvars, "{}", file.display());
    }
}

#[test]
fn every_good_file_loads_and_survives_the_way_out_and_in() {
    for file in fixtures("good") {
        let zone =
            LandingZone::load(&file).unwrap_or_else(|problems| panic!("{}: {problems}", file.display()));
        let mut again = LandingZone::from_value(&zone.to_value()).unwrap();
        assert_eq!(again.to_value(), zone.to_value());
        again.warnings.clone_from(&zone.warnings);
        again.acknowledged.clone_from(&zone.acknowledged);
        assert_eq!(again, zone, "{}", file.display());
    }
}

#[test]
fn the_first_tenant_of_the_report_fails_with_its_two_critical_faults() {
    let file = root().join("examples/acme-before-fixes.client.auto.tfvars");
    let problems = load(&file).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["email-missing", "account-id-placeholder"]);
    golden(&fixture_text("acme-before-fixes.txt"), &rendered(Err(problems)));
}

fn fixture_text(name: &str) -> PathBuf {
    root().join("securebase-core/tests/fixtures/spec").join(name)
}

#[test]
fn bad_files_say_what_is_wrong_in_the_words_of_the_committed_texts() {
    let files: Vec<PathBuf> =
        fixtures("bad").into_iter().filter(|file| file.extension().is_some_and(|e| e != "txt")).collect();
    assert!(files.len() >= 30, "{}", files.len());
    let mut differences = Vec::new();
    for file in files {
        let loaded = load(&file);
        let text = rendered(loaded);
        let expected = file.with_extension(format!("{}.txt", file.extension().unwrap().to_str().unwrap()));
        if std::env::var_os(BLESS).is_some() {
            std::fs::write(&expected, &text).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != text {
            differences.push(format!("{}:\n{text}", file.display()));
        }
    }
    assert!(differences.is_empty(), "{BLESS}=1 writes them anew:\n{}", differences.join("\n"));
}

#[test]
fn policy_documents_are_read_beside_the_file_and_written_out() {
    let zone = LandingZone::load(fixture_text("policies/zone.tfvars")).unwrap();
    for tier in &zone.tiers {
        let [document] = tier.guarding.policies.as_slice() else { panic!("{tier:?}") };
        assert!(document.contains("*.metal"), "{document}");
    }
    // The value needs no other file.
    let value = zone.to_value();
    assert_eq!(value["policies"][0]["Statement"]["Sid"], "NoMetal");
    assert_eq!(LandingZone::from_value(&value).unwrap().tiers, zone.tiers);
}

#[test]
fn what_cannot_be_read_is_refused_before_it_is_read() {
    let code = |path: &Path| LandingZone::load(path).unwrap_err().0[0].code.clone();
    let path = std::env::temp_dir().join(format!("securebase-{}-large.tfvars", std::process::id()));
    // A file of holes: it has the size without taking the room.
    std::fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let problems = LandingZone::load(&path).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(problems.0[0].code, "file-too-large");
    assert!(problems.0[0].message.contains("104857600"), "{problems}");
    assert_eq!(code(Path::new("zone.txt")), "file-format");
    assert_eq!(code(Path::new("no-such-file.toml")), "file-unreadable");
    let directory = std::env::temp_dir().join(format!("securebase-{}.yaml", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let found = code(&directory);
    std::fs::remove_dir(&directory).unwrap();
    assert_eq!(found, "file-unreadable");
}

/// Reached without a fixture: see [`what_cannot_be_read_is_refused_before_it_is_read`].
const OF_READING: [&str; 3] = ["file-format", "file-too-large", "file-unreadable"];

#[test]
fn warnings_that_are_acknowledged_stand_apart_in_every_format() {
    let file = fixture_text("bad/acknowledged.tfvars");
    let zone = LandingZone::load(&file).unwrap();
    let codes = |warnings: &[Problem]| -> Vec<String> {
        warnings.iter().map(|warning| warning.code.clone()).collect()
    };
    assert_eq!(codes(&zone.warnings), ["cidr-discouraged"]);
    assert_eq!(codes(&zone.acknowledged), ["email-root-is-contact", "cidr-overlap"]);
    assert!(zone.acknowledged.iter().all(|warning| warning.place.is_some()));
    let value = zone.to_value();
    assert_eq!(value["acknowledge"], serde_json::json!(["cidr-overlap", "email-root-is-contact"]));
    let json = serde_json::to_string(&value).unwrap();
    let toml = toml::to_string(&value).unwrap();
    for (text, format) in [(&json, Format::Json), (&json, Format::Yaml), (&toml, Format::Toml)] {
        let other = LandingZone::parse(text, format, None).unwrap();
        assert_eq!(codes(&other.warnings), codes(&zone.warnings), "{format:?}");
        assert_eq!(other.acknowledged.len(), zone.acknowledged.len(), "{format:?}");
    }
    // An error is an error, whatever the file accepts.
    let text = std::fs::read_to_string(&file).unwrap().replace("10.1.0.0/16", "10.1.0.0/8");
    let problems = LandingZone::parse(&text, Format::Tfvars, None).unwrap_err();
    assert_eq!(problems.error_count(), 4, "{problems}");
}

#[test]
fn what_may_be_acknowledged_is_a_code_of_reading() {
    assert!(WARNINGS.iter().all(|code| CODES.contains(code)));
    for file in fixtures("bad").into_iter().filter(|file| file.extension().is_some_and(|e| e != "txt")) {
        let problems = load(&file).map_or_else(|problems| problems.0, |zone| zone.warnings);
        for warning in problems.iter().filter(|problem| !problem.is_error()) {
            assert!(WARNINGS.contains(&warning.code.as_str()), "{warning}");
        }
    }
}

#[test]
fn every_code_is_exercised_and_documented() {
    let mut seen: BTreeSet<String> = OF_READING.iter().map(|code| (*code).to_owned()).collect();
    for file in fixtures("bad").into_iter().filter(|file| file.extension().is_some_and(|e| e != "txt")) {
        let problems = load(&file).map_or_else(|problems| problems.0, |zone| zone.warnings);
        seen.extend(problems.into_iter().map(|problem| problem.code));
    }
    let known: BTreeSet<String> = CODES.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(seen, known, "what the bad files show, and what the crate lists");
    let text = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let headings: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    for code in CODES {
        assert_eq!(
            headings.iter().filter(|heading| *heading == code).count(),
            1,
            "docs/errors.md on `{code}`"
        );
    }
}

#[test]
fn the_manual_names_every_attribute_and_every_limit() {
    let text = std::fs::read_to_string(root().join("docs/input.md")).unwrap();
    let schema = serde_json::to_value(schema()).unwrap();
    let mut names: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    for definition in schema["$defs"].as_object().unwrap().values() {
        names
            .extend(definition["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
    let limits = securebase_core::model::Limits::default();
    names.extend(limits.iter().map(|limit| limit.name.clone()));
    let missing: Vec<&String> = names.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/input.md says nothing of {missing:?}");
}

#[test]
fn the_committed_schema_is_the_one_the_types_give() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    golden(&root().join("docs/landing-zone.schema.json"), &text);
}

#[test]
fn tenants_in_another_order_differ_in_order_only() {
    let text = std::fs::read_to_string(root().join("examples/ten-tenants.client.auto.tfvars")).unwrap();
    let zone = LandingZone::parse(&text, Format::Tfvars, None).unwrap();
    let mut value = zone.to_value();
    let clients = value["clients"].as_object_mut().unwrap();
    *clients = std::mem::take(clients).into_iter().rev().collect();
    let turned = LandingZone::from_value(&value).unwrap();
    let mut tenants = turned.tenants.clone();
    assert_eq!(tenants[0], zone.tenants[9]);
    tenants.reverse();
    assert_eq!(tenants, zone.tenants);
}

/// Small texts that hold every kind of token of their format.
fn bases() -> Vec<(String, Format)> {
    let everything = std::fs::read_to_string(fixture_text("good/everything.tfvars")).unwrap();
    let zone = LandingZone::parse(&everything, Format::Tfvars, None).unwrap().to_value();
    let toml = toml::to_string(&zone).unwrap();
    let yaml = std::fs::read_to_string(fixture_text("good/anchors.yaml")).unwrap();
    let json = serde_json::to_string_pretty(&zone).unwrap();
    vec![(everything, Format::Tfvars), (toml, Format::Toml), (yaml, Format::Yaml), (json, Format::Json)]
}

#[derive(Debug, Clone)]
enum Change {
    Delete(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
    Insert(prop::sample::Index, String),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = any::<prop::sample::Index>;
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "=",
        ":",
        ",",
        "\n",
        "\r\n",
        "${",
        "<<E\n",
        "#",
        "/*",
        "- ",
        "&a ",
        "*a",
        "\\",
        "\u{feff}",
        "\0",
        "é",
        "null",
        "-1",
        "1e999",
        "10.0.0.0/16",
        "clients",
        "tags",
        "2026-01-19",
        "!",
    ]);
    let change = prop_oneof![
        (place(), 1..40_usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (place(), 1..40_usize).prop_map(|(at, length)| Change::Double(at, length)),
        (place(), token.prop_map(str::to_owned)).prop_map(|(at, text)| Change::Insert(at, text)),
    ];
    prop::collection::vec(change, 1..5)
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for change in changes {
        let (Change::Delete(at, _) | Change::Double(at, _) | Change::Insert(at, _)) = change;
        let at = at.index(chars.len() + 1);
        match change {
            Change::Delete(_, length) => drop(chars.drain(at..(at + length).min(chars.len()))),
            Change::Double(_, length) => {
                let part: Vec<char> = chars[at..(at + length).min(chars.len())].to_vec();
                chars.splice(at..at, part);
            }
            Change::Insert(_, text) => drop(chars.splice(at..at, text.chars())),
        }
    }
    chars.into_iter().collect()
}

/// Whatever the text: no panic, findings in order with places inside the text, and a way out that leads in again.
fn holds(text: &str, format: Format) -> Result<(), TestCaseError> {
    match LandingZone::parse(text, format, Some("f")) {
        Ok(zone) => {
            let mut again =
                LandingZone::from_value(&zone.to_value()).map_err(|p| TestCaseError::fail(p.to_string()))?;
            again.warnings.clone_from(&zone.warnings);
            again.acknowledged.clone_from(&zone.acknowledged);
            prop_assert_eq!(again, zone);
        }
        Err(problems) => {
            prop_assert!(problems.error_count() > 0);
            let lines = text.lines().count() + 1;
            for problem in problems.iter() {
                prop_assert!(CODES.contains(&problem.code.as_str()), "{}", problem.code);
                prop_assert!(
                    problem.place.as_ref().is_some_and(|place| (1..=lines).contains(&place.line)),
                    "{problem}"
                );
                prop_assert!(!problem.message.contains('\n') && !problem.hint.is_empty(), "{problem}");
            }
            let places: Vec<_> = problems.iter().map(|problem| problem.place.clone()).collect();
            let by_severity: Vec<_> = problems.iter().map(|problem| problem.severity).zip(places).collect();
            prop_assert!(by_severity.is_sorted());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases::cases(192))]

    #[test]
    fn damaged_files_are_read_or_refused(base in 0..4_usize, changes in changes()) {
        let (text, format) = &bases()[base];
        holds(&changed(text, &changes), *format)?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", other in "[\\[\\]{}()=:,\"'#\\n ${a1-]{0,60}") {
        for format in Format::ALL {
            holds(&text, format)?;
            holds(&other, format)?;
        }
    }

    #[test]
    fn a_zone_built_in_code_is_the_same_from_every_format(
        tenants in prop::collection::btree_map("[a-z][a-z0-9-]{0,12}", (0..4_usize, any::<[u8; 2]>(), "[ -~&&[a-z A-Z0-9]]{0,20}"), 0..8),
        price in 0..1_000_000_u32,
        vpc in any::<bool>(),
    ) {
        let mut spec = LandingZoneSpec { enable_vpc: Some(vpc), ..LandingZoneSpec::default() };
        spec.account_email = Some("aws+{key}@example.com".to_owned());
        let price = rust_decimal::Decimal::new(price.into(), 2);
        spec.tiers.insert("fintech".to_owned(), TierSpec { monthly_price: Some(price), ..TierSpec::default() });
        let tiers = [("fintech", "soc2"), ("healthcare", "HIPAA"), ("gov-federal", "FedRAMP"), ("standard", "cis")];
        for (key, (tier, block, tag)) in &tenants {
            let (tier, framework) = tiers[*tier];
            let mut client = ClientSpec::new(tier, key, framework, format!("{key}@customer.example"));
            client.vpc_cidr = (block[0] % 2 == 0).then(|| format!("10.{}.0.0/16", block[1]));
            client.tags.insert("Customer".to_owned(), tag.clone());
            spec.clients.insert(key.clone(), client);
        }
        let zone = spec.resolve().map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        prop_assert_eq!(zone.tenants.len(), tenants.len());
        prop_assert_eq!(zone.network.is_some(), vpc);
        prop_assert_eq!(zone.tiers[0].monthly_price.amount, price);
        let json = serde_json::to_string(&spec).unwrap();
        let texts = [
            (toml::to_string(&spec).unwrap(), Format::Toml),
            // JSON is YAML.
            (json.clone(), Format::Yaml),
            (json, Format::Json),
        ];
        for (text, format) in texts {
            let mut other = LandingZone::parse(&text, format, None).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
            other.warnings.clone_from(&zone.warnings);
            prop_assert_eq!(&other, &zone, "{:?}", format);
        }
    }
}

#[test]
fn numbers_lead_out_and_in_again_as_they_were_written() {
    let text = "\
account_email: aws+{prefix}@example.com
enable_vpc: true
pool: {prefix_len: 020}
limits: {accounts: 050, create_account_rate: 0.10}
clients:
  acme:
    tier: standard
    prefix: acme
    framework: cis
    contact_email: ops@acme.example
    tags: {Cost: 06, Share: 1.50}
";
    let zone = LandingZone::parse(text, Format::Yaml, None).unwrap_or_else(|problems| panic!("{problems}"));
    let again = LandingZone::from_value(&zone.to_value()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(again, zone);
    assert_eq!(zone.tenants[0].tags.get("Cost").unwrap(), "06");
    assert_eq!(zone.tenants[0].tags.get("Share").unwrap(), "1.50");
}

/// The tags of the only tenant of a document that has `T` written so.
fn tag_of(document: &str, format: Format) -> Result<Option<String>, String> {
    let zone = LandingZone::parse(document, format, None).map_err(|problems| problems.to_string())?;
    // What a zone is rebuilt from has the same tags.
    let again = LandingZone::from_value(&zone.document).map_err(|problems| problems.to_string())?;
    assert_eq!(again.tenants[0].tags, zone.tenants[0].tags, "{document}");
    Ok(zone.tenants[0].tags.get("T").cloned())
}

#[test]
fn a_tag_takes_the_text_as_it_was_written() {
    let yaml = [
        "+14155550100",
        "+1",
        "+0.5",
        "-0",
        "00412",
        "0x1F",
        "0o14",
        ".5",
        "5.",
        "1_000",
        "1e3",
        "1E+3",
        "1.10",
        "12345678901234567890",
        "2026-03-01",
        "22:22",
        "no",
        "NO",
        "on",
        "yes",
        "true",
        "True",
        "TRUE",
        "false",
        "False",
        "FALSE",
        "-.5",
        "+.5",
    ];
    for text in yaml {
        let document = format!(
            "account_email: aws+{{prefix}}@x.example\nclients:\n  x:\n    tier: standard\n    framework: cis\n    prefix: x1\n    \
             contact_email: a@x.example\n    tags:\n      T: {text}\n"
        );
        assert_eq!(tag_of(&document, Format::Yaml).unwrap().as_deref(), Some(text));
        let key = document.replace(&format!("      T: {text}\n"), &format!("      {text}: T\n"));
        let zone = LandingZone::parse(&key, Format::Yaml, None).unwrap();
        assert_eq!(
            zone.tenants[0].tags.get(text).map(String::as_str),
            Some("T"),
            "{:?}",
            zone.tenants[0].tags
        );
    }
    for text in
        ["+1", "-0", "1_000", "0x1F", "0o17", "0b1", "1e3", "+0.5", "1.10", "2026-03-01", "07:32:00", "true"]
    {
        let document = format!(
            "account_email = \"aws+{{prefix}}@x.example\"\n[clients.x]\ntier = \"standard\"\nframework = \"cis\"\nprefix = \"x1\"\n\
             contact_email = \"a@x.example\"\n[clients.x.tags]\nT = {text}\n"
        );
        assert_eq!(tag_of(&document, Format::Toml).unwrap().as_deref(), Some(text));
    }
    for text in ["1e3", "-5", "- 5", "1.10", "true", "12345678901234567890"] {
        let document = format!(
            "account_email = \"aws+{{prefix}}@x.example\"\nclients = {{ x = {{ tier = \"standard\", framework = \"cis\", \
             prefix = \"x1\", contact_email = \"a@x.example\", tags = {{ T = {text} }} }} }}\n"
        );
        assert_eq!(tag_of(&document, Format::Tfvars).unwrap().as_deref(), Some(text));
    }
    for text in ["-0", "1e3", "1E+3", "1.10", "12345678901234567890", "true"] {
        let document = format!(
            "{{\"account_email\": \"aws+{{prefix}}@x.example\", \"clients\": {{\"x\": {{\"tier\": \"standard\", \"framework\": \
             \"cis\", \"prefix\": \"x1\", \"contact_email\": \"a@x.example\", \"tags\": {{\"T\": {text}}}}}}}}}"
        );
        assert_eq!(tag_of(&document, Format::Json).unwrap().as_deref(), Some(text));
    }
    // A number is one where a number is wanted.
    let document = "account_email: aws+{prefix}@x.example\nenable_vpc: False\nlimits: {accounts: +50}\nclients:\n  x:\n    tier: \
                    standard\n    framework: cis\n    prefix: x1\n    contact_email: a@x.example\n";
    let zone = LandingZone::parse(document, Format::Yaml, None).unwrap();
    assert_eq!((zone.network.is_none(), zone.limits.quota(Quota::Accounts)), (true, 50));
}

#[test]
fn what_aws_refuses_in_a_tag_or_a_name_is_refused_in_the_file() {
    let with = |lines: &str| {
        let text =
            crate::support::ONE_TENANT.replace("tags          = { Customer = \"ACME Finance Inc\" }", lines);
        LandingZone::parse(&text, Format::Tfvars, None).map_err(|problems| problems.0[0].code.clone())
    };
    for value in [
        "Smith & Sons",
        "A; B",
        "100 %",
        "(x)",
        "it's",
        "a,b",
        "<b>",
        "a#b",
        "a!b",
        "a*b",
        "a|b",
        "{x}",
        "a\\tb",
    ] {
        assert_eq!(
            with(&format!("tags = {{ Customer = \"{value}\" }}")).unwrap_err(),
            "tag-invalid",
            "{value}"
        );
        assert_eq!(with(&format!("tags = {{ \"{value}\" = \"x\" }}")).unwrap_err(), "tag-invalid", "{value}");
    }
    for value in ["Smith Söhne", "a/b=c+d-e@f:g_h.i", "日本", "٣", "a\u{a0}b", "a\u{3000}b", ""] {
        with(&format!("tags = {{ Customer = \"{value}\" }}")).unwrap();
    }
    assert_eq!(with(&format!("tags = {{ Customer = \"{}\" }}", "é".repeat(257))).unwrap_err(), "tag-invalid");
    assert_eq!(with(&format!("tags = {{ \"{}\" = \"x\" }}", "é".repeat(129))).unwrap_err(), "tag-invalid");
    with(&format!("tags = {{ \"{}\" = \"{}\" }}", "é".repeat(128), "é".repeat(256))).unwrap();
    for name in ["<acme>", "acme > bank", "é"] {
        assert_eq!(
            with(&format!("account_name = \"{name}\"")).unwrap_err(),
            "account-name-invalid",
            "{name}"
        );
    }
    with("account_name = \"ACME & Co; (100 %)\"").unwrap();
    // The tag by which a unit is found again holds its path.
    assert_eq!(with("vertical = \"Banks & Insurers\"").unwrap_err(), "text-invalid");
    let zone = |line: &str| {
        LandingZone::parse(&format!("{}{line}\n", crate::support::ONE_TENANT), Format::Tfvars, None)
            .map_err(|problems| problems.0[0].code.clone())
    };
    assert!(zone("tiers = { fintech = { ou_name = \"Banks & Insurers\" } }").is_err());
    assert!(zone("suspended_ou = \"Gone (for good)\"").is_err());
    zone("suspended_ou = \"Gone for good\"").unwrap();
    let long = "x".repeat(64);
    assert_eq!(
        zone(&format!("ou_path = \"{{ou}}/{long}/{long}/{long}\"")).unwrap(),
        zone(&format!("ou_path = \"{{ou}}/{long}/{long}/{long}\"")).unwrap()
    );
    assert_eq!(
        zone(&format!("ou_path = \"{{ou}}/{long}/{long}/{long}/{long}\"")).unwrap_err(),
        "ou-path-invalid"
    );
}

/// `true` is both services, and a list is those that it names.
#[test]
fn gateway_endpoints_are_a_switch_or_a_list() {
    let written = |value: &serde_json::Value| {
        LandingZone::from_value(&serde_json::json!({
            "account_email": "aws+{prefix}@example.com",
            "vpc_config": { "gateway_endpoints": value },
            "clients": { "acme": {
                "tier": "fintech", "prefix": "acme", "framework": "soc2", "contact_email": "ops@acme.example",
            } },
        }))
    };
    let services = |text: &str| -> Vec<&str> {
        let zone = written(&serde_json::from_str(text).unwrap()).unwrap();
        zone.network.unwrap().gateway_endpoints.names().collect()
    };
    for (text, expected) in [
        ("true", &["s3", "dynamodb"][..]),
        ("false", &[]),
        ("null", &[]),
        ("[]", &[]),
        (r#"["s3"]"#, &["s3"]),
        (r#"["dynamodb", "s3", "s3"]"#, &["s3", "dynamodb"]),
    ] {
        assert_eq!(services(text), expected, "{text}");
    }
    for (text, code, path) in [
        (r#""s3""#, "type-mismatch", "vpc_config.gateway_endpoints"),
        ("1", "type-mismatch", "vpc_config.gateway_endpoints"),
        ("[true]", "type-mismatch", "vpc_config.gateway_endpoints[0]"),
        (r#"["s3", "S3"]"#, "name-invalid", "vpc_config.gateway_endpoints[1]"),
        (r#"["sqs"]"#, "name-invalid", "vpc_config.gateway_endpoints[0]"),
    ] {
        let problems = written(&serde_json::from_str(text).unwrap()).unwrap_err();
        let [problem] = problems.0.as_slice() else { panic!("{text}: {problems}") };
        assert_eq!((problem.code.as_str(), problem.path.as_str()), (code, path), "{text}");
    }
}

//! The figures of the five reports of January 2026 against the library.
//!
//! Each figure names a report, a number of tenants and what it measures. `answers` gives the answer and says how it comes
//! to it; nothing there evaluates the formula that a report used. How many figures are answered in which way is pinned
//! here, so that none changes from computed to counted or drops out unseen. `UPDATE_DOCS=1` rewrites
//! `docs/seed-figures.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

mod answers;
mod figure;
mod page;
mod scenario;
mod shipped;
mod verdict;

use answers::verdict;
use figure::{Metric, Precision, Wrong, file};
use verdict::{Answer, Class, How, Reason, Verdict, agrees};

fn census(classes: impl Iterator<Item = Class>) -> BTreeMap<Class, usize> {
    let mut census = BTreeMap::new();
    for class in classes {
        *census.entry(class).or_default() += 1;
    }
    census
}

/// The library's own answer to what a report has wrong.
fn correction(figure: &Wrong) -> Option<(How, Answer)> {
    figure.right.as_ref()?;
    // How long a deployment takes is a claim: data/seeds.toml stores it, and the simulated cloud tests it.
    if matches!(figure.metric, Metric::DeploymentTime) {
        return None;
    }
    match verdict(&figure.question()) {
        Verdict::Answered(how, answer) => Some((how, answer)),
        Verdict::OutOfScope(_) => None,
    }
}

#[test]
fn every_answer_is_what_a_report_with_the_right_figure_prints() {
    let mut failures = String::new();
    for figure in &file().consistent {
        if let Verdict::Answered(how, answer) = verdict(&figure.question())
            && !agrees(&answer, &figure.value, figure.precision())
        {
            writeln!(failures, "{}: printed {}, {} {answer:?}", figure.id, figure.value, how.label())
                .unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn so_many_figures_are_answered_in_each_way() {
    let found = census(file().consistent.iter().map(|figure| verdict(&figure.question()).class()));
    let expected = BTreeMap::from([
        (Class::Answered(How::Computed), 170),
        (Class::Answered(How::Arithmetic), 6),
        (Class::Answered(How::Reached), 48),
        (Class::Answered(How::ListPrice), 11),
        (Class::Answered(How::Counted), 217),
        (Class::Answered(How::ReadBack), 46),
        (Class::OutOfScope(Reason::Finding), 14),
        (Class::OutOfScope(Reason::Conversion), 1),
        (Class::OutOfScope(Reason::AccountId), 9),
    ]);
    assert_eq!(found, expected);
    assert_eq!(found.values().sum::<usize>(), 522);
}

#[test]
fn the_library_corrects_what_the_reports_have_wrong() {
    let mut failures = String::new();
    for figure in &file().wrong {
        let (Some(right), Some((how, answer))) = (&figure.right, correction(figure)) else { continue };
        if !agrees(&answer, right, Precision::Digits(0)) {
            writeln!(failures, "{}: right {right}, {} {answer:?}", figure.id, how.label()).unwrap();
        }
        if agrees(&answer, &figure.printed, Precision::Digits(2)) {
            writeln!(failures, "{}: the library repeats {}", figure.id, figure.printed).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn so_many_wrong_figures_are_corrected_in_each_way() {
    let wrong = file().wrong;
    let found = census(wrong.iter().filter_map(correction).map(|(how, _)| Class::Answered(how)));
    let expected = BTreeMap::from([
        (Class::Answered(How::Computed), 22),
        (Class::Answered(How::Arithmetic), 7),
        (Class::Answered(How::Reached), 6),
        (Class::Answered(How::Counted), 4),
        (Class::Answered(How::ReadBack), 10),
    ]);
    assert_eq!(found, expected);
    assert_eq!(wrong.len(), 97);
}

#[test]
fn the_data_says_what_it_is() {
    let file = file();
    assert_eq!(file.version, 2);
    assert!(file.about.contains("five reports of January 2026"), "{}", file.about);
    let mut ids: Vec<_> = file.consistent.iter().map(|figure| &figure.id).collect();
    ids.extend(file.wrong.iter().map(|figure| &figure.id));
    let figures = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), figures, "a figure stands twice");
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/seed-figures.md");
    let expected = page::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "run the tests with UPDATE_DOCS=1 and read the difference in docs/seed-figures.md"
    );
}

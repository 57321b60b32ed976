//! `docs/seed-figures.md`, written from the figures and their verdicts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use securebase_core::finance::PriceId;

use super::answers::verdict;
use super::figure::{File, Wrong, file};
use super::scenario::Scenario;
use super::shipped;
use super::verdict::{Class, How, Reason, Verdict};
use super::{census, correction};

/// Puts a paragraph or a row on a line of its own.
macro_rules! line {
    ($text:expr, $($part:tt)*) => { writeln!($text, $($part)*).unwrap() };
}

pub(super) fn page() -> String {
    let file = file();
    let mut text = String::new();
    introduction(&mut text, &file);
    classes(&mut text, &file);
    remarks(&mut text);
    wrong(&mut text, &file);
    out_of_scope(&mut text, &file);
    text
}

fn introduction(text: &mut String, file: &File) {
    let (consistent, wrong) = (file.consistent.len(), file.wrong.len());
    let census = census(file.consistent.iter().map(|figure| verdict(&figure.question()).class()));
    let count = |how: How| census.get(&Class::Answered(how)).copied().unwrap_or(0);
    let (function, step) = (count(How::Computed), count(How::Arithmetic));
    let (counted, read_back, listed) = (count(How::Counted), count(How::ReadBack), count(How::ListPrice));
    let computed = function + step;
    let reached = count(How::Reached);
    let rest = consistent - computed - counted - read_back - listed - reached;
    line!(text, "# The figures of the five reports, checked\n");
    line!(
        text,
        "Five reports of January 2026 argue for this business with {} figures that follow from something else they state. \
         {consistent} of them do follow; {wrong} do not. Of the {consistent}, the model computes **{computed}** from inputs \
         that do not contain them ({function} by a public function, {step} with one step of the test's arithmetic on top). \
         **{counted}** count what the test itself holds, **{read_back}** are read back from `data/seeds.toml`, where they \
         are stored, and **{listed}** are list prices: these agree by construction and prove little. **{reached}** more come \
         out of the planner, a layout or the price book. **{rest}** are out of scope.\n",
        consistent + wrong,
    );
    let corrected = file.wrong.iter().filter_map(correction);
    let corrected: Vec<How> = corrected.map(|(how, _)| how).collect();
    let of = |wanted: &[How]| corrected.iter().filter(|how| wanted.contains(how)).count();
    line!(
        text,
        "An earlier edition of this page called {} figures \"reproduced\": the {computed}, {counted}, {read_back} and {listed} \
         together. Of the {wrong} that are wrong the library answers {} itself: {} computed, {} reached, {} counted and {} read \
         back. `tests/it/seed_figures.rs` generates this page and fails when any of these numbers changes; do not edit it.\n",
        computed + counted + read_back + listed,
        corrected.len(),
        of(&[How::Computed, How::Arithmetic]),
        of(&[How::Reached]),
        of(&[How::Counted]),
        of(&[How::ReadBack, How::ListPrice]),
    );
    line!(
        text,
        "\"Gross\" in the five reports is `infrastructure_margin`: revenue less infrastructure. The model's `gross_margin` is \
         revenue less infrastructure and support, `operating_margin` revenue less everything (the reports' \"net\"), and \
         `operating_margin_before_contingency` leaves the contingency out.\n"
    );
}

fn classes(text: &mut String, file: &File) {
    let mut metrics: BTreeMap<How, BTreeMap<String, usize>> = BTreeMap::new();
    for figure in &file.consistent {
        let question = figure.question();
        if let Verdict::Answered(how, _) = verdict(&question) {
            *metrics.entry(how).or_default().entry(question.metric.words().0).or_default() += 1;
        }
    }
    line!(text, "## How the {} that are right are answered\n", file.consistent.len());
    line!(text, "| | figures | what that means | which |");
    line!(text, "|---|---|---|---|");
    for (how, metrics) in metrics {
        let mut which: Vec<_> = metrics.into_iter().collect();
        which.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let sum: usize = which.iter().map(|(_, count)| count).sum();
        let which: Vec<_> = which.into_iter().map(|(words, count)| format!("{words} {count}")).collect();
        line!(text, "| {} | {sum} | {} | {} |", how.label(), how.meaning(), which.join(", "));
    }
    line!(text, "");
}

fn remarks(text: &mut String) {
    let percent = |cold, hot| (shipped::saving(cold, hot) * Decimal::ONE_HUNDRED).round_dp(1).normalize();
    let price = |id| shipped::at_list_price(id, Decimal::ONE).normalize();
    let (glacier, cloudwatch, standard) =
        (PriceId::S3GlacierFlexibleGbMonth, PriceId::CloudwatchStorageGbMonth, PriceId::S3StandardGbMonth);
    line!(
        text,
        "- TEN-530.1 prints a saving of about 90 % on long-term storage. Glacier Flexible Retrieval at {} a GB-month saves {} % \
         against CloudWatch storage at {}, which is inside the 5 % that an estimate may be off; against S3 Standard at {} it \
         saves {} %, which is not.",
        price(glacier),
        percent(glacier, cloudwatch),
        price(cloudwatch),
        price(standard),
        percent(glacier, standard),
    );
    let (alone, entries) = shipped::resources_per_tenant();
    line!(
        text,
        "- TEN-122.1 prints 12 to 15 resources for each tenant. The plan creates {alone} that stand by themselves, and {entries} \
         routes and associations inside its route tables."
    );
    line!(
        text,
        "- CMP-188.2, CMP-189.2, SEC-236.3 and SEC-237.3 print that a second tenant adds nothing to configuration and \
         deployment. They are read back: the answer is what onboarding adds beyond the set-up of each further tenant.\n"
    );
}

fn wrong(text: &mut String, file: &File) {
    line!(text, "## Wrong\n");
    line!(
        text,
        "The column \"answered\" says how the library comes to the right figure; an empty cell means that it does not.\n"
    );
    line!(text, "| figure | report, line | what | printed | right | answered | why |");
    line!(text, "|---|---|---|---|---|---|---|");
    for figure in &file.wrong {
        line!(
            text,
            "| {} | {} {} | {} | {}{} | {} | {} | {} |",
            figure.id,
            figure.document.name(),
            figure.line,
            what(figure),
            figure.printed,
            figure.unit.suffix(),
            figure.right_text,
            correction(figure).map_or("", |(how, _)| how.label()),
            file.reasons[&figure.why],
        );
    }
    line!(text, "");
}

fn what(figure: &Wrong) -> String {
    let (name, about) = figure.metric.words();
    let about = about.map_or(String::new(), |about| format!(" ({about})"));
    let scenario = match figure.scenario {
        None => String::new(),
        Some(Scenario::Mix(mix)) if mix.tenants() == 1 => ", 1 tenant".to_owned(),
        Some(Scenario::Mix(mix)) => format!(", {} tenants", mix.tenants()),
        Some(Scenario::Phase(phase)) => format!(", phase {}", phase.number()),
    };
    format!("{name}{about}{scenario}")
}

fn out_of_scope(text: &mut String, file: &File) {
    let mut left: BTreeMap<Reason, Vec<&str>> = BTreeMap::new();
    for figure in &file.consistent {
        if let Verdict::OutOfScope(reason) = verdict(&figure.question()) {
            left.entry(reason).or_default().push(&figure.id);
        }
    }
    line!(text, "## Right, but out of scope\n");
    line!(text, "| reason | figures |");
    line!(text, "|---|---|");
    for (reason, figures) in left {
        line!(text, "| {} | {}: {} |", reason.text(), figures.len(), figures.join(", "));
    }
}

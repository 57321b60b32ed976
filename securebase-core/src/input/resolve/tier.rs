//! Tiers: the shipped ones, with the file's own added or put in their place.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::guarding;
use super::pool::tier_names;
use crate::input::code;
use crate::input::node::{Entry, Quoted, Value};
use crate::input::reader::{Object, entries, mismatch, nearest};
use crate::input::report::{Path, Report};
use crate::model::{Framework, LOG_RETENTION_DAYS, Money, Tags, Tier, TierName, exact};

pub(in crate::input) const TIER: &[&str] =
    &["title", "ou_name", "framework", "monthly_price", "log_retention_days", "guardrails", "policies"];

/// The longest name AWS takes for an organizational unit.
pub(super) const OU_NAME_MAX: usize = 128;
const RETENTION_DEFAULT: u32 = 90;
/// Prices beyond this are slips; sums of any number of tenants stay far inside what a decimal holds.
const PRICE_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// How many digits every double keeps: a bare number in a file may have passed through one.
const FLOAT_SAFE_DIGITS: usize = 15;

pub(super) fn all(zone: &Object<'_, '_>, executor: &str, report: &mut Report<'_>) -> Vec<Tier> {
    let mut tiers = Tier::shipped().to_vec();
    let path = zone.path_of("tiers");
    let given = zone
        .get("tiers")
        .and_then(|entry| entries(&entry.node, &path, "a map from tier name to tier", report));
    let mut places = BTreeMap::new();
    for entry in given.into_iter().flatten() {
        let path = Path::Key(&path, &entry.key);
        let name = match entry.key.parse::<TierName>() {
            Ok(name) => Some(name),
            Err(error) => {
                let message = format!("`{}` is not a valid tier name", Quoted(&entry.key));
                report.error(code::NAME_INVALID, entry.key_at, path, message, error.rule);
                None
            }
        };
        let shipped = tiers.iter().position(|tier| tier.name.as_str() == entry.key);
        let read = tier(entry, path, name, shipped.map(|n| &tiers[n]), executor, report);
        if let Some(tier) = read {
            places.insert(tier.name.clone(), entry.key_at);
            match shipped {
                Some(n) => tiers[n] = tier,
                None => tiers.push(tier),
            }
        }
    }
    one_unit_each(&tiers, &places, report);
    tiers
}

/// A tier's guardrails hang on its unit, so two tiers cannot share one.
fn one_unit_each(tiers: &[Tier], places: &BTreeMap<TierName, Option<usize>>, report: &mut Report<'_>) {
    let mut units: BTreeMap<&str, &Tier> = BTreeMap::new();
    for tier in tiers {
        let Some(other) = units.insert(&tier.ou_name, tier) else { continue };
        // Complain where the user wrote: a shipped tier has no place in the file.
        let (about, other) = if places.contains_key(&tier.name) { (tier, other) } else { (other, tier) };
        let tiers_path = Path::Attribute(&Path::Root, "tiers");
        let path = Path::Key(&tiers_path, about.name.as_str());
        report.error(
            code::OU_DUPLICATE,
            places.get(&about.name).copied().flatten(),
            Path::Attribute(&path, "ou_name"),
            format!(
                "`{}` is the organizational unit of the tier `{}` too{}",
                Quoted(&tier.ou_name),
                other.name,
                report.line_of(places.get(&other.name).copied().flatten())
            ),
            "give each tier a unit of its own: its guardrails are attached there",
        );
    }
}

fn tier(
    entry: &Entry,
    path: Path<'_>,
    name: Option<TierName>,
    base: Option<&Tier>,
    executor: &str,
    report: &mut Report<'_>,
) -> Option<Tier> {
    let object = Object::open(&entry.node, entry.key_at, path, TIER, report)?;
    if base.is_none() {
        for (required, hint) in [
            ("ou_name", "name its organizational unit, such as `ou_name = \"Customers-Retail\"`"),
            ("framework", "name the framework it promises, such as `framework = \"soc2\"`"),
            ("monthly_price", "say what a tenant pays a month, such as `monthly_price = \"5000\"`"),
        ] {
            if !object.has(required) {
                object.missing(required, hint, report);
            }
        }
    }
    let title = match object.string("title", report) {
        Some(text) if !(1..=64).contains(&text.text.chars().count()) || has_control(text.text) => {
            let path = object.path_of("title");
            let message = format!("`{}` is not a valid title", Quoted(text.text));
            report.error(code::TEXT_INVALID, text.at, path, message, "use 1 to 64 printable characters");
            None
        }
        Some(text) => Some(text.text.to_owned()),
        None => base.map(|tier| tier.title.clone()).or_else(|| Some(entry.key.clone())),
    };
    let ou_name = if object.has("ou_name") {
        object.string("ou_name", report).and_then(|text| {
            let valid = unit_name_valid(text.text);
            if !valid {
                let path = object.path_of("ou_name");
                let message =
                    format!("`{}` is not a valid name of an organizational unit", Quoted(text.text));
                report.error(code::OU_PATH_INVALID, text.at, path, message, UNIT_RULE);
            }
            valid.then(|| text.text.to_owned())
        })
    } else {
        base.map(|tier| tier.ou_name.clone())
    };
    let framework = if object.has("framework") {
        object.name::<Framework>("framework", report).and_then(|(framework, at)| {
            let path = object.path_of("framework");
            known_framework(&framework, at, path, report).then_some(framework)
        })
    } else {
        base.map(|tier| tier.framework.clone())
    };
    let price = if object.has("monthly_price") {
        price(&object, report).map(Money::usd)
    } else {
        base.map(|tier| tier.monthly_price)
    };
    let retention = if object.has("log_retention_days") {
        retention(&object, report)
    } else {
        Some(base.map_or(RETENTION_DEFAULT, |tier| tier.log_retention_days))
    };
    let own = guarding::read(&object, executor, report);
    let tier = Tier::new(name?, title?, ou_name?, framework?, price?, retention?).with_guarding(own);
    guarding::check_use(&object, &tier, report);
    Some(tier)
}

/// Refuses what is one of our frameworks misspelled, and says what a framework of the user's own does not bring.
fn known_framework(
    framework: &Framework,
    at: Option<usize>,
    path: Path<'_>,
    report: &mut Report<'_>,
) -> bool {
    if framework.is_known() {
        return true;
    }
    let name = framework.as_str();
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    // Another number is another framework (`soc1`), not a slip.
    let numbered = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let slips = Framework::known()
        .filter(|known| !(numbered(name) && numbered(known) && letters(known) == letters(name)));
    if let Some(near) = nearest(name, slips) {
        let message = format!("unknown framework `{}`", Quoted(name));
        report.error(code::FRAMEWORK_UNKNOWN, at, path, message, format!("did you mean `{near}`?"));
        return false;
    }
    let message =
        format!("`{}` has no guardrails of its own: the tier gets the baseline alone", Quoted(name));
    let known: Vec<&str> = Framework::known().collect();
    let hint = format!("name one of {}, or state in `policies` what it asks for", known.join(", "));
    report.warning(code::FRAMEWORK_WITHOUT_GUARDRAILS, at, path, message, hint);
    true
}

/// What [`unit_name_valid`] asks for.
pub(super) const UNIT_RULE: &str =
    "use 1 to 128 letters, digits, spaces or any of `_.:=+-@`, without spaces around them";
/// The longest path of units: a tag of 256 characters holds it after `organization/ou/`.
pub(super) const UNIT_PATH_MAX: usize = 240;

pub(super) fn unit_name_valid(text: &str) -> bool {
    // AWS takes any name; the tag by which the unit is found again does not hold any.
    (1..=OU_NAME_MAX).contains(&text.chars().count())
        && !text.contains('/')
        && Tags::takes(text)
        && text.trim() == text
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// A price of at most two decimals; `None` has been reported.
fn price(object: &Object<'_, '_>, report: &mut Report<'_>) -> Option<Decimal> {
    let node = &object.get("monthly_price")?.node;
    let path = object.path_of("monthly_price");
    let (text, bare) = match &node.value {
        Value::Number(text) => (text.as_str(), true),
        Value::String(text) => (text.as_str(), false),
        other => {
            mismatch(other, "a price such as `\"8000\"` or `8000`", node.at, &path, report);
            return None;
        }
    };
    let plain = !text.contains(['_', ' ']);
    let parsed = exact(text).filter(|_| plain).map(|price| price.normalize());
    let (message, hint) = match parsed {
        None => (
            format!("`{}` is not an exact decimal number", Quoted(text)),
            "write it as digits, such as `\"8000\"` or `\"7999.50\"`",
        ),
        Some(price) if price.is_sign_negative() && !price.is_zero() => {
            (format!("the price `{}` is below zero", Quoted(text)), "write a price of zero or more")
        }
        Some(price) if price > PRICE_MAX => {
            (format!("the price `{}` is beyond a billion a month", Quoted(text)), "write dollars, not cents")
        }
        Some(_) if bare && significant_digits(text) > FLOAT_SAFE_DIGITS => (
            format!("`{}` has more digits than a number in a file is sure to keep", Quoted(text)),
            "round it to cents, or write it in quotes",
        ),
        Some(price) if price.scale() > 2 => {
            (format!("the price `{}` is finer than a cent", Quoted(text)), "round it to cents")
        }
        Some(price) => return Some(price),
    };
    report.error(code::PRICE_INVALID, node.at, path, message, hint);
    None
}

fn significant_digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

fn retention(object: &Object<'_, '_>, report: &mut Report<'_>) -> Option<u32> {
    let (days, at) = object.whole::<u32>("log_retention_days", "a whole number of days", report)?;
    if LOG_RETENTION_DAYS.contains(&days) {
        return Some(days);
    }
    let longest = LOG_RETENTION_DAYS[LOG_RETENTION_DAYS.len() - 1];
    let next = LOG_RETENTION_DAYS.into_iter().find(|known| *known > days).unwrap_or(longest);
    report.error(
        code::RETENTION_INVALID,
        at,
        object.path_of("log_retention_days"),
        format!("CloudWatch Logs cannot keep events for exactly `{days}` days"),
        format!("use {next}, the nearest it offers that is long enough, or one of its other steps"),
    );
    None
}

/// Reports a reference to a tier that does not exist.
pub(super) fn unknown<'t>(
    name: &str,
    at: Option<usize>,
    path: Path<'_>,
    known: impl Iterator<Item = &'t TierName>,
    report: &mut Report<'_>,
) {
    let known = tier_names(known);
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {}, or add it to `tiers`", known.join(", ")),
    };
    report.error(code::TIER_UNKNOWN, at, path, format!("unknown tier `{}`", Quoted(name)), hint);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_and_trailing_zeros_are_not_significant() {
        assert_eq!(significant_digits("8000"), 1);
        assert_eq!(significant_digits("0.30000000000000004"), 17);
        assert_eq!(significant_digits("1.5e3"), 2);
    }
}

//! The world without what differs from run to run: ids become names.

use std::collections::BTreeMap;

use securebase_core::sim::SimulatedCloud;
use serde_json::Value;

/// Fields that mean nothing but in one world.
const FLEETING: &[&str] = &["id", "account_id", "public_ip", "management_account_id"];

/// What a resource is called whatever its id: its address, or else its natural key.
fn name(kind: &str, object: &Value) -> Option<String> {
    let text = |field: &str| object[field].as_str();
    match kind {
        "organization" | "organization_root" => Some(kind.to_owned()),
        "account" => text("email").map(str::to_owned),
        "organizational_unit" | "service_control_policy" => text("name").map(str::to_owned),
        _ => object["tags"]["securebase:address"].as_str().map(str::to_owned),
    }
}

/// All that exists, one line a resource, in order.
pub(crate) fn picture(cloud: &SimulatedCloud) -> Vec<String> {
    let snapshot = cloud.snapshot();
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let objects = || {
        let kinds = snapshot.as_object().into_iter().flatten();
        kinds.flat_map(|(kind, objects)| objects.as_array().into_iter().flatten().map(move |o| (kind, o)))
    };
    for (kind, object) in objects() {
        if let (Some(id), Some(name)) = (object["id"].as_str(), name(kind, object)) {
            names.insert(id, name);
        }
    }
    let accounts: Vec<(&str, &str)> = names
        .iter()
        .filter(|(id, name)| id.len() == 12 && name.contains('@'))
        .map(|(id, name)| (*id, name.as_str()))
        .collect();
    let mut lines: Vec<String> = objects()
        .map(|(kind, object)| {
            let account = object["account_id"].as_str().and_then(|id| names.get(id));
            let mut line = format!("{kind} in {}:", account.map_or("-", String::as_str));
            for (field, value) in object.as_object().into_iter().flatten() {
                if !FLEETING.contains(&field.as_str()) {
                    line.push_str(&format!(" {field}="));
                    match value {
                        _ if field != "association_id" => render(value, &names, &accounts, &mut line),
                        Value::Null => line.push_str("no"),
                        _ => line.push_str("yes"),
                    }
                }
            }
            line
        })
        .collect();
    lines.sort();
    lines
}

fn render(value: &Value, names: &BTreeMap<&str, String>, accounts: &[(&str, &str)], line: &mut String) {
    match value {
        Value::String(text) => match names.get(text.as_str()) {
            Some(name) => line.push_str(name),
            None => {
                let mut text = text.clone();
                for (id, name) in accounts {
                    if text.contains(id) {
                        text = text.replace(id, name);
                    }
                }
                line.push_str(&text);
            }
        },
        Value::Array(items) => {
            let mut rendered: Vec<String> = items
                .iter()
                .map(|item| {
                    let mut text = String::new();
                    render(item, names, accounts, &mut text);
                    text
                })
                .collect();
            rendered.sort();
            line.push_str(&format!("[{}]", rendered.join(",")));
        }
        Value::Object(fields) => {
            line.push('{');
            for (field, value) in fields {
                line.push_str(&format!("{field}:"));
                render(value, names, accounts, line);
                line.push(',');
            }
            line.push('}');
        }
        other => line.push_str(&other.to_string()),
    }
}

/// The lines of one picture that the other does not have, both ways.
pub(crate) fn difference(expected: &[String], found: &[String]) -> String {
    let missing =
        expected.iter().filter(|line| !found.contains(line)).map(|line| format!("\n  missing: {line}"));
    let surplus =
        found.iter().filter(|line| !expected.contains(line)).map(|line| format!("\n  surplus: {line}"));
    let text: String = missing.chain(surplus).collect();
    if text.is_empty() {
        format!("\n  {} lines instead of {}: something is there twice", found.len(), expected.len())
    } else {
        text
    }
}

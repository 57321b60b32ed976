//! A zone of as many tenants as a model has, with the settings its zone was written with.

use serde_json::{Map, Value, json};

use super::Error;
use crate::finance::Model;
use crate::model::{LandingZone, Problem, Problems, Tier};

/// The zone. `islands`: tenants may overlap, so that any number fits.
///
/// # Errors
/// [`Error::Zone`] where the settings do not go together with so many tenants.
pub(super) fn of(model: &Model, prefix_len: Option<u8>, islands: bool) -> Result<LandingZone, Error> {
    let mut document = model.settings().as_object().cloned().unwrap_or_default();
    let tiers: Map<String, Value> =
        model.tiers().iter().map(|tier| (tier.name.as_str().to_owned(), written(tier))).collect();
    document.insert("tiers".to_owned(), tiers.into());
    network(model, &mut document);
    pool(&mut document, prefix_len, islands);
    let counts = model.tenants_by_tier();
    let mut clients = Map::new();
    for (tier, count) in model.tiers().iter().zip(counts) {
        for number in 1..=count {
            let key = format!("{}-{number}", tier.name);
            // What templates may name is there; who these tenants are is nobody's business yet.
            let client = json!({
                "tier": tier.name.as_str(),
                "framework": tier.framework.as_str(),
                "prefix": format!("t{}", clients.len() + 1),
                "contact_email": format!("operations@{key}.example.com"),
                "vertical": "planned",
            });
            clients.insert(key, client);
        }
    }
    document.insert("clients".to_owned(), clients.into());
    LandingZone::from_value(&document.into()).map_err(|Problems(mut problems)| {
        // The tenants are made up here: what else their names and addresses deserve is nobody's concern.
        problems.retain(Problem::is_error);
        Error::Zone(Problems(problems))
    })
}

/// A tier as files write it.
fn written(tier: &Tier) -> Value {
    json!({
        "title": tier.title,
        "ou_name": tier.ou_name,
        "framework": tier.framework.as_str(),
        "monthly_price": tier.monthly_price.amount.round_dp(2).normalize().to_string(),
        "log_retention_days": tier.log_retention_days,
    })
}

fn network(model: &Model, document: &mut Map<String, Value>) {
    document.insert("enable_vpc".to_owned(), model.network().is_some().into());
    match model.network() {
        Some(features) => {
            let mut written = json!({
                "enable_nat_gateway": features.nat_gateway,
                "enable_vpn_gateway": features.vpn_gateway,
                "enable_vpc_flow_logs": features.flow_logs,
                "dns_hostnames": features.dns_hostnames,
                "dns_support": features.dns_support,
            });
            if !features.gateway_endpoints.is_empty() {
                written["gateway_endpoints"] = features.gateway_endpoints.names().collect();
            }
            if features.encrypt_flow_logs {
                written["encrypt_flow_logs"] = true.into();
            }
            document.insert("vpc_config".to_owned(), written);
        }
        None => drop(document.remove("vpc_config")),
    }
}

fn pool(document: &mut Map<String, Value>, prefix_len: Option<u8>, islands: bool) {
    if prefix_len.is_none() && !islands {
        return;
    }
    let mut pool = document.get("pool").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(len) = prefix_len {
        pool.insert("prefix_len".to_owned(), len.into());
    }
    if islands {
        pool.insert("strategy".to_owned(), "per-account".into());
        pool.remove("per_tier");
    }
    document.insert("pool".to_owned(), pool.into());
}

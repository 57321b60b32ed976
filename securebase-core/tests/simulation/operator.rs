//! Somebody with a console open.

use securebase_core::sim::SimulatedCloud;
use serde_json::Value;

use crate::case::Deed;

fn pick<'a>(snapshot: &'a Value, kind: &str, which: u32) -> Option<&'a Value> {
    let objects = snapshot[kind].as_array()?;
    objects.get(usize::try_from(which).ok()?.checked_rem(objects.len())?)
}

/// Does it; answers to which resource, `None` where there was nothing to do it to.
pub(crate) fn carry_out(deed: &Deed, cloud: &SimulatedCloud) -> Option<String> {
    let snapshot = cloud.snapshot();
    match deed {
        Deed::Delete { kind, which } => {
            let id = pick(&snapshot, kind, *which)?["id"].as_str()?;
            (cloud.remove(id) > 0).then(|| id.to_owned())
        }
        Deed::Evict { which } => {
            let account = pick(&snapshot, "account", *which)?;
            let root = snapshot["organization_root"][0]["id"].as_str()?.parse().ok()?;
            let id = account["id"].as_str()?;
            cloud.move_account(id.parse().ok()?, &root).then(|| id.to_owned())
        }
        Deed::Close { which } => {
            let id = pick(&snapshot, "account", *which)?["id"].as_str()?;
            cloud.close_account(id.parse().ok()?).then(|| id.to_owned())
        }
        Deed::Expel { which } => {
            let id = pick(&snapshot, "account", *which)?["id"].as_str()?;
            cloud.expel_account(id.parse().ok()?).then(|| id.to_owned())
        }
        Deed::Retag { kind, which } => {
            let id = pick(&snapshot, kind, *which)?["id"].as_str()?;
            cloud.set_tag(id, "Environment", Some("meddled")).then(|| id.to_owned())
        }
    }
}

/// Has AWS reopen every account that was closed; answers whether there was any.
pub(crate) fn reopen(cloud: &SimulatedCloud) -> bool {
    let accounts = cloud.accounts().into_iter();
    accounts.filter(|(account, _)| cloud.reopen_account(account.id)).count() > 0
}

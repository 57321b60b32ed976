//! Observations as they are stored: what was read stands apart from what was not, so that an observation of an earlier
//! version, which kept only what was read, still loads.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{AccountId, Region};

use super::{Observed, ObservedMember, ObservedOrganization, Reading, Unread};

type ByPlace<T> = BTreeMap<AccountId, BTreeMap<Region, T>>;

/// Borrowed to be written: a large observation is never copied.
#[derive(Serialize)]
struct Written<'a> {
    organization: &'a Option<ObservedOrganization>,
    members: BTreeMap<&'a AccountId, BTreeMap<&'a Region, &'a ObservedMember>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unread: BTreeMap<&'a AccountId, BTreeMap<&'a Region, &'a Unread>>,
}

#[derive(Deserialize)]
struct Stored {
    organization: Option<ObservedOrganization>,
    members: ByPlace<ObservedMember>,
    #[serde(default)]
    unread: ByPlace<Unread>,
}

impl Serialize for Observed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { organization, members: readings } = self;
        let (mut members, mut unread) = (BTreeMap::new(), BTreeMap::new());
        for (account, regions) in readings {
            for (region, reading) in regions {
                match reading {
                    Reading::Known(member) => {
                        members.entry(account).or_insert_with(BTreeMap::new).insert(region, member);
                    }
                    Reading::Unknown(why) => {
                        unread.entry(account).or_insert_with(BTreeMap::new).insert(region, why);
                    }
                }
            }
        }
        Written { organization, members, unread }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Observed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { organization, members, unread } = Stored::deserialize(deserializer)?;
        let mut observed = Self { organization, members: BTreeMap::new() };
        for (account, regions) in members {
            let known = regions.into_iter().map(|(region, member)| (region, Reading::Known(member)));
            observed.members.insert(account, known.collect());
        }
        for (account, regions) in unread {
            let unknown = regions.into_iter().map(|(region, why)| (region, Reading::Unknown(why)));
            observed.members.entry(account).or_default().extend(unknown);
        }
        Ok(observed)
    }
}

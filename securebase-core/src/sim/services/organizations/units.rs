//! Organizational units.

use std::ops::Bound;

use super::{FULL_ACCESS, Org, PAGE, Unit, refusal};
use crate::cloud::organizations::{self, OrganizationalUnit};
use crate::cloud::{CloudError, PageToken, Reply};
use crate::model::{Quota, ResourceId, Tags};
use crate::sim::schedule::chance::id;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::page;

impl Org {
    /// A page of the units directly under a root or unit.
    pub(super) fn list_units(
        &self,
        context: &Context<'_>,
        parent: &ResourceId,
        page: Option<&PageToken>,
    ) -> Outcome {
        self.depth(parent, context.now).ok_or_else(|| no_parent(parent))?;
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::OrganizationalUnits(blank).into());
        }
        let after: Option<String> = page::start(page)?;
        let from = match after {
            Some(name) => Bound::Excluded((parent.clone(), name)),
            None => Bound::Included((parent.clone(), String::new())),
        };
        let units = self
            .unit_names
            .range((from, Bound::Unbounded))
            .take_while(|((above, _), _)| above == parent)
            .filter(|(_, unit)| self.units.get(*unit).is_some_and(|row| row.visible_from <= context.now))
            .map(|((_, name), unit)| OrganizationalUnit { id: unit.clone(), name: name.clone() });
        let page = page::page(units, PAGE, |unit| unit.name.clone());
        Ok(organizations::Reply::OrganizationalUnits(page).into())
    }

    /// Gives a unit another name.
    pub(super) fn rename_unit(&mut self, context: &Context<'_>, unit: &ResourceId, name: &str) -> Outcome {
        check_name(name)?;
        let row = self
            .units
            .get_mut(unit)
            .filter(|row| row.visible_from <= context.now)
            .ok_or_else(|| no_unit(unit))?;
        let place = (row.parent.clone(), name.to_owned());
        match self.unit_names.get(&place) {
            Some(holder) if holder != unit => return Err(duplicate(name)),
            _ => {}
        }
        self.unit_names.remove(&(row.parent.clone(), std::mem::replace(&mut row.name, name.to_owned())));
        self.unit_names.insert(place, unit.clone());
        Ok(Reply::Done)
    }

    /// Deletes a unit that holds nothing.
    pub(super) fn delete_unit(&mut self, context: &Context<'_>, unit: &ResourceId) -> Outcome {
        self.units.get(unit).filter(|row| row.visible_from <= context.now).ok_or_else(|| no_unit(unit))?;
        if self.has_children(unit) {
            return Err(CloudError::rejected(
                "OrganizationalUnitNotEmptyException",
                format!("`{unit}` holds units or accounts"),
            ));
        }
        self.drop_unit(unit);
        Ok(Reply::Done)
    }

    pub(super) fn create_unit(
        &mut self,
        context: &mut Context<'_>,
        parent: &ResourceId,
        name: &str,
        tags: &Tags,
    ) -> Outcome {
        check_name(name)?;
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        let above = self.depth(parent, context.now).ok_or_else(|| no_parent(parent))?;
        if self.unit_names.contains_key(&(parent.clone(), name.to_owned())) {
            return Err(duplicate(name));
        }
        if above >= context.limits.quota(Quota::OrganizationalUnitDepth) {
            return Err(constraint("OU_DEPTH_LIMIT_EXCEEDED", "units are nested as deep as they can be"));
        }
        if self.units.len() as u64 >= context.limits.quota(Quota::OrganizationalUnits) {
            return Err(constraint(
                "OU_NUMBER_LIMIT_EXCEEDED",
                "the organization holds as many units as it can",
            ));
        }
        let branch = self.root.id.as_str().trim_start_matches("r-").to_owned();
        let (prefix, key) = (format!("ou-{branch}"), format!("{parent}/{name}"));
        let unit = context.chance.organizations_id(&prefix, 8, &key, |id| self.units.contains_key(id));
        let row = Unit {
            name: name.to_owned(),
            parent: parent.clone(),
            depth: above + 1,
            tags: tags.clone(),
            visible_from: context.visible_from(),
        };
        self.insert_unit(unit.clone(), row);
        self.attach(&id(FULL_ACCESS), &unit);
        Ok(Reply::Created(unit))
    }

    /// Puts a unit in its place.
    pub(in crate::sim) fn insert_unit(&mut self, unit: ResourceId, row: Unit) {
        self.unit_names.insert((row.parent.clone(), row.name.clone()), unit.clone());
        self.units.insert(unit, row);
    }

    /// Whether units or accounts are in a unit.
    pub(in crate::sim) fn has_children(&self, unit: &ResourceId) -> bool {
        let from = Bound::Included((unit.clone(), String::new()));
        self.unit_names.range((from, Bound::Unbounded)).next().is_some_and(|((above, _), _)| above == unit)
            || self.accounts_in.get(unit).is_some_and(|accounts| !accounts.is_empty())
    }

    /// Takes an empty unit away.
    pub(in crate::sim) fn drop_unit(&mut self, unit: &ResourceId) {
        if let Some(row) = self.units.remove(unit) {
            self.unit_names.remove(&(row.parent, row.name));
        }
        self.accounts_in.remove(unit);
        self.detach_all(unit);
    }
}

pub(super) fn constraint(reason: &str, message: &str) -> CloudError {
    CloudError::rejected_because("ConstraintViolationException", reason, message)
}

fn check_name(name: &str) -> Result<(), CloudError> {
    let length = name.chars().count();
    if (1..=128).contains(&length) {
        return Ok(());
    }
    let reason = if length == 0 { "MIN_LENGTH_EXCEEDED" } else { "MAX_LENGTH_EXCEEDED" };
    Err(CloudError::rejected_because(
        "InvalidInputException",
        reason,
        "a unit's name has 1 to 128 characters",
    ))
}

fn duplicate(name: &str) -> CloudError {
    CloudError::rejected(
        "DuplicateOrganizationalUnitException",
        format!("there is a unit `{name}` under this parent"),
    )
}

fn no_parent(parent: &ResourceId) -> CloudError {
    CloudError::rejected(
        "ParentNotFoundException",
        format!("the organization has no root or unit `{parent}`"),
    )
}

fn no_unit(unit: &ResourceId) -> CloudError {
    CloudError::rejected("OrganizationalUnitNotFoundException", format!("there is no unit `{unit}`"))
}

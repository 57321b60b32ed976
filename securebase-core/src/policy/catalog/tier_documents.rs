//! A tier's guardrails as documents ready to attach.

use super::parameters::Parameters;
use super::set::SetName;
use super::{Catalogue, Guardrail};
use crate::model::Limits;
use crate::policy::error::Error;
use crate::policy::pack::certificate::certify;
use crate::policy::pack::verify::verify;
use crate::policy::pack::{PolicyLimits, pack};
use crate::policy::syntax::document::PolicyDocument;

/// A policy document with the name and description that it has in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDocument {
    /// Name, at most 128 characters; the natural key by which it is found again.
    pub name: String,
    /// Description, at most 512 characters.
    pub description: String,
    /// The document.
    pub document: PolicyDocument,
}

/// The guardrails of a framework with its baseline, in order of id; [`SetName::Baseline`] gives the baseline alone.
///
/// # Errors
/// [`Error::Catalogue`] or [`Error::UnknownGuardrail`], which the crate's tests exclude.
pub fn guardrails(framework: SetName) -> Result<Vec<&'static Guardrail>, Error> {
    Catalogue::shipped()?.for_framework(framework).map(|(_, guardrails)| guardrails)
}

/// A framework's guardrails, packed into as few documents as possible under AWS's limits of the shipped date.
///
/// Names are `securebase-soc2` and the like, numbered where there are several documents.
///
/// # Errors
/// [`Error::BadParameter`] and [`Error::MissingParameter`]; [`Error::DoesNotFit`] where AWS's limits are too small.
pub fn tier_documents(framework: SetName, parameters: &Parameters) -> Result<Vec<NamedDocument>, Error> {
    tier_documents_within(framework, parameters, PolicyLimits::from_limits(&Limits::default()))
}

/// [`tier_documents`] under limits of the caller's.
///
/// # Errors
/// As [`tier_documents`].
pub fn tier_documents_within(
    framework: SetName,
    parameters: &Parameters,
    limits: PolicyLimits,
) -> Result<Vec<NamedDocument>, Error> {
    tier_documents_with(framework, parameters, &[], limits)
}

/// [`tier_documents_within`] with custom documents, packed together with the guardrails and certified to deny and allow the
/// same requests.
///
/// # Errors
/// As [`tier_documents`]; [`Error::NotEquivalent`], [`Error::BadCertificate`] or [`Error::TooComplex`] where the
/// custom documents cannot be certified.
pub fn tier_documents_with(
    framework: SetName,
    parameters: &Parameters,
    own: &[PolicyDocument],
    limits: PolicyLimits,
) -> Result<Vec<NamedDocument>, Error> {
    let catalogue = Catalogue::shipped()?;
    let (set, guardrails) = catalogue.for_framework(framework)?;
    let (short, title) = (set.framework.as_str(), set.title.as_str());
    let mut documents =
        guardrails.iter().map(|guardrail| guardrail.document(parameters)).collect::<Result<Vec<_>, _>>()?;
    documents.extend(own.iter().cloned());
    let packed = pack(&documents, limits)?;
    if !own.is_empty() {
        verify(&certify(&documents, &packed)?, &documents, &packed)?;
    }
    let count = packed.len();
    let ids = guardrails.iter().map(|guardrail| guardrail.id.as_str()).collect::<Vec<_>>().join(" ");
    let named = packed.into_iter().enumerate().map(|(index, document)| {
        let (mut name, mut part) = (format!("{}-{short}", parameters.platform), String::new());
        if count > 1 {
            name = format!("{name}-{}", index + 1);
            part = format!(", part {} of {count}", index + 1);
        }
        let besides = match own.len() {
            0 => String::new(),
            1 => ", with a document of its own".to_owned(),
            count => format!(", with {count} documents of its own"),
        };
        let description = format!("{title} guardrails{part}{besides}: {ids}");
        NamedDocument { name, description: description.chars().take(512).collect(), document }
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_framework_fits_one_document() {
        for framework in SetName::ALL {
            let documents = tier_documents(framework, &Parameters::default()).unwrap();
            assert_eq!(documents.len(), 1, "{framework}");
            let NamedDocument { name, description, document } = &documents[0];
            assert!(document.size() <= 10_240, "{framework}: {}", document.size());
            assert!(name.starts_with("securebase-") && name.len() <= 128 && description.len() <= 512);
            assert_eq!(&PolicyDocument::parse(&document.to_json()).unwrap(), document);
        }
        assert!(matches!("of-our-own".parse::<SetName>(), Err(Error::UnknownFramework { .. })));
    }

    #[test]
    fn every_set_is_shipped_once() {
        let sets: Vec<SetName> =
            Catalogue::shipped().unwrap().sets().iter().map(|set| set.framework).collect();
        assert_eq!(sets, SetName::ALL);
        assert_eq!(SetName::of(&"of our own".parse().unwrap()), SetName::Baseline);
        assert_eq!(SetName::of(&"SOC 2".parse().unwrap()), SetName::Soc2);
    }
}

//! The catalogue's requests: what a guardrail must deny and what it must let pass.
//!
//! Purpose: read the short notation of the data files and hold every guardrail to its own examples.
//! Notation: `ACTION RESOURCE [as=PRINCIPAL] [KEY=VALUE|VALUE …]`. Unless said otherwise, a role called `developer` asks,
//! in `us-east-1`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Guardrail;
use super::parameters::Parameters;
use super::set::SetName;
use crate::policy::error::Error;
use crate::policy::eval::evaluate::PolicyPath;
use crate::policy::eval::request::Request;
use crate::policy::eval::verdict::{Level, Policy, PolicyKind};
use crate::policy::syntax::document::PolicyDocument;

/// The account that examples happen in.
const ACCOUNT: &str = "111122223333";

/// An example that came out otherwise than the catalogue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedExample {
    /// The guardrail's id.
    pub guardrail: String,
    /// The example.
    pub example: String,
    /// Whether it should have been denied.
    pub should_be_denied: bool,
}

/// Reads an example.
///
/// # Errors
/// [`Error::Catalogue`] where a word cannot be read.
pub(crate) fn read_example(text: &str) -> Result<Request, Error> {
    let damaged = |word: &str| Error::Catalogue(format!("`{word}` in the example `{text}`"));
    let mut words = text.split_whitespace();
    let action = words.next().filter(|word| word.contains(':')).ok_or_else(|| damaged(text))?;
    let resource = words.next().ok_or_else(|| damaged(text))?;
    let mut principal = format!("arn:aws:iam::{ACCOUNT}:role/developer");
    let mut context = vec![("aws:RequestedRegion", vec!["us-east-1".to_owned()])];
    for word in words {
        let (key, values) = word.split_once('=').ok_or_else(|| damaged(word))?;
        match key {
            "as" => values.clone_into(&mut principal),
            key => context.push((key, values.split('|').map(str::to_owned).collect())),
        }
    }
    let mut request = Request::new(action, resource, &principal, ACCOUNT);
    for (key, values) in context {
        request.set(key, values);
    }
    Ok(request)
}

/// A guardrail with parameters filled in: everything about it as plain data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GuardrailView {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub intent: String,
    /// Controls by framework: `soc2`, `hipaa`, `fedramp`, `cis`.
    pub controls: BTreeMap<SetName, Vec<String>>,
    /// Its document.
    pub document: PolicyDocument,
    /// The parameters it takes.
    pub parameters: Vec<String>,
    /// Kinds of things that must exist before it is attached.
    pub needs: Vec<String>,
    /// Requests that it must deny, as [`Request::from_value`] reads them.
    pub denies: Vec<Value>,
    /// Requests that it must let pass.
    pub allows: Vec<Value>,
}

impl Guardrail {
    /// The guardrail as plain data.
    ///
    /// # Errors
    /// Those of [`Guardrail::document`].
    pub fn view(&self, parameters: &Parameters) -> Result<GuardrailView, Error> {
        let (deny, allow) = self.examples(parameters)?;
        let values = |texts: Vec<String>| {
            texts
                .iter()
                .map(|text| read_example(text).map(|it| it.to_value()))
                .collect::<Result<Vec<Value>, Error>>()
        };
        Ok(GuardrailView {
            id: self.id.clone(),
            intent: self.intent.clone(),
            controls: SetName::FRAMEWORKS.map(|name| (name, self.controls.of(name).to_vec())).into(),
            document: self.document(parameters)?,
            parameters: self.parameters.clone(),
            needs: self.needs.clone(),
            denies: values(deny)?,
            allows: values(allow)?,
        })
    }

    /// Decides every example of the guardrail with the guardrail alone; returns those that came out otherwise.
    ///
    /// # Errors
    /// Those of [`Guardrail::document`], and an example that is not a request.
    pub fn failed_examples(&self, parameters: &Parameters) -> Result<Vec<FailedExample>, Error> {
        let own = Policy::new(self.id.clone(), self.document(parameters)?);
        let level = Level::new("account", vec![Policy::full_access(), own]);
        let path = PolicyPath::new(PolicyKind::ServiceControl, &[level])?;
        let (deny, allow) = self.examples(parameters)?;
        let mut failed = Vec::new();
        for (example, should_be_denied) in
            deny.into_iter().map(|text| (text, true)).chain(allow.into_iter().map(|text| (text, false)))
        {
            if path.decide(&read_example(&example)?).is_allowed() == should_be_denied {
                failed.push(FailedExample { guardrail: self.id.clone(), example, should_be_denied });
            }
        }
        Ok(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::Catalogue;

    fn parameters() -> Parameters {
        Parameters {
            instance_types: vec!["t3.*".to_owned()],
            boundary_services: vec!["ec2".to_owned(), "iam".to_owned()],
            organization_id: Some("o-example12345".to_owned()),
            ..Parameters::default()
        }
    }

    #[test]
    fn every_guardrail_denies_and_lets_pass_what_it_says() {
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!(catalogue.guardrails().len(), 67);
        let mut failed = Vec::new();
        for guardrail in catalogue.guardrails() {
            let (deny, allow) = guardrail.examples(&parameters()).unwrap();
            assert!(!deny.is_empty() && !allow.is_empty(), "{} has no pair", guardrail.id);
            failed.extend(guardrail.failed_examples(&parameters()).unwrap());
        }
        assert_eq!(failed, []);
    }

    #[test]
    fn parameters_that_are_needed_are_asked_for() {
        let catalogue = Catalogue::shipped().unwrap();
        for (id, parameter) in
            [("G55", "instance_types"), ("G81", "organization_id"), ("G91", "boundary_services")]
        {
            let error = catalogue.guardrail(id).unwrap().document(&Parameters::default()).unwrap_err();
            assert_eq!(error.to_string(), format!("guardrail `{id}` needs the parameter `{parameter}`"));
        }
    }
}

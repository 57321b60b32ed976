//! What a cloud is known not to honour.

/// A case that a cloud is known to fail, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    /// The name of the case.
    pub case: &'static str,
    /// What the cloud does instead, in one line.
    pub reason: &'static str,
}

/// The cases a cloud is known to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviations(pub &'static [Deviation]);

impl Deviations {
    /// None: the cloud honours every case.
    pub const NONE: Self = Self(&[]);

    /// Why the cloud fails a case, if it is known to.
    pub fn reason(&self, case: &str) -> Option<&'static str> {
        self.0.iter().find(|deviation| deviation.case == case).map(|deviation| deviation.reason)
    }
}

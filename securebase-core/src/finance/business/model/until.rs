//! Computations of minutes that end when their caller asks them to.

use super::Model;
use crate::time::Interrupt;

/// A model whose long computations end with [`Error::Interrupted`](crate::finance::error::Error::Interrupted) once their caller asks them to.
#[derive(Debug, Clone, Copy)]
pub struct Until<'a> {
    pub(in crate::finance) model: &'a Model,
    pub(in crate::finance) interrupt: &'a Interrupt,
}

impl Model {
    /// The model, for computations that end when asked to.
    pub fn until<'a>(&'a self, interrupt: &'a Interrupt) -> Until<'a> {
        Until { model: self, interrupt }
    }
}

//! The diagnoses of the errors of `table` and `time`, which import nothing of the crate.

use super::diagnostic::{Diagnosis, diagnostic};
use crate::table::Error as TableError;
use crate::time::Interrupted;

impl TableError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis::new("table").help("take fewer rows or fewer digits")
    }
}

diagnostic!(TableError);

impl Interrupted {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis::new("interrupted").help("call again and let it end")
    }
}

diagnostic!(Interrupted);

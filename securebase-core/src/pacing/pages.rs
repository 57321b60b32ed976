//! The pages of a list.

use std::collections::BTreeSet;

use crate::cloud::{CloudError, PageToken};

/// The tokens of the pages of one list that was begun: a service that gives one of them again would be asked for ever.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    turned: BTreeSet<PageToken>,
}

impl Pages {
    /// The service says that the list goes on there.
    ///
    /// # Errors
    /// [`CloudError`] `PageTokenRepeated` where it has said so before.
    pub(crate) fn turn(&mut self, next: PageToken) -> Result<PageToken, CloudError> {
        if self.turned.insert(next.clone()) {
            return Ok(next);
        }
        let message = "the service gave the same token of a next page twice, so its list never ends";
        Err(CloudError::rejected("PageTokenRepeated", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_is_turned_to_twice() {
        let mut pages = Pages::default();
        for token in ["a", "b", "c"] {
            assert_eq!(pages.turn(token.to_owned()).unwrap(), token);
        }
        // A circle of several pages is one, too.
        assert_eq!(pages.turn("a".to_owned()).unwrap_err().code, "PageTokenRepeated");
    }
}

//! Suggestions for misspelled names.

/// The longest text that may be a name with a slip in it, in bytes: comparing a longer one takes quadratic time, and finds nothing.
const NAME_MAX: usize = 200;

/// How alike two names are, from 0 to 1; a text that is too long for a name is like none.
pub(crate) fn likeness(name: &str, known: &str) -> f64 {
    if name.len() > NAME_MAX || known.len() > NAME_MAX { 0.0 } else { strsim::jaro_winkler(name, known) }
}

/// The candidate that `name` was most likely meant to be.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A text of this length is not a typo, and comparing it takes quadratic time.
    if name.len() > NAME_MAX || name.chars().count() > 64 {
        return None;
    }
    let folded = name.to_lowercase();
    candidates
        .filter_map(|known| {
            let other = known.to_lowercase();
            let distance = strsim::damerau_levenshtein(&folded, &other);
            let part = folded.len() >= 4 && (other.contains(&folded) || folded.contains(&other));
            let close = distance <= (folded.chars().count() / 3).max(1);
            (close || part).then_some((if close { distance } else { 32 + distance }, known))
        })
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_for_a_name_is_like_none() {
        assert!(likeness("accounts", "acounts") > 0.9);
        let long = "accounts".repeat(1_000_000);
        // Quadratic, this would take hours.
        assert!(likeness(&long, "accounts") < f64::EPSILON && likeness("accounts", &long) < f64::EPSILON);
    }

    #[test]
    fn nearest_forgives_slips_and_parts_but_not_anything() {
        let known = ["contact_email", "account_email", "vpc_cidr", "tier"];
        let of = |name| nearest(name, known.into_iter());
        assert_eq!(of("contact_emial"), Some("contact_email"));
        assert_eq!(of("vpc-cidr"), Some("vpc_cidr"));
        assert_eq!(of("Tier"), Some("tier"));
        assert_eq!(of("cidr"), Some("vpc_cidr"));
        assert_eq!(of("colour"), None);
        assert_eq!(of(&"x".repeat(10_000)), None);
    }
}

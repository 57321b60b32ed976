//! Suggestions for misspelled names.

/// The candidate that `name` was most likely meant to be.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A text of this length is not a typo, and comparing it takes quadratic time.
    if name.chars().count() > 64 {
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

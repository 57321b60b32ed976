//! Amazon Resource Names as patterns.
//!
//! Purpose: match resources and ARN-valued keys the way AWS does, segment by segment.
//! Invariants: an ARN is cut at its first five colons; a wildcard stays within its segment, except where a shortened
//! pattern ends in `*`, which then runs on over colons. Source: IAM User Guide, «Resource» element and ARN operators.

/// How many segments an ARN has: `arn:partition:service:region:account:resource`.
pub(crate) const SEGMENTS: usize = 6;

/// Whether a text can stand under `Resource`: `*`, an ARN, or a shortened ARN that ends in a wildcard.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), (String, &'static str)> {
    if pattern.bytes().all(|byte| byte == b'*') && !pattern.is_empty() {
        return Ok(());
    }
    if !pattern.starts_with("arn:") && !pattern.contains(['*', '?', '$']) {
        let hint = "write an ARN (`arn:aws:s3:::bucket/*`), or `*` for every resource";
        return Err((format!("`{pattern}` is no ARN"), hint));
    }
    if pattern.splitn(SEGMENTS, ':').count() < SEGMENTS && !pattern.ends_with('*') {
        let hint = "write all six parts, or end the pattern in `*`";
        return Err((format!("`{pattern}` has fewer than six parts"), hint));
    }
    Ok(())
}

//! The chances of each number of tenants of one tier, one month after the other.

/// What is rarer is left out: 1e-16 of the costliest month is less than a cent.
const RARE: f64 = 1e-17;

/// The number that stays of each number there is: Pascal's triangle, one tenant after the other.
fn thinned(before: &[f64], churn: f64) -> Vec<f64> {
    let mut after = vec![0.0; before.len()];
    // How many of `number` tenants stay.
    let mut stay = vec![1.0];
    for (number, chance) in before.iter().enumerate() {
        if number > 0 {
            let mut next = vec![0.0; number + 1];
            for (count, chance) in stay.iter().enumerate() {
                next[count] += chance * churn;
                next[count + 1] += chance * (1.0 - churn);
            }
            stay = next;
        }
        for (sum, share) in after.iter_mut().zip(&stay) {
            *sum += chance * share;
        }
    }
    after
}

/// Arrivals are added as chance has it.
fn with_arrivals(before: &[f64], new: f64) -> Vec<f64> {
    let mut arrivals = vec![(-new).exp()];
    while arrivals[arrivals.len() - 1] > RARE || (arrivals.len() as f64) < new {
        let count = arrivals.len() as f64;
        arrivals.push(arrivals[arrivals.len() - 1] * new / count);
        if new <= 0.0 {
            break;
        }
    }
    let mut after = vec![0.0; before.len() + arrivals.len()];
    for (number, chance) in before.iter().enumerate() {
        for (more, share) in arrivals.iter().enumerate() {
            after[number + more] += chance * share;
        }
    }
    while after.last().is_some_and(|chance| *chance < RARE) {
        after.pop();
    }
    after
}

/// The chances of a tier's numbers of tenants after a number of months.
pub(crate) fn tier(count: u32, new: f64, churn: f64, months: u32) -> Vec<(u32, f64)> {
    let mut chances = vec![0.0; count as usize + 1];
    chances[count as usize] = 1.0;
    for _ in 0..months {
        chances = with_arrivals(&thinned(&chances, churn), new);
    }
    (0..).zip(chances).filter(|(_, chance)| *chance > RARE).collect()
}

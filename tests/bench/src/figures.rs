//! What many measurements come down to.

/// The middle of the values; of an even number of them the mean of the two in the middle.
///
/// # Panics
/// When there is no value.
pub fn median(values: &[f64]) -> f64 {
    let sorted = sort(values);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// The smallest and the largest value.
///
/// # Panics
/// When there is no value.
pub fn range(values: &[f64]) -> (f64, f64) {
    let sorted = sort(values);
    (sorted[0], sorted[sorted.len() - 1])
}

/// To one decimal: more would be noise.
pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// To two decimals, for seconds.
pub fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn sort(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        assert_eq!(median(&[5.0, 1.0, 900.0]), 5.0, "the middle, whatever the order");
        assert_eq!(median(&[4.0, 1.0, 900.0, 2.0]), 3.0, "between the two in the middle");
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn the_range_names_both_ends() {
        assert_eq!(range(&[5.0, 1.0, 900.0]), (1.0, 900.0));
    }
}

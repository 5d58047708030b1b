//! Figures and their comparison.

/// One figure of one run.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// What was measured, with its unit.
    pub name: &'static str,
    /// The figure.
    pub value: f64,
}

/// Prints one line a figure: medians of both sides, and the ratio round by round.
pub fn print(rounds: &[(Vec<Measurement>, Vec<Measurement>)]) {
    let Some((first, _)) = rounds.first() else { return };
    for (at, figure) in first.iter().enumerate() {
        let theirs: Vec<f64> = rounds.iter().filter_map(|(theirs, _)| Some(theirs.get(at)?.value)).collect();
        let ours: Vec<f64> = rounds.iter().filter_map(|(_, ours)| Some(ours.get(at)?.value)).collect();
        let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        let (least, most) =
            (ratios.first().copied().unwrap_or(f64::NAN), ratios.last().copied().unwrap_or(f64::NAN));
        println!(
            "{:40} {:12.2} {:12.2}   {:.2} ({least:.2} to {most:.2})",
            figure.name,
            median(&theirs),
            median(&ours),
            median(&ratios)
        );
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

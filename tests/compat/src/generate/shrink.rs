//! Makes a failing configuration smaller: takes out commands, then pieces of the files, as long as it still fails.

use super::Configuration;
use std::time::Instant;

/// The smallest configuration found before the deadline that still fails. `failing` gives the positions of those that
/// fail among many, so that many are tried at once.
pub fn shrink(
    start: Configuration,
    deadline: Instant,
    failing: impl Fn(&[Configuration]) -> Vec<usize>,
) -> Configuration {
    /// Sizes of the pieces that are taken out.
    const PIECES: [usize; 8] = [400, 100, 40, 16, 8, 4, 2, 1];
    /// So many candidates are tried at once.
    const AT_ONCE: usize = 12;
    let mut smallest = start;
    let take = |candidates: Vec<Configuration>, smallest: &mut Configuration| {
        let smaller = candidates.chunks(AT_ONCE).find_map(|some| {
            let position = if Instant::now() < deadline { failing(some).first().copied() } else { None };
            position.map(|at| some[at].clone())
        });
        let is_smaller = smaller.is_some();
        *smallest = smaller.unwrap_or_else(|| smallest.clone());
        is_smaller
    };
    let single = smallest.commands.iter().map(|command| {
        let commands = vec![command.clone()];
        Configuration { commands, ..smallest.clone() }
    });
    take(single.collect(), &mut smallest);
    while take(by_lines(&smallest), &mut smallest) {}
    for size in PIECES {
        while take(by_pieces(&smallest, size), &mut smallest) {}
    }
    smallest
}

/// All that lack one line of a file.
fn by_lines(whole: &Configuration) -> Vec<Configuration> {
    let mut smaller = Vec::new();
    for file in FILES {
        let content = file(&mut whole.clone()).clone();
        let mut start = 0;
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            smaller.push(without(whole, file, start..start + line.len()));
            start += line.len();
        }
    }
    smaller
}

/// All that lack one piece of a file.
fn by_pieces(whole: &Configuration, size: usize) -> Vec<Configuration> {
    let mut smaller = Vec::new();
    for file in FILES {
        let length = file(&mut whole.clone()).len();
        let pieces = (0..length).step_by(size).map(|start| start..(start + size).min(length));
        smaller.extend(pieces.map(|piece| without(whole, file, piece)));
    }
    smaller
}

type File = fn(&mut Configuration) -> &mut Vec<u8>;

const FILES: [File; 3] =
    [|whole| &mut whole.main_cf, |whole| &mut whole.master_cf, |whole| &mut whole.client_cf];

fn without(whole: &Configuration, file: File, piece: std::ops::Range<usize>) -> Configuration {
    let mut smaller = whole.clone();
    file(&mut smaller).drain(piece);
    smaller
}

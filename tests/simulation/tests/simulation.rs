//! A hundred seeds hold, one seed is always the same world, and what is broken is caught.

use simulation::{Mutant, Verbosity, report, run};

/// Seeds of a test run; `cargo run -p simulation -- --seeds N` proves more.
const SEEDS: u64 = 100;

/// Seeds that are run twice.
const TWICE: u64 = 4;

#[test]
fn every_seed_holds() {
    let failed: Vec<String> =
        (0..SEEDS).filter_map(|seed| report(&run(seed, None, Verbosity::Quiet))).collect();
    assert!(failed.is_empty(), "{} of {SEEDS} seeds fail\n{}", failed.len(), failed.join("\n\n"));
}

#[test]
fn a_seed_is_always_the_same_world() {
    for seed in 0..TWICE {
        let hashes = [0; 2].map(|_| run(seed, None, Verbosity::Quiet).hash);
        assert_eq!(hashes[0], hashes[1], "seed {seed}");
    }
}

#[test]
fn what_is_broken_is_caught() {
    for mutant in Mutant::ALL {
        let caught =
            (0..SEEDS).find_map(|seed| run(seed, Some(mutant), Verbosity::Quiet).violation);
        let sentence = caught.unwrap_or_else(|| panic!("{mutant:?} survives {SEEDS} seeds"));
        println!("{mutant:?}: {sentence}");
    }
}

use super::{BURST, REFILL_MS, Tries};

#[test]
fn wrong_passwords_run_out_and_come_back_slowly() {
    let tries = Tries::default();
    for _ in 0..BURST {
        tries.take(1_000).unwrap();
    }
    assert_eq!(tries.take(1_000), Err(REFILL_MS));
    assert_eq!(tries.take(1_000 + REFILL_MS - 1), Err(1));
    tries.take(1_000 + REFILL_MS).unwrap();
    assert_eq!(tries.take(1_000 + REFILL_MS), Err(REFILL_MS));
    let later_ms = 1_000 + 100 * REFILL_MS;
    for _ in 0..BURST {
        tries.take(later_ms).unwrap();
    }
    assert!(tries.take(later_ms).is_err(), "a long pause saves no more than a burst");
}

#[test]
fn the_right_password_uses_nothing_up() {
    let tries = Tries::default();
    for _ in 0..10 * BURST {
        tries.take(0).unwrap();
        tries.give_back();
    }
}

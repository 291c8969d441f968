use flatline_domain::UnixMs;
use flatline_shared::clock::Clock;

use crate::clock::VirtualClock;

#[tokio::test(start_paused = true)]
async fn time_passes_by_sleeping_only() {
    let clock = VirtualClock::starting(UnixMs(1_000_000));
    assert_eq!((clock.now(), clock.monotonic_ms()), (UnixMs(1_000_000), 0));
    clock.sleep(86_400_000).await;
    assert_eq!((clock.now(), clock.monotonic_ms()), (UnixMs(87_400_000), 86_400_000));
    clock.sleep(-5).await;
    assert_eq!(clock.monotonic_ms(), 86_400_000);
}

#[tokio::test(start_paused = true)]
async fn a_jump_moves_the_wall_clock_alone() {
    let clock = VirtualClock::starting(UnixMs(1_000_000));
    clock.jump(-3000);
    assert_eq!((clock.now(), clock.monotonic_ms()), (UnixMs(997_000), 0));
    clock.jump(4000);
    assert_eq!((clock.now(), clock.monotonic_ms()), (UnixMs(1_001_000), 0));
}

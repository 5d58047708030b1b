//! Listings of more messages than are read in one turn: their order, and what they need.

use compat::Pair;

/// Makes messages of every kind that a listing tells apart.
const MANY: &str = include_str!("queue_listings/many.pl");

fn full_queue(case: &str) -> Pair {
    let pair = Pair::new(case).file("/many.pl", MANY).build();
    pair.run(["postfix", "check"]).assert_same();
    pair.run(["perl", "/many.pl", "900"]).assert_same();
    pair
}

#[test]
fn of_many_messages() {
    let pair = full_queue("queue-listings/many");
    for option in ["-p", "-j"] {
        pair.run(["postqueue", option]).assert_same();
    }
}

/// The superuser's, without the mail system: who starts it may have set limits.
#[test]
fn with_few_descriptors() {
    let pair = full_queue("queue-listings/descriptors");
    for limit in [7, 8, 9, 10, 12, 16, 32, 199, 200] {
        let script = format!("ulimit -n {limit}; postqueue -p; echo $?; postqueue -j; echo $?");
        pair.run(["sh", "-c", &script]).assert_same();
    }
}

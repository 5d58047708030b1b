//! Runs after the suite: every entry of the ledger must have been needed.

#[test]
fn no_entry_is_stale() {
    if compat::roots::skipped() {
        println!("skipped: OXIPOST_COMPAT=skip");
        return;
    }
    assert!(compat::ledger::marks().exists() || compat::ledger::entries().is_empty(), "run the suite first");
    let stale = compat::ledger::stale();
    assert!(stale.is_empty(), "ledger entries that nothing matches any more: {stale:?}");
}

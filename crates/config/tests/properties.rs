//! Whatever stands in main.cf and master.cf, reading it ends, and ends in a value or an error.

use std::path::Path;

use oxipost_config::{Config, master_cf};
use proptest::prelude::*;

/// Pieces out of which broken configurations are made.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("myhostname = ".to_owned()),
        Just("mydomain=".to_owned()),
        Just("$mydomain".to_owned()),
        Just("$myhostname".to_owned()),
        Just("${relayhost?{a}:{$mynetworks}}".to_owned()),
        Just("\nrelayhost = ".to_owned()),
        Just("\nqueue_run_delay = ".to_owned()),
        Just("\ncompatibility_level = 3.".to_owned()),
        Just("\nmynetworks_style = $mynetworks".to_owned()),
        "[ -~\n]{0,6}",
        "[0-9smhdw]{1,12}",
    ]
}

proptest! {
    #[test]
    fn any_main_cf_is_read(pieces in proptest::collection::vec(piece(), 0..12)) {
        if let Ok(config) = Config::from_text("smtpd", &pieces.concat()) {
            let _ = config.check("smtpd");
            let _ = config.get(&params::MYHOSTNAME);
            let _ = config.get(&params::MYDOMAIN);
            let _ = config.get(&params::QUEUE_RUN_DELAY);
            let _ = config.derived_int("relay", &params::DEFAULT_DESTINATION_RECIPIENT_LIMIT);
        }
    }

    #[test]
    fn any_master_cf_is_read(pieces in proptest::collection::vec("(smtp|inet|unix|[-ny0-9?{}=#\n\t ]){0,4}", 0..12)) {
        let _ = master_cf::parse(pieces.concat().as_bytes(), Path::new("/etc/postfix/master.cf"));
    }
}

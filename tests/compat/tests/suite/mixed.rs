//! Mixed systems: one of our daemons among real ones, and one real daemon among ours. The same messages, the same result.

use crate::{messages, site};
use compat::roots::Version;
use compat::{HostSpec, Transcript};
use std::sync::OnceLock;

/// The reference's result, once for all cases.
fn reference() -> &'static Transcript {
    static REFERENCE: OnceLock<Transcript> = OnceLock::new();
    REFERENCE.get_or_init(|| messages::scenario(&site::site(HostSpec::reference(Version::V3_11)).start()))
}

fn one_of_ours(daemon: &str) {
    let mixed =
        messages::scenario(&site::site(HostSpec::reference(Version::V3_11)).swap_daemon(daemon).start());
    reference().assert_same(&mixed, &format!("mixed/our-{daemon}"));
}

fn one_real(daemon: &str) {
    let mixed = messages::scenario(&site::site(HostSpec::ours(Version::V3_11)).swap_daemon(daemon).start());
    reference().assert_same(&mixed, &format!("mixed/real-{daemon}"));
}

/// Two cases for each daemon.
macro_rules! daemons {
    ($($module:ident: $name:literal,)*) => {
        $(mod $module {
            #[test]
            fn ours_among_real_ones() {
                super::one_of_ours($name);
            }

            #[test]
            fn real_among_ours() {
                super::one_real($name);
            }
        })*
    };
}

daemons! {
    anvil: "anvil",
    bounce: "bounce",
    cleanup: "cleanup",
    discard: "discard",
    error: "error",
    local: "local",
    master: "master",
    pickup: "pickup",
    postlogd: "postlogd",
    proxymap: "proxymap",
    qmgr: "qmgr",
    showq: "showq",
    smtp: "smtp",
    smtpd: "smtpd",
    trivial_rewrite: "trivial-rewrite",
    r#virtual: "virtual",
}

//! Old defaults that are in force because of an old `compatibility_level`. Where one of them makes a difference, the
//! log says so.

use config::Config;
use config::OldDefault;

/// Which old defaults are in force.
#[derive(Clone, Copy, Debug)]
pub struct OldDefaults {
    pub relay_restrictions: bool,
    pub relay_before_recipient: bool,
    pub mynetworks_style: bool,
    pub relay_domains: bool,
    pub flush_domains: bool,
    pub smtputf8: bool,
}

impl OldDefaults {
    /// What the configuration leaves at old defaults.
    pub fn of(config: &Config) -> Self {
        let uses = |which| config.uses_old_default(which);
        Self {
            relay_restrictions: uses(OldDefault::SmtpdRelayRestrictions),
            relay_before_recipient: uses(OldDefault::SmtpdRelayBeforeRecipientRestrictions),
            mynetworks_style: uses(OldDefault::MynetworksStyle),
            relay_domains: uses(OldDefault::RelayDomains),
            flush_domains: uses(OldDefault::FastFlushDomains),
            smtputf8: uses(OldDefault::Smtputf8Enable),
        }
    }
}

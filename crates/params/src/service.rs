//! Parameters that exist once for each master.cf service of certain programs, such as
//! `relay_destination_concurrency_limit` for a service `relay` that runs smtp(8).
//!
//! A family is named by the parameter that gives its default: `default_destination_concurrency_limit` stands for
//! all `NAME_destination_concurrency_limit`.

use crate::row::Param;

/// One family: how its members' names end and which parameter is their default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// What follows the service name.
    pub suffix: &'static str,
    /// Name of the parameter whose value is the default.
    pub default: &'static str,
    /// The same as it stands in the value of another: `$name`.
    pub reference: &'static str,
}

impl Family {
    /// Name of the family's parameter for a service.
    pub fn name_for(&self, service: &str) -> String {
        format!("{service}{}", self.suffix)
    }
}

/// Families of every message delivery transport, in order of their suffixes.
pub static TRANSPORT: [Family; 16] = [
    of(&crate::DEFAULT_DELIVERY_SLOT_COST, "_delivery_slot_cost"),
    of(&crate::DEFAULT_DELIVERY_SLOT_DISCOUNT, "_delivery_slot_discount"),
    of(&crate::DEFAULT_DELIVERY_SLOT_LOAN, "_delivery_slot_loan"),
    of(
        &crate::DEFAULT_DESTINATION_CONCURRENCY_FAILED_COHORT_LIMIT,
        "_destination_concurrency_failed_cohort_limit",
    ),
    of(&crate::DEFAULT_DESTINATION_CONCURRENCY_LIMIT, "_destination_concurrency_limit"),
    of(
        &crate::DEFAULT_DESTINATION_CONCURRENCY_NEGATIVE_FEEDBACK,
        "_destination_concurrency_negative_feedback",
    ),
    of(
        &crate::DEFAULT_DESTINATION_CONCURRENCY_POSITIVE_FEEDBACK,
        "_destination_concurrency_positive_feedback",
    ),
    of(&crate::DEFAULT_DESTINATION_RATE_DELAY, "_destination_rate_delay"),
    of(&crate::DEFAULT_DESTINATION_RECIPIENT_LIMIT, "_destination_recipient_limit"),
    of(&crate::DEFAULT_EXTRA_RECIPIENT_LIMIT, "_extra_recipient_limit"),
    of(&crate::INITIAL_DESTINATION_CONCURRENCY, "_initial_destination_concurrency"),
    of(&crate::DEFAULT_MINIMUM_DELIVERY_SLOTS, "_minimum_delivery_slots"),
    of(&crate::DEFAULT_RECIPIENT_LIMIT, "_recipient_limit"),
    of(&crate::DEFAULT_RECIPIENT_REFILL_DELAY, "_recipient_refill_delay"),
    of(&crate::DEFAULT_RECIPIENT_REFILL_LIMIT, "_recipient_refill_limit"),
    of(&crate::DEFAULT_TRANSPORT_RATE_DELAY, "_transport_rate_delay"),
];

/// The family of services that run an outside command.
pub static COMMAND_TIME_LIMIT: Family = of(&crate::COMMAND_TIME_LIMIT, "_time_limit");

/// A family out of the handle of its default.
const fn of<K>(default: &Param<K>, suffix: &'static str) -> Family {
    Family { suffix, default: default.name(), reference: default.row().reference }
}

/// Do services that run this program deliver messages? They have the [`TRANSPORT`] families.
pub fn is_transport(program: &[u8]) -> bool {
    matches!(program, b"local" | b"error" | b"virtual" | b"smtp" | b"lmtp" | b"pipe")
}

/// Do services that run this program run an outside command? They have a [`COMMAND_TIME_LIMIT`].
pub fn runs_command(program: &[u8]) -> bool {
    matches!(program, b"pipe" | b"spawn")
}

/// The family whose default this parameter is.
pub fn family_of<K>(default: &Param<K>) -> Option<Family> {
    TRANSPORT.iter().chain([&COMMAND_TIME_LIMIT]).copied().find(|family| family.default == default.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_named_after_the_service() {
        let names: Vec<_> = TRANSPORT.iter().map(|family| family.name_for("vacation")).collect();
        assert!(names.contains(&"vacation_initial_destination_concurrency".to_owned()));
        assert!(TRANSPORT.is_sorted_by_key(|family| family.suffix));
        assert!(is_transport(b"pipe") && runs_command(b"pipe"));
        assert!(!is_transport(b"spawn") && runs_command(b"spawn"));
        assert!(!is_transport(b"smtpd") && !runs_command(b"smtpd"));
    }
}

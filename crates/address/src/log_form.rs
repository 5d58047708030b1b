//! The form of addresses in log lines (`info_log_address_format`).

use std::borrow::Cow;

use config::Config;

use crate::quote_822;

/// Which form of an address is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogForm {
    /// As it stands in message headers, with quotes. The default since Postfix 3.5.
    #[default]
    External,
    /// Without quotes.
    Internal,
}

impl LogForm {
    /// By `info_log_address_format`. `None` if its value is neither `external` nor `internal`.
    pub fn from_config(config: &Config) -> Option<Self> {
        Self::from_value(config.get(&params::INFO_LOG_ADDRESS_FORMAT))
    }

    /// By the value of `info_log_address_format`. `None` if it is neither `external` nor `internal`.
    pub fn from_value(value: &str) -> Option<Self> {
        if value.eq_ignore_ascii_case("external") {
            Some(Self::External)
        } else {
            value.eq_ignore_ascii_case("internal").then_some(Self::Internal)
        }
    }

    /// An address in internal form as the log shall have it.
    pub fn show(self, address: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::External if !address.is_empty() => Cow::Owned(quote_822(address)),
            Self::External | Self::Internal => Cow::Borrowed(address),
        }
    }
}

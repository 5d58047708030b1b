//! What kind of server will do: the parameter `target_session_attrs`, by which a list of hosts finds its primary.

use super::connection::Connection;

/// The kind of server that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// Any, if none of the hosts is a standby.
    PreferStandby,
}

impl Wanted {
    /// Reads the parameter's value.
    ///
    /// # Errors
    /// What the client library says of another value.
    pub(crate) fn parse(value: &str) -> Result<Wanted, String> {
        Ok(match value {
            "any" => Wanted::Any,
            "read-write" => Wanted::ReadWrite,
            "read-only" => Wanted::ReadOnly,
            "primary" => Wanted::Primary,
            "standby" => Wanted::Standby,
            "prefer-standby" => Wanted::PreferStandby,
            _ => return Err(format!("invalid target_session_attrs value: \"{value}\"")),
        })
    }

    /// What is asked for while all hosts are tried, one time after the other.
    pub(crate) fn passes(self) -> &'static [Wanted] {
        match self {
            Wanted::Any => &[Wanted::Any],
            Wanted::ReadWrite => &[Wanted::ReadWrite],
            Wanted::ReadOnly => &[Wanted::ReadOnly],
            Wanted::Primary => &[Wanted::Primary],
            Wanted::Standby => &[Wanted::Standby],
            Wanted::PreferStandby => &[Wanted::Standby, Wanted::Any],
        }
    }

    /// Checks the server of a connection.
    ///
    /// # Errors
    /// What the client library says of a server of the other kind.
    pub(crate) fn check(self, connection: &mut Connection) -> Result<(), String> {
        let complaint = match self {
            Wanted::Any | Wanted::PreferStandby => None,
            Wanted::ReadWrite if connection.is_read_only()? => Some("session is read-only"),
            Wanted::ReadOnly if !connection.is_read_only()? => Some("session is not read-only"),
            Wanted::Primary if connection.is_standby()? => Some("server is in hot standby mode"),
            Wanted::Standby if !connection.is_standby()? => Some("server is not in hot standby mode"),
            _ => None,
        };
        complaint.map_or(Ok(()), |text| Err(format!("{text}\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(Wanted::parse("prefer-standby"), Ok(Wanted::PreferStandby));
        assert_eq!(Wanted::parse("x"), Err("invalid target_session_attrs value: \"x\"".to_owned()));
    }
}

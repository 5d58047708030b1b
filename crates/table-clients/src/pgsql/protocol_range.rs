//! The versions of PostgreSQL's protocol that a connection may use: the parameters `min_protocol_version` and
//! `max_protocol_version`. Version 3.0 is spoken, as by the client library unless it is told otherwise.

/// The versions that the client library has names for, lowest first. The last two are the same.
const VERSIONS: &[&str] = &["3.0", "3.2", "latest"];

/// The lowest and the highest version, as places in [`VERSIONS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProtocolRange {
    lowest: Option<usize>,
    highest: Option<usize>,
}

impl ProtocolRange {
    /// Sets a parameter; `Ok(false)` if it is none of these.
    ///
    /// # Errors
    /// There is no such version.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let place = match name {
            "min_protocol_version" => &mut self.lowest,
            "max_protocol_version" => &mut self.highest,
            _ => return Ok(false),
        };
        let known = VERSIONS.iter().position(|version| *version == value);
        *place = Some(known.ok_or_else(|| format!("invalid {name} value: \"{value}\""))?.min(1));
        Ok(true)
    }

    /// Whether there is a version in the range.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn check(&self) -> Result<(), String> {
        match (self.lowest, self.highest) {
            (Some(lowest), Some(highest)) if lowest > highest => {
                Err("\"min_protocol_version\" is greater than \"max_protocol_version\"".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of libpq 18.
    #[test]
    fn versions() {
        let of = |lowest: &str, highest: &str| -> Result<(), String> {
            let mut range = ProtocolRange::default();
            range.set("min_protocol_version", lowest)?;
            range.set("max_protocol_version", highest)?;
            range.check()
        };
        assert_eq!(of("3.0", "latest"), Ok(()));
        assert_eq!(of("latest", "3.2"), Ok(()));
        assert_eq!(
            of("3.2", "3.0").unwrap_err(),
            "\"min_protocol_version\" is greater than \"max_protocol_version\""
        );
        assert_eq!(of("3.0", "3.1").unwrap_err(), "invalid max_protocol_version value: \"3.1\"");
    }
}

//! Tables that few deliveries need: they are opened when one does, by the user that the process is then. A list of tables
//! that makes no sense is fatal to these deliveries, and to no others.

use std::cell::OnceCell;

use config::Config;
use delivery::Fatal;
use params::{Param, Text};
use tables::{Flags, Maps, Opener};

/// The tables that a parameter names.
pub(crate) struct LateMaps {
    opener: Opener,
    config: Config,
    param: &'static Param<Text>,
    flags: Flags,
    open: OnceCell<Maps>,
}

impl LateMaps {
    /// The tables of `param`, to be opened with these flags.
    pub(crate) fn new(
        opener: &Opener,
        config: &Config,
        param: &'static Param<Text>,
        flags: Flags,
    ) -> LateMaps {
        LateMaps { opener: opener.clone(), config: config.clone(), param, flags, open: OnceCell::new() }
    }

    /// The tables, open.
    ///
    /// # Errors
    /// The parameter names something else than tables.
    pub(crate) fn maps(&self) -> Result<&Maps, Fatal> {
        if let Some(maps) = self.open.get() {
            return Ok(maps);
        }
        let maps = Maps::open(&self.opener, self.param.name(), self.config.bytes(self.param), self.flags)
            .map_err(|error| Fatal(error.text))?;
        Ok(self.open.get_or_init(|| maps))
    }
}

//! Warnings about names that nobody reads, and about parameters on their way out.

use bstr::BStr;
use config::{Dictionary, MAIN_CF, MASTER_CF};

use crate::log_lines;
use crate::options::Options;
use crate::output::Output;
use crate::service::Service;
use crate::view::View;

impl View<'_> {
    /// Gives the warnings that fit what was shown. True if a parameter is on its way out.
    pub fn warn_unused(&self, options: &Options, output: &mut Output) -> bool {
        if options.quiet {
            return false;
        }
        let mut deprecated = false;
        if !options.shows_master_cf() {
            if self.shows_defaults() {
                return false;
            }
            deprecated |= self.warn_unused_in(&self.settings, MAIN_CF, None, output);
        }
        for service in &self.services {
            if let Some(settings) = self.scope(service) {
                deprecated |= self.warn_unused_in(settings, MASTER_CF, Some(service), output);
            }
        }
        deprecated
    }

    /// The warnings for main.cf, or for a service's settings, in order of the names.
    fn warn_unused_in(
        &self,
        settings: &Dictionary,
        file: &str,
        service: Option<&Service>,
        output: &mut Output,
    ) -> bool {
        let directory = &self.directory;
        let mut sorted: Vec<(&BStr, &BStr)> = settings.iter().collect();
        sorted.sort_unstable();
        let mut deprecated = false;
        for (name, value) in sorted {
            let is_known = self.names.contains(name)
                || service.is_some_and(|service| service.valid.iter().any(|valid| valid == name));
            let instead = params::by_name(&name.to_string()).and_then(|row| row.instead);
            match (is_known, instead) {
                (true, Some(instead)) => {
                    output.flush();
                    log_lines::deprecated_parameter(directory, file, name, instead);
                    deprecated = true;
                }
                (true, None) => {}
                (false, _) => {
                    output.flush();
                    log_lines::unused_parameter(directory, file, name, value);
                }
            }
        }
        deprecated
    }
}

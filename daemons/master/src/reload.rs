//! SIGHUP: main.cf and master.cf are read again.

use std::collections::BTreeMap;

use sys::signals::Signal;

use crate::definition::{self, Definition, Identity};
use crate::endpoint::{self, Listening};
use crate::error::Error;
use crate::log_lines;
use crate::service::Service;
use crate::settings::Settings;
use crate::supervisor::Supervisor;

impl Supervisor {
    /// Starts all services of master.cf.
    pub(crate) fn start_services(&mut self) -> Result<(), Error> {
        let definitions = definition::read(&self.settings, &self.started, self.attached)?;
        self.apply(definitions)
    }

    /// Reads the configuration again. One that cannot be used changes nothing: mail keeps flowing by the one from before.
    pub(crate) fn reload(&mut self) -> Result<(), Error> {
        let config = &self.settings.config;
        log_lines::reloading(config.get(&params::MAIL_VERSION), config.directory());
        let read = || -> Result<(Settings, Vec<Definition>), Error> {
            let settings = Settings::load()?;
            settings.compare(&self.started);
            let definitions = definition::read(&settings, &self.started, self.attached)?;
            Ok((settings, definitions))
        };
        match read() {
            Ok((settings, definitions)) => {
                self.settings = settings;
                self.apply(definitions)?;
                self.settings.set_up_logging()
            }
            Err(error) => {
                log_lines::reload_failed(&error);
                Ok(())
            }
        }
    }

    // Makes the services that run those that are defined.
    fn apply(&mut self, definitions: Vec<Definition>) -> Result<(), Error> {
        let mut before: BTreeMap<Identity, Service> = std::mem::take(&mut self.services);
        for definition in definitions {
            let identity = definition.identity.clone();
            let service = match before.remove(&identity) {
                Some(mut service) => {
                    service.redefine(definition)?;
                    service
                }
                None => self.start(definition)?,
            };
            self.services.insert(identity, service);
        }
        for service in before.into_values() {
            self.stop(service);
        }
        Ok(())
    }

    fn start(&self, definition: Definition) -> Result<Service, Error> {
        let listening = Listening {
            backlog: definition.process_limit.max(self.settings.process_limit),
            window_size: self.settings.window_size,
        };
        let listeners = endpoint::open(&definition, self.settings.owner, listening)?;
        Service::new(definition, listeners)
    }

    // A service that is no more: its children end, whatever they do.
    fn stop(&mut self, service: Service) {
        for pid in service.children.keys() {
            // One that ended by itself meanwhile is as good.
            let _ = sys::process::kill(*pid, Signal::SIGTERM);
            self.orphans.push(*pid);
        }
    }
}

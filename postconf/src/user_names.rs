//! Names that the user made up: they mean something if they are set and something refers to them.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use config::expand::{Mode, expand};
use config::{Dictionary, Error, MAIN_CF, MASTER_CF};

use crate::defaults::{MAIN_CF_SETTINGS, expand_set};
use crate::log_lines;
use crate::names::Class;
use crate::view::View;

/// Why a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `$name`, or a restriction class: there should be such a name.
    Plain,
    /// A name that a database client would read: most are not set.
    Client,
}

impl View<'_> {
    /// Finds all such names.
    ///
    /// # Errors
    /// A list that must be expanded for it cannot be.
    pub(crate) fn find_user_names(&mut self) -> Result<(), Error> {
        self.collect_scopes();
        for at in 0..self.services.len() {
            if self.services.get(at).is_some_and(|service| service.scope.is_some()) {
                self.scan_settings(Some(at))?;
            }
        }
        self.scan_defaults()?;
        self.scan_settings(None)
    }

    /// Puts the `-o` settings of entries with the same name and type together.
    fn collect_scopes(&mut self) {
        let mut known: HashMap<BString, usize> = HashMap::new();
        for service in &mut self.services {
            let mut at = known.get(&service.name_space).copied();
            for (name, value) in service.settings() {
                let index = *at.get_or_insert_with(|| {
                    known.insert(service.name_space.clone(), self.scopes.len());
                    self.scopes.push(Dictionary::new());
                    self.scopes.len() - 1
                });
                if let Some(scope) = self.scopes.get_mut(index) {
                    scope.set(name, value);
                }
            }
            service.scope = at;
        }
        for (number, service) in self.services.iter().enumerate() {
            let scope = service.scope.and_then(|scope| self.scopes.get(scope));
            for (name, _) in scope.into_iter().flat_map(Dictionary::iter) {
                self.scoped_names.entry(name.to_owned()).or_default().push(number);
            }
        }
    }

    /// The settings that are looked at: those of a service, or main.cf's.
    fn settings_of(&mut self, service: Option<usize>) -> Option<&mut Dictionary> {
        match service {
            None => Some(&mut self.settings),
            Some(at) => {
                let scope = self.services.get(at)?.scope?;
                self.scopes.get_mut(scope)
            }
        }
    }

    /// Looks at everything that main.cf or a service sets.
    fn scan_settings(&mut self, service: Option<usize>) -> Result<(), Error> {
        let file = if service.is_some() { MASTER_CF } else { MAIN_CF };
        let scope = service
            .and_then(|at| self.services.get(at))
            .map(|local| log::bytes(&local.name_space).to_string());
        let Some(settings) = self.settings_of(service) else { return Ok(()) };
        let pairs = Self::set_names(settings);
        let classes = settings
            .get(params::SMTPD_RESTRICTION_CLASSES.name())
            .map(|list| expand_set(settings, scope.as_deref().unwrap_or(MAIN_CF_SETTINGS), list))
            .transpose()?
            .unwrap_or_default();
        for class in classes.split(|byte| b", \t\r\n".contains(byte)).filter(|word| !word.is_empty()) {
            if service.is_none() {
                self.restriction_classes.insert(class.into());
            }
            self.refer_to(class, Reference::Plain, service);
        }
        for (name, value) in &pairs {
            if self.names.get(name).is_some_and(|known| known.is_read_only()) {
                log_lines::read_only_parameter(&self.directory, file, name, value);
                if let Some(settings) = self.settings_of(service) {
                    settings.remove(name);
                }
            }
        }
        for (name, value) in pairs {
            self.validate_class(&name, service);
            if let Some(known) = self.names.get(&name) {
                if known.class.is_none() {
                    self.names.add_user_name(&name);
                }
                if known.is_raw() || known.is_read_only() {
                    continue;
                }
            }
            self.scan(&value, service);
            let class = self.names.get(&name).and_then(|known| known.class);
            if matches!(class, Some(Class::Builtin | Class::Service)) {
                self.scan_for_clients(&value, service)?;
            }
        }
        Ok(())
    }

    /// A service may set any restriction class.
    fn validate_class(&mut self, name: &BString, service: Option<usize>) {
        if self.restriction_classes.contains(name)
            && let Some(service) = service.and_then(|at| self.services.get_mut(at))
        {
            service.valid.insert(name.clone());
        }
    }

    /// Looks at the defaults of what main.cf does not set.
    fn scan_defaults(&mut self) -> Result<(), Error> {
        let mut texts = Vec::new();
        self.names.visit(|name, known| {
            if !known.is_raw() && !self.settings.contains(name) {
                let text = self.default_of(known)?;
                if text.contains(&b'$') {
                    texts.push(text);
                }
            }
            Ok(())
        })?;
        for text in texts {
            self.scan(&text, None);
        }
        Ok(())
    }

    /// Looks at every `$name` of a value.
    fn scan(&mut self, value: &[u8], service: Option<usize>) {
        if !value.contains(&b'$') {
            return;
        }
        let mut lookup = |name: &[u8]| {
            self.refer_to(name, Reference::Plain, service);
            None
        };
        let done = expand(value, Mode::Scan, &mut lookup);
        done.warnings.iter().for_each(log_lines::warning);
    }

    /// Something refers to a name: if it is set, it means something where it is set.
    pub(crate) fn refer_to(&mut self, name: &[u8], why: Reference, service: Option<usize>) {
        let mut is_set = false;
        let entry = |name_space: &BString| format!("{MASTER_CF}:{name_space}");
        let local = service.and_then(|at| self.services.get(at)).map(|local| local.name_space.clone());
        let here = local.as_ref().map_or_else(|| MAIN_CF.to_owned(), entry);
        let scopes = &self.scopes;
        let sets = |scope: Option<usize>| {
            scope.and_then(|scope| scopes.get(scope)).is_some_and(|scope| scope.contains(name))
        };
        match service.and_then(|at| self.services.get_mut(at)) {
            Some(local) if sets(local.scope) => {
                is_set = true;
                if local.valid.insert(name.into()) {
                    log_lines::validated(name, &here, &here);
                }
            }
            _ => {
                if self.settings.contains(name) {
                    is_set = true;
                    if !self.names.contains(name) {
                        self.names.add_user_name(name);
                        log_lines::validated(name, &here, MAIN_CF);
                    }
                }
            }
        }
        let setters = self.scoped_names.get(BStr::new(name)).filter(|_| service.is_none());
        for &number in setters.into_iter().flatten() {
            if let Some(local) = self.services.get_mut(number).filter(|local| sets(local.scope)) {
                is_set = true;
                if local.valid.insert(name.into()) {
                    log_lines::validated(name, &here, &entry(&local.name_space));
                }
            }
        }
        if !is_set && why == Reference::Plain && !self.names.contains(name) {
            let file = if service.is_some() { MASTER_CF } else { MAIN_CF };
            log_lines::undefined_parameter(&self.directory, file, name.as_bytes());
        }
    }
}

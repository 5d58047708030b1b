//! All names that mean something: built-in parameters, those of services, and the user's own.

use bstr::{BStr, BString};
use hashbrown::DefaultHashBuilder;
use indexmap::IndexMap;
use params::service::Family;
use params::{Default, Row, Shape};

/// Why a name means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Postfix has it.
    Builtin,
    /// It begins with the name of a service.
    Service,
    /// The user made it up, and something refers to it.
    User,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 3] = [Class::Builtin, Class::Service, Class::User];
}

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// Why it means something; `None`: an old name that only another's default refers to.
    pub class: Option<Class>,
    /// Its default.
    pub default: Origin,
}

/// Where a name's default comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// The parameter table.
    Table(&'static Row),
    /// A family of service parameters: a reference to another parameter.
    Family(&'static str),
    /// There is none: the name only means something because it is set.
    Nothing,
}

impl Name {
    /// Is the value to be taken as it stands?
    pub fn is_raw(&self) -> bool {
        matches!(self.default, Origin::Table(row) if row.shape == Shape::Raw)
    }

    /// Does the running process decide the value?
    pub fn is_read_only(&self) -> bool {
        use params::Computed::{ProcessId, ProcessName};
        matches!(self.default, Origin::Table(row)
            if matches!(row.default, Default::Computed(ProcessId | ProcessName)))
    }
}

/// The names of main.cf.
#[derive(Debug)]
pub struct Names {
    /// By ordinal: the class of each built-in parameter.
    builtin: Vec<Option<Class>>,
    /// Those of services come first, in order: it leaves little to sort.
    others: IndexMap<BString, Name, DefaultHashBuilder>,
}

impl Names {
    /// The built-in ones.
    pub fn builtin() -> Self {
        let class = |row: &&Row| (!row.legacy).then_some(Class::Builtin);
        Self { builtin: params::rows().iter().map(class).collect(), others: IndexMap::default() }
    }

    /// What is known of a name.
    pub fn get(&self, name: &[u8]) -> Option<Name> {
        match ordinal_of(name) {
            Some(ordinal) => {
                let class = self.builtin.get(ordinal).copied()?;
                Some(Name { class, default: Origin::Table(params::row(ordinal)?) })
            }
            None => self.others.get(BStr::new(name)).copied(),
        }
    }

    /// Does the name mean something?
    pub fn contains(&self, name: &[u8]) -> bool {
        ordinal_of(name).is_some() || self.others.contains_key(BStr::new(name))
    }

    /// Adds the parameters of services: the service's name, with its families. One that Postfix has, too, only
    /// changes its class.
    pub fn add_service_parameters<'s, F: Iterator<Item = Family>>(
        &mut self,
        services: impl Iterator<Item = (&'s BStr, F)>,
    ) {
        let mut services: Vec<_> = services.collect();
        // As their parameters are ordered: all suffixes begin with `_`.
        services.sort_by(|(one, _), (other, _)| one.iter().chain(b"_").cmp(other.iter().chain(b"_")));
        for (service, families) in services {
            let may_be_builtin = std::str::from_utf8(service).is_ok_and(params::any_starts_with);
            for family in families {
                let name = [service, family.suffix.as_bytes()].concat();
                let builtin = if may_be_builtin { ordinal_of(&name) } else { None };
                if let Some(class) = builtin.and_then(|ordinal| self.builtin.get_mut(ordinal)) {
                    *class = Some(Class::Service);
                } else {
                    let known =
                        Name { class: Some(Class::Service), default: Origin::Family(family.reference) };
                    self.others.entry(name.into()).or_insert(known);
                }
            }
        }
    }

    /// Adds a name of the user's, or marks an old name that is in use.
    pub fn add_user_name(&mut self, name: &[u8]) {
        if let Some(class) = ordinal_of(name).and_then(|ordinal| self.builtin.get_mut(ordinal)) {
            *class = Some(Class::User);
        } else {
            self.others.insert(name.into(), Name { class: Some(Class::User), default: Origin::Nothing });
        }
    }

    /// All names, in order.
    pub fn sorted(&self) -> Vec<(&BStr, Name)> {
        let builtin = params::ordinals_by_name().filter_map(|ordinal| {
            let (row, class) = (params::row(ordinal)?, *self.builtin.get(ordinal)?);
            Some((BStr::new(row.name), Name { class, default: Origin::Table(row) }))
        });
        let others = self.others.iter().map(|(name, &known)| (BStr::new(name), known));
        let mut all: Vec<_> = builtin.chain(others).collect();
        // The stable sort is quick where parts are in order, and here they are.
        all.sort_by_key(|(name, _)| *name);
        all
    }
}

fn ordinal_of(name: &[u8]) -> Option<usize> {
    params::ordinal_of(std::str::from_utf8(name).ok()?)
}

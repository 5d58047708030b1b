//! All names that mean something: built-in parameters, those of services, and the user's own.

use bstr::{BStr, BString, ByteSlice};
use config::Error;
use hashbrown::DefaultHashBuilder;
use indexmap::IndexSet;
use params::service::{COMMAND_TIME_LIMIT, Family, TRANSPORT, is_transport, runs_command};
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
    /// A name of the user's own.
    const OF_USER: Name = Name { class: Some(Class::User), default: Origin::Nothing };

    /// A service's parameter.
    fn of_service(family: &Family) -> Self {
        Self { class: Some(Class::Service), default: Origin::Family(family.reference) }
    }

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
///
/// Those of services, many where there are many services, are not kept: a service and a family make one.
#[derive(Debug)]
pub struct Names {
    /// By ordinal: the class of each built-in parameter.
    builtin: Vec<Option<Class>>,
    /// Services that deliver messages, in order of master.cf.
    transports: Services,
    /// Services that run commands, in order of master.cf.
    commands: Services,
    /// The user's own.
    users: IndexSet<BString, DefaultHashBuilder>,
}

/// Names of services.
type Services = IndexSet<BString, DefaultHashBuilder>;

/// The parameters of some families that a service has.
struct Owner<'n> {
    service: &'n BStr,
    /// Of two services that make the same name, the first in master.cf decides which family it belongs to.
    rank: usize,
    families: &'static [Family],
}

impl<'n> Owner<'n> {
    fn all(services: &'n Services, families: &'static [Family]) -> impl Iterator<Item = Self> {
        let owner = move |(rank, service)| Owner { service: BStr::new(service), rank, families };
        services.iter().enumerate().map(owner)
    }

    /// What the names of all its parameters begin with: all suffixes begin with `_`.
    fn beginning(&self) -> impl Iterator<Item = &u8> {
        self.service.iter().chain(b"_")
    }

    /// May its parameters stand among those of an owner that comes before it?
    fn is_among(&self, earlier: &Owner<'_>) -> bool {
        let rest = self.service.strip_prefix(earlier.service.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"_"))
    }

    fn parameters(&self) -> impl Iterator<Item = ServiceParameter<'n>> + use<'n> {
        let (service, rank) = (self.service, self.rank);
        self.families.iter().map(move |family| ServiceParameter { service, rank, family })
    }
}

/// The parameter of a family that a service has.
struct ServiceParameter<'n> {
    service: &'n BStr,
    rank: usize,
    family: &'static Family,
}

impl ServiceParameter<'_> {
    /// The bytes of its name.
    fn name(&self) -> impl Iterator<Item = &u8> {
        self.service.iter().chain(self.family.suffix.as_bytes())
    }
}

impl Names {
    /// The built-in ones.
    pub fn builtin() -> Self {
        let class = |row: &&Row| (!row.legacy).then_some(Class::Builtin);
        Self {
            builtin: params::rows().iter().map(class).collect(),
            transports: IndexSet::default(),
            commands: IndexSet::default(),
            users: IndexSet::default(),
        }
    }

    /// What is known of a name.
    pub fn get(&self, name: &[u8]) -> Option<Name> {
        if let Some(ordinal) = ordinal_of(name) {
            return self.builtin_name(ordinal);
        }
        match self.family_of(name) {
            Some(family) => Some(Name::of_service(family)),
            None => self.users.contains(BStr::new(name)).then_some(Name::OF_USER),
        }
    }

    /// Does the name mean something?
    pub fn contains(&self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }

    fn builtin_name(&self, ordinal: usize) -> Option<Name> {
        let class = self.builtin.get(ordinal).copied()?;
        Some(Name { class, default: Origin::Table(params::row(ordinal)?) })
    }

    /// The family of a service's parameter.
    fn family_of(&self, name: &[u8]) -> Option<&'static Family> {
        let service = |family: &Family| name.strip_suffix(family.suffix.as_bytes()).map(BStr::new);
        if service(&COMMAND_TIME_LIMIT).is_some_and(|service| self.commands.contains(service)) {
            return Some(&COMMAND_TIME_LIMIT);
        }
        let ranked = |family| Some((self.transports.get_index_of(service(family)?)?, family));
        TRANSPORT.iter().filter_map(ranked).min_by_key(|(rank, _)| *rank).map(|(_, family)| family)
    }

    /// Adds the parameters of a service, which master.cf has running a program. One that Postfix has, too, only
    /// changes its class.
    pub fn add_service(&mut self, service: &BStr, program: &[u8]) {
        let mut owned: [&[Family]; 2] = [&[], &[]];
        if is_transport(program) && self.transports.insert(service.into()) {
            owned[0] = &TRANSPORT;
        }
        if runs_command(program) && self.commands.insert(service.into()) {
            owned[1] = std::slice::from_ref(&COMMAND_TIME_LIMIT);
        }
        if !may_be_builtin(service) {
            return;
        }
        for family in owned.into_iter().flatten() {
            let name = [service, family.suffix.as_bytes()].concat();
            if let Some(class) = ordinal_of(&name).and_then(|ordinal| self.builtin.get_mut(ordinal)) {
                *class = Some(Class::Service);
            }
        }
    }

    /// Adds a name of the user's, or marks an old name that is in use.
    pub fn add_user_name(&mut self, name: &[u8]) {
        match ordinal_of(name).and_then(|ordinal| self.builtin.get_mut(ordinal)) {
            Some(class) => *class = Some(Class::User),
            None => drop(self.users.insert(name.into())),
        }
    }

    /// Visits all names, in order, up to the first error.
    ///
    /// # Errors
    /// That of the visitor.
    pub fn visit(&self, mut visit: impl FnMut(&BStr, Name) -> Result<(), Error>) -> Result<(), Error> {
        let mut others = self.others().into_iter().peekable();
        let mut name = BString::default();
        for group in self.groups() {
            for ServiceParameter { service, family, .. } in group {
                name.clear();
                name.extend_from_slice(service);
                name.extend_from_slice(family.suffix.as_bytes());
                while let Some((other, known)) = others.next_if(|(other, _)| *other < name) {
                    visit(other, known)?;
                }
                visit(name.as_ref(), Name::of_service(family))?;
            }
        }
        others.try_for_each(|(name, known)| visit(name, known))
    }

    /// The names that are not of services, in order.
    fn others(&self) -> Vec<(&BStr, Name)> {
        let builtin = params::ordinals_by_name()
            .filter_map(|ordinal| Some((BStr::new(params::row(ordinal)?.name), self.builtin_name(ordinal)?)));
        let users = self.users.iter().map(|name| (BStr::new(name), Name::OF_USER));
        let mut all: Vec<_> = builtin.chain(users).collect();
        // The stable sort is quick where parts are in order.
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// The parameters of services in order of their names, those together that stand among one another, as some of
    /// `a` and of `a_b` do.
    fn groups(&self) -> impl Iterator<Item = Vec<ServiceParameter<'_>>> {
        let mut owners: Vec<Owner<'_>> = Owner::all(&self.transports, &TRANSPORT)
            .chain(Owner::all(&self.commands, std::slice::from_ref(&COMMAND_TIME_LIMIT)))
            .collect();
        owners.sort_by(|one, other| one.beginning().cmp(other.beginning()));
        let mut owners = owners.into_iter().peekable();
        std::iter::from_fn(move || {
            let first = owners.next()?;
            let mut group: Vec<_> = first.parameters().collect();
            let alone = group.len();
            while let Some(next) = owners.next_if(|next| next.is_among(&first)) {
                group.extend(next.parameters());
            }
            if group.len() > alone {
                group.sort_by(|one, other| one.name().cmp(other.name()).then(one.rank.cmp(&other.rank)));
                group.dedup_by(|later, earlier| later.name().eq(earlier.name()));
            }
            if may_be_builtin(first.service) {
                group.retain(|parameter| {
                    let name: Vec<u8> = parameter.name().copied().collect();
                    ordinal_of(&name).is_none()
                });
            }
            Some(group)
        })
    }
}

/// Does some parameter of Postfix's begin with the name of a service?
fn may_be_builtin(service: &[u8]) -> bool {
    std::str::from_utf8(service).is_ok_and(params::any_starts_with)
}

fn ordinal_of(name: &[u8]) -> Option<usize> {
    params::ordinal_of(std::str::from_utf8(name).ok()?)
}

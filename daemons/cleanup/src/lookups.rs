//! The tables and lists of main.cf.

use config::Config;
use params::{Param, Text};
use server::Fatal;
use tables::{AddressSearch, Ask, Flags, LocalDomains, Maps, MatchList, Opener, QueryForm, Strategy};

use crate::masquerade::Domains;
use crate::settings::words;

/// A table could not be read; why was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LookupFailed;

/// Whose address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Sender,
    Recipient,
}

/// Whose address it is, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressClass {
    pub(crate) side: Side,
    /// In a header, not in the envelope.
    pub(crate) header: bool,
}

/// What a table says about an address.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) value: Vec<u8>,
    /// The extension with its delimiter, when the table has the address without it.
    pub(crate) extension: Option<Vec<u8>>,
}

/// A set of address classes (`canonical_classes` and its fellows).
#[derive(Clone, Copy, Debug, Default)]
struct Classes {
    envelope_sender: bool,
    envelope_recipient: bool,
    header_sender: bool,
    header_recipient: bool,
}

impl Classes {
    fn new(config: &Config, param: &Param<Text>, allowed: &[Side]) -> Result<Self, Fatal> {
        let value = config.get(param);
        let mut classes = Self::default();
        for word in words(value) {
            let (slot, side) = match word.to_ascii_lowercase().as_str() {
                "envelope_sender" => (&mut classes.envelope_sender, Side::Sender),
                "envelope_recipient" => (&mut classes.envelope_recipient, Side::Recipient),
                "header_sender" => (&mut classes.header_sender, Side::Sender),
                "header_recipient" => (&mut classes.header_recipient, Side::Recipient),
                _ => return Err(unknown_class(param.name(), word, value)),
            };
            if !allowed.contains(&side) {
                return Err(unknown_class(param.name(), word, value));
            }
            *slot = true;
        }
        Ok(classes)
    }

    fn has(self, class: AddressClass) -> bool {
        match (class.side, class.header) {
            (Side::Sender, false) => self.envelope_sender,
            (Side::Sender, true) => self.header_sender,
            (Side::Recipient, false) => self.envelope_recipient,
            (Side::Recipient, true) => self.header_recipient,
        }
    }
}

fn unknown_class(name: &str, word: &str, value: &str) -> Fatal {
    Fatal::new(format_args!("unknown {name} value \"{word}\" in \"{value}\""))
}

/// Tables that are searched for an address and parts of it.
pub(crate) struct AddressMap {
    maps: Maps,
    search: AddressSearch,
}

impl AddressMap {
    /// The parameter's name.
    pub(crate) fn title(&self) -> &str {
        self.maps.title()
    }

    /// What the tables say about an address in internal form.
    pub(crate) async fn find(&self, address: &[u8]) -> Result<Option<Found>, LookupFailed> {
        let hit = self.search.find_async(&self.maps, address, QueryForm::External, Strategy::DEFAULT).await;
        let found = hit.map_err(|_| LookupFailed)?;
        Ok(found.map(|hit| Found { value: hit.value, extension: hit.extension }))
    }

    /// The automatic recipient for an address in internal form.
    pub(crate) async fn find_bcc(&self, address: &[u8]) -> Result<Option<Vec<u8>>, LookupFailed> {
        let form = QueryForm::ExternalFirst;
        let hit = self.search.find_async(&self.maps, address, form, Strategy::DEFAULT).await;
        Ok(hit.map_err(|_| LookupFailed)?.map(|hit| hit.value))
    }
}

/// Tables of patterns for headers or body lines.
pub(crate) struct Checks(Maps);

impl Checks {
    /// The parameter's name.
    pub(crate) fn title(&self) -> &str {
        self.0.title()
    }

    /// What to do about a text.
    pub(crate) async fn find(&self, text: &[u8]) -> Result<Option<Vec<u8>>, LookupFailed> {
        self.0.find_async(text, Ask::All).await.map_err(|_| LookupFailed)
    }
}

/// Local parts that are not masqueraded.
pub(crate) struct Exceptions(MatchList);

impl Exceptions {
    /// Whether a local part is one of them.
    pub(crate) async fn matches(&self, name: &[u8]) -> Result<bool, LookupFailed> {
        self.0.matches_async(name).await.map_err(|_| LookupFailed)
    }
}

/// All of them.
pub(crate) struct Lookups {
    sender_canonical: Option<AddressMap>,
    recipient_canonical: Option<AddressMap>,
    common_canonical: Option<AddressMap>,
    sender_classes: Classes,
    recipient_classes: Classes,
    common_classes: Classes,
    masquerade_domains: Domains,
    masquerade_classes: Classes,
    pub(crate) masquerade_exceptions: Option<Exceptions>,
    pub(crate) virtual_aliases: Option<AddressMap>,
    pub(crate) sender_bcc: Option<AddressMap>,
    pub(crate) recipient_bcc: Option<AddressMap>,
    pub(crate) header_checks: Option<Checks>,
    pub(crate) mime_header_checks: Option<Checks>,
    pub(crate) nested_header_checks: Option<Checks>,
    pub(crate) body_checks: Option<Checks>,
}

impl Lookups {
    /// Opens everything that main.cf names.
    pub(crate) fn open(opener: &Opener, config: &Config) -> Result<Self, Fatal> {
        let local = LocalDomains::open(opener, config).map_err(Fatal::new)?;
        let search = AddressSearch::from_config(config, &local);
        let maps = |param: &Param<Text>, flags: Flags| -> Result<Option<Maps>, Fatal> {
            let list = config.bytes(param);
            let maps = (!list.is_empty()).then(|| Maps::open(opener, param.name(), list, flags));
            maps.transpose().map_err(Fatal::new)
        };
        let addresses = |param: &Param<Text>| -> Result<Option<AddressMap>, Fatal> {
            let maps = maps(param, Flags::LOOKUP)?;
            Ok(maps.map(|maps| AddressMap { maps, search: search.clone() }))
        };
        let checks = |param: &Param<Text>| maps(param, Flags::LOCK).map(|maps| maps.map(Checks));
        let exceptions = &params::MASQUERADE_EXCEPTIONS;
        let list = config.bytes(exceptions);
        let masquerade_exceptions =
            (!list.is_empty()).then(|| MatchList::strings(opener, exceptions.name(), list));
        let both = [Side::Sender, Side::Recipient];
        Ok(Self {
            sender_canonical: addresses(&params::SENDER_CANONICAL_MAPS)?,
            recipient_canonical: addresses(&params::RECIPIENT_CANONICAL_MAPS)?,
            common_canonical: addresses(&params::CANONICAL_MAPS)?,
            sender_classes: Classes::new(config, &params::SENDER_CANONICAL_CLASSES, &[Side::Sender])?,
            recipient_classes: Classes::new(
                config,
                &params::RECIPIENT_CANONICAL_CLASSES,
                &[Side::Recipient],
            )?,
            common_classes: Classes::new(config, &params::CANONICAL_CLASSES, &both)?,
            masquerade_domains: Domains::new(config.get(&params::MASQUERADE_DOMAINS)),
            masquerade_classes: Classes::new(config, &params::MASQUERADE_CLASSES, &both)?,
            masquerade_exceptions: masquerade_exceptions.transpose().map_err(Fatal::new)?.map(Exceptions),
            virtual_aliases: addresses(&params::VIRTUAL_ALIAS_MAPS)?,
            sender_bcc: addresses(&params::SENDER_BCC_MAPS)?,
            recipient_bcc: addresses(&params::RECIPIENT_BCC_MAPS)?,
            header_checks: checks(&params::HEADER_CHECKS)?,
            mime_header_checks: checks(&params::MIME_HEADER_CHECKS)?,
            nested_header_checks: checks(&params::NESTED_HEADER_CHECKS)?,
            body_checks: checks(&params::BODY_CHECKS)?,
        })
    }

    /// The canonical maps for a class of addresses, in the order in which they apply.
    pub(crate) fn canonical(&self, class: AddressClass) -> impl Iterator<Item = &AddressMap> {
        let (maps, classes) = match class.side {
            Side::Sender => (&self.sender_canonical, self.sender_classes),
            Side::Recipient => (&self.recipient_canonical, self.recipient_classes),
        };
        let own = maps.as_ref().filter(|_| classes.has(class));
        let common = self.common_canonical.as_ref().filter(|_| self.common_classes.has(class));
        own.into_iter().chain(common)
    }

    /// The domains that hide hosts in a class of addresses.
    pub(crate) fn masquerade(&self, class: AddressClass) -> Option<&Domains> {
        let applies = self.masquerade_classes.has(class) && !self.masquerade_domains.is_empty();
        applies.then_some(&self.masquerade_domains)
    }

    /// Whether anything maps addresses of a class to other ones.
    pub(crate) fn maps_one_to_one(&self, class: AddressClass) -> bool {
        self.canonical(class).next().is_some() || self.masquerade(class).is_some()
    }
}

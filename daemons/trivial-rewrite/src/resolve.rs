//! The way for a recipient: address class, transport, nexthop.

use std::path::PathBuf;

use address::{Address, Token, quote_822};
use config::{Config, OldDefault};
use ipc::rewrite::{Resolved, flags};
use params::{Param, Text};
use server::Fatal;
use tables::{
    AddressSearch, Flags, LocalDomains, LookupError, Maps, MatchList, Opener, QueryForm, Strategy, Subdomains,
};

use crate::log_lines;
use crate::personality::{Personality, open_maps};
use crate::rewrite::{Context, Rules};
use crate::transport::Route;

/// The transport that returns mail.
const ERROR_TRANSPORT: &[u8] = b"error";

/// A question could not be answered now; why was logged.
struct Failed;

impl From<LookupError> for Failed {
    fn from(_: LookupError) -> Self {
        Failed
    }
}

/// A list of domains with its parameter's name.
struct DomainClass {
    name: &'static str,
    list: Option<MatchList>,
}

impl DomainClass {
    fn strings(opener: &Opener, config: &Config, param: &Param<Text>) -> Result<Self, Fatal> {
        let value = config.bytes(param);
        let list = (!value.is_empty()).then(|| MatchList::strings(opener, param.name(), value));
        Ok(Self { name: param.name(), list: list.transpose().map_err(Fatal::new)? })
    }

    fn domains(opener: &Opener, config: &Config, param: &Param<Text>) -> Result<Self, Fatal> {
        let value = config.bytes(param);
        let subdomains = Subdomains::of_list(opener, config, param.name()).map_err(Fatal::new)?;
        let list = (!value.is_empty()).then(|| MatchList::domains(opener, param.name(), value, subdomains));
        Ok(Self { name: param.name(), list: list.transpose().map_err(Fatal::new)? })
    }

    fn contains(&self, domain: &[u8]) -> Result<bool, Failed> {
        Ok(self.list.as_ref().map_or(Ok(false), |list| list.matches(domain))?)
    }

    /// As [`DomainClass::contains`], where a failure keeps an address from being resolved.
    fn contains_or_warn(&self, domain: &[u8]) -> Result<bool, Failed> {
        self.contains(domain).inspect_err(|Failed| log_lines::lookup_failure(self.name))
    }

    fn asks_a_server(&self) -> bool {
        self.list.as_ref().is_some_and(MatchList::asks_a_server)
    }
}

/// Switches and texts of main.cf.
struct Settings {
    directory: PathBuf,
    hostname: Vec<u8>,
    mydomain: String,
    empty_recipient: Vec<u8>,
    empty_relayhost_key: Vec<u8>,
    empty_transport_key: Vec<u8>,
    dequoted: bool,
    null_domain: bool,
    numeric_domain: bool,
    smtputf8: bool,
    helpful_warnings: bool,
    show_table: bool,
    relocated_prefix: bool,
    leading_minus: bool,
    tells_completion: bool,
}

/// Answers both kinds of question.
pub(crate) struct Resolver {
    settings: Settings,
    rules: Rules,
    local_context: Context,
    remote_context: Context,
    local: LocalDomains,
    virtual_alias: DomainClass,
    virtual_mailbox: DomainClass,
    relay: DomainClass,
    relocated: Option<Maps>,
    search: AddressSearch,
    asks_a_server: bool,
}

impl Resolver {
    /// Opens the lists.
    pub(crate) fn open(opener: &Opener, config: &Config) -> Result<Self, Fatal> {
        let bytes = |param: &Param<Text>| config.get(param).as_bytes().to_vec();
        let local = LocalDomains::open(opener, config).map_err(Fatal::new)?;
        let virtual_alias = DomainClass::strings(opener, config, &params::VIRTUAL_ALIAS_DOMAINS)?;
        let virtual_mailbox = DomainClass::strings(opener, config, &params::VIRTUAL_MAILBOX_DOMAINS)?;
        let relay = DomainClass::domains(opener, config, &params::RELAY_DOMAINS)?;
        let relocated = open_maps(opener, config, &params::RELOCATED_MAPS, Flags::LOOKUP)?;
        let remote = bytes(&params::REMOTE_HEADER_REWRITE_DOMAIN);
        let asks_a_server = local.asks_a_server()
            || [&virtual_alias, &virtual_mailbox, &relay].iter().any(|class| class.asks_a_server())
            || relocated.as_ref().is_some_and(Maps::asks_a_server);
        Ok(Self {
            settings: Settings {
                directory: config.directory().to_owned(),
                hostname: bytes(&params::MYHOSTNAME),
                mydomain: config.get(&params::MYDOMAIN).to_owned(),
                empty_recipient: bytes(&params::EMPTY_ADDRESS_RECIPIENT),
                empty_relayhost_key: bytes(&params::EMPTY_ADDRESS_RELAYHOST_MAPS_LOOKUP_KEY),
                empty_transport_key: bytes(&params::EMPTY_ADDRESS_DEFAULT_TRANSPORT_MAPS_LOOKUP_KEY),
                dequoted: config.get(&params::RESOLVE_DEQUOTED_ADDRESS),
                null_domain: config.get(&params::RESOLVE_NULL_DOMAIN),
                numeric_domain: config.get(&params::RESOLVE_NUMERIC_DOMAIN),
                smtputf8: config.get(&params::SMTPUTF8_ENABLE),
                helpful_warnings: config.get(&params::HELPFUL_WARNINGS),
                show_table: config.get(&params::SHOW_USER_UNKNOWN_TABLE_NAME),
                relocated_prefix: config.get(&params::RELOCATED_PREFIX_ENABLE),
                leading_minus: config.get(&params::ALLOW_MIN_USER),
                tells_completion: config.uses_old_default(OldDefault::AppendDotMydomain),
            },
            rules: Rules {
                swap_bangpath: config.get(&params::SWAP_BANGPATH),
                percent_hack: config.get(&params::ALLOW_PERCENT_HACK),
                append_at_myorigin: config.get(&params::APPEND_AT_MYORIGIN),
                append_dot_mydomain: config.get(&params::APPEND_DOT_MYDOMAIN),
            },
            local_context: Context { origin: bytes(&params::MYORIGIN), domain: bytes(&params::MYDOMAIN) },
            remote_context: Context { origin: remote.clone(), domain: remote },
            search: AddressSearch::from_config(config, &local),
            local,
            virtual_alias,
            virtual_mailbox,
            relay,
            relocated,
            asks_a_server,
        })
    }

    /// Whether answers may wait for another process.
    pub(crate) fn asks_a_server(&self) -> bool {
        self.asks_a_server
    }

    /// Whether rewriting may wait for another process: only to give advice.
    pub(crate) fn rewriting_asks_a_server(&self) -> bool {
        self.asks_a_server && self.settings.tells_completion
    }

    /// The complete form of an address; both in external form.
    pub(crate) fn rewrite_external(&self, local: bool, address: &[u8]) -> Vec<u8> {
        let context = if local { &self.local_context } else { &self.remote_context };
        let mut tree = Address::scan(address);
        self.rewrite(context, &mut tree);
        tree.externalize()
    }

    fn rewrite(&self, context: &Context, address: &mut Address) {
        let completed = self.rules.rewrite(context, address);
        if let Some(domain) = completed.filter(|_| self.settings.tells_completion) {
            let mydomain = &self.settings.mydomain;
            if !domain.eq_ignore_ascii_case(b"localhost") {
                log_lines::compatible_completion(&domain, mydomain, false);
            } else if matches!(self.class_of(b"localhost"), Ok(flags::CLASS_DEFAULT)) {
                log_lines::compatible_completion(&domain, mydomain, true);
            }
        }
    }

    /// The address class of a domain.
    fn class_of(&self, domain: &[u8]) -> Result<i32, Failed> {
        if self.local.contains(domain)? {
            return Ok(flags::CLASS_LOCAL);
        }
        let classes = [
            (&self.virtual_alias, flags::CLASS_ALIAS),
            (&self.virtual_mailbox, flags::CLASS_VIRTUAL),
            (&self.relay, flags::CLASS_RELAY),
        ];
        for (class, flag) in classes {
            if class.contains(domain)? {
                return Ok(flag);
            }
        }
        Ok(flags::CLASS_DEFAULT)
    }

    /// The way for a recipient. Sender and recipient are in internal form.
    pub(crate) fn resolve(&self, personality: &Personality, sender: &[u8], recipient: &[u8]) -> Resolved {
        let mut resolved = Resolved {
            flags: 0,
            transport: b"CHANNEL NOT UPDATED".to_vec(),
            nexthop: b"NEXTHOP NOT UPDATED".to_vec(),
            recipient: b"NEXTRCPT NOT UPDATED".to_vec(),
        };
        if self.try_resolve(personality, sender, recipient, &mut resolved).is_err() {
            resolved.flags |= flags::FAIL;
        }
        resolved
    }

    fn try_resolve(
        &self,
        personality: &Personality,
        sender: &[u8],
        address: &[u8],
        resolved: &mut Resolved,
    ) -> Result<(), Failed> {
        let (tree, is_local) = self.strip_local_domains(address)?;
        resolved.recipient = tree.internalize();
        let Some(is_local) = self.check_domain(resolved, is_local)? else {
            resolved.flags |= flags::ERROR | flags::CLASS_DEFAULT;
            return Ok(());
        };
        let recipient = resolved.recipient.clone();
        let domain = address::split_at(&recipient).1.unwrap_or_default();
        let first_operator = recipient.iter().position(|byte| b"@!%".contains(byte)).unwrap_or(0);
        if recipient.get(first_operator + 1..) != Some(domain) {
            resolved.flags |= flags::ROUTED;
        }
        let mut route = if is_local {
            self.local_route(personality, domain, resolved)?
        } else {
            self.class_route(personality, sender, domain, resolved)?
        };
        if let Some(table) = &personality.transport_maps
            && resolved.flags & flags::CLASS_ALIAS == 0
            && table.apply(&self.search, &recipient, domain, &mut route).is_err()
        {
            log_lines::lookup_failure(table.maps().title());
            self.show(resolved, route);
            return Err(Failed);
        }
        let relocated = self.relocate(&recipient, &mut route);
        self.show(resolved, route);
        relocated?;
        // An external program could take such an address for an option.
        if !self.settings.leading_minus && recipient.first() == Some(&b'-') {
            resolved.flags |= flags::ERROR;
        }
        Ok(())
    }

    fn show(&self, resolved: &mut Resolved, route: Route) {
        resolved.transport = route.transport;
        resolved.nexthop = route.nexthop;
    }

    /// Takes local domains off an address, with the routing that was hidden behind each, until a remote domain or only a
    /// user is left. The user gets the last local domain back. Says whether that is local.
    fn strip_local_domains(&self, address: &[u8]) -> Result<(Address, bool), Failed> {
        let mut tree = Address::scan(&quote_822(address));
        let mut local_domain: Option<Vec<Token>> = None;
        let limit = address.len() + 100;
        for _ in 0..=limit {
            self.strip_trailing_dot(&mut tree);
            if self.settings.null_domain {
                tree.tokens.pop_if(|last| last.is_op(b'@'));
            }
            if let Some(at) = tree.rfind(b'@') {
                let domain = Address::from_tokens(tree.tokens.get(at + 1..).unwrap_or_default().to_vec());
                if !domain.tokens.is_empty() && !self.local.contains(&domain.internalize())? {
                    return Ok((tree, false));
                }
                local_domain = Some(tree.tokens.split_off(at));
            }
            if self.has_routing(&tree) || (self.settings.dequoted && self.open_quotes(&mut tree)) {
                self.rewrite(&self.local_context, &mut tree);
            } else if tree.tokens.is_empty() || tree.tokens == [Token::Quoted(Vec::new())] {
                tree = Address::scan(&self.settings.empty_recipient);
            } else if let Some(domain) = local_domain {
                tree.tokens.extend(domain);
                return Ok((tree, true));
            } else {
                tree.tokens.push(Token::Op(b'@'));
                tree.tokens.extend(address::scan(&self.settings.hostname, 0));
            }
        }
        log_lines::too_many_iterations(address, limit + 1);
        Err(Failed)
    }

    fn strip_trailing_dot(&self, tree: &mut Address) {
        if let [.., before, Token::Op(b'.')] = tree.tokens.as_slice()
            && tree.rfind(b'@').is_some()
            && !before.is_op(b'.')
            && !before.is_op(b'@')
        {
            tree.tokens.pop();
        }
    }

    fn has_routing(&self, tree: &Address) -> bool {
        tree.rfind(b'@').is_some()
            || (self.rules.swap_bangpath && tree.rfind(b'!').is_some())
            || (self.rules.percent_hack && tree.rfind(b'%').is_some())
    }

    /// Opens a quoted local part that holds routing, which is against the standard but stops relaying by way of hosts
    /// that do the same.
    fn open_quotes(&self, tree: &mut Address) -> bool {
        let [Token::Quoted(local)] = tree.tokens.as_mut_slice() else { return false };
        let last = |wanted: u8| local.iter().rposition(|&byte| byte == wanted);
        let percent = || last(b'%').filter(|_| self.rules.percent_hack);
        let bang = || last(b'!').filter(|_| self.rules.swap_bangpath);
        let Some(operator) = last(b'@').or_else(percent).or_else(bang) else { return false };
        if let Some(byte) = local.get_mut(operator).filter(|byte| **byte == b'%') {
            *byte = b'@';
        }
        let text = if local.get(operator) == Some(&b'@') { quote_822(local) } else { local.clone() };
        *tree = Address::scan(&text);
        true
    }

    /// Checks the syntax of the domain; a bare network address gets its brackets. Says whether the domain is local, or
    /// `None` if it is malformed.
    fn check_domain(&self, resolved: &mut Resolved, is_local: bool) -> Result<Option<bool>, Failed> {
        let (_, Some(domain)) = address::split_at(&resolved.recipient) else { return Ok(None) };
        let utf8 = self.settings.smtputf8;
        if domain.first() == Some(&b'[') {
            return Ok(hosts::is_address_literal(domain).then_some(is_local));
        }
        if utf8 && std::str::from_utf8(&resolved.recipient).is_err() {
            return Ok(None);
        }
        if hosts::is_utf8_hostname(domain, utf8) {
            return Ok(Some(is_local));
        }
        if !self.settings.numeric_domain || !hosts::is_address(domain) {
            return Ok(None);
        }
        let literal = [b"[", domain, b"]"].concat();
        let start = resolved.recipient.len() - domain.len();
        resolved.recipient.splice(start.., literal.iter().copied());
        Ok(Some(self.local.contains(&literal)? || is_local))
    }

    fn local_route(
        &self,
        personality: &Personality,
        domain: &[u8],
        resolved: &mut Resolved,
    ) -> Result<Route, Failed> {
        if self.settings.helpful_warnings {
            let mydestination = params::MYDESTINATION.name();
            self.warn_listed_twice(domain, mydestination, &[&self.virtual_alias, &self.virtual_mailbox]);
        }
        resolved.flags |= flags::CLASS_LOCAL;
        let transport = &personality.local_transport;
        self.configured_route(&transport.value, domain.to_vec(), transport.name)
    }

    /// The route for a domain that is not local.
    fn class_route(
        &self,
        personality: &Personality,
        sender: &[u8],
        domain: &[u8],
        resolved: &mut Resolved,
    ) -> Result<Route, Failed> {
        if self.virtual_alias.contains_or_warn(domain)? {
            if self.settings.helpful_warnings {
                self.warn_listed_twice(
                    domain,
                    self.virtual_alias.name,
                    &[&self.virtual_mailbox, &self.relay],
                );
            }
            resolved.flags |= flags::CLASS_ALIAS;
            let table = if self.settings.show_table { " in virtual alias table" } else { "" };
            let nexthop = format!("5.1.1 User unknown{table}").into_bytes();
            return Ok(Route { transport: ERROR_TRANSPORT.to_vec(), nexthop });
        }
        if self.virtual_mailbox.contains_or_warn(domain)? {
            if self.settings.helpful_warnings {
                self.warn_listed_twice(domain, self.virtual_mailbox.name, &[&self.relay]);
            }
            resolved.flags |= flags::CLASS_VIRTUAL;
            let transport = &personality.virtual_transport;
            return self.configured_route(&transport.value, domain.to_vec(), transport.name);
        }
        let (transport, name) = if self.relay.contains_or_warn(domain)? {
            resolved.flags |= flags::CLASS_RELAY;
            (personality.relay_transport.value.clone(), personality.relay_transport.name.to_owned())
        } else {
            let found = self.default_transport(personality, sender)?;
            resolved.flags |= flags::CLASS_DEFAULT;
            found
        };
        let nexthop = match self.sender_relayhost(personality, sender)? {
            Some(relayhost) => relayhost,
            None if !personality.relayhost.value.is_empty() => personality.relayhost.value.clone(),
            None => domain.to_vec(),
        };
        self.configured_route(&transport, nexthop, &name)
    }

    fn default_transport(
        &self,
        personality: &Personality,
        sender: &[u8],
    ) -> Result<(Vec<u8>, String), Failed> {
        let default = &personality.default_transport;
        let key = if sender.is_empty() { &self.settings.empty_transport_key } else { sender };
        let Some(maps) = &personality.sender_transports else {
            return Ok((default.value.clone(), default.name.to_owned()));
        };
        match self.by_sender(maps, key)? {
            None => Ok((default.value.clone(), default.name.to_owned())),
            Some(found) if found.eq_ignore_ascii_case(b"DUNNO") => {
                Ok((default.value.clone(), maps.title().to_owned()))
            }
            Some(found) => Ok((found, maps.title().to_owned())),
        }
    }

    fn sender_relayhost(&self, personality: &Personality, sender: &[u8]) -> Result<Option<Vec<u8>>, Failed> {
        let key = if sender.is_empty() { &self.settings.empty_relayhost_key } else { sender };
        let Some(maps) = &personality.sender_relayhosts else { return Ok(None) };
        let found = self.by_sender(maps, key)?;
        Ok(found.filter(|found| !found.eq_ignore_ascii_case(b"DUNNO")))
    }

    fn by_sender(&self, maps: &Maps, key: &[u8]) -> Result<Option<Vec<u8>>, Failed> {
        match self.search.find(maps, key, QueryForm::ExternalFirst, Strategy::DEFAULT) {
            Ok(Some(hit)) if hit.value.is_empty() => {
                log_lines::null_result(maps.title(), key);
                Ok(None)
            }
            Ok(hit) => Ok(hit.map(|hit| hit.value)),
            Err(_) => {
                log_lines::lookup_failure(maps.title());
                Err(Failed)
            }
        }
    }

    /// A `transport:nexthop` of main.cf; `name` is the parameter that it comes from.
    fn configured_route(&self, setting: &[u8], nexthop: Vec<u8>, name: &str) -> Result<Route, Failed> {
        let colon = memchr::memchr(b':', setting).unwrap_or(setting.len());
        let (transport, destination) = setting.split_at(colon);
        if transport.is_empty() {
            log_lines::null_transport(&self.settings.directory, name);
            return Err(Failed);
        }
        let nexthop = match destination.get(1..) {
            Some(destination) if !destination.is_empty() => destination.to_vec(),
            _ => nexthop,
        };
        Ok(Route { transport: transport.to_vec(), nexthop })
    }

    /// Returns mail for a recipient that has moved.
    fn relocate(&self, recipient: &[u8], route: &mut Route) -> Result<(), Failed> {
        let Some(maps) = &self.relocated else { return Ok(()) };
        let hit = match self.search.find(maps, recipient, QueryForm::ExternalFirst, Strategy::DEFAULT) {
            Ok(Some(hit)) => hit.value,
            Ok(None) => return Ok(()),
            Err(_) => {
                log_lines::lookup_failure(maps.title());
                return Err(Failed);
            }
        };
        route.transport = ERROR_TRANSPORT.to_vec();
        route.nexthop = if self.settings.relocated_prefix {
            [b"5.1.6 User has moved to ", hit.as_slice()].concat()
        } else {
            let (status, text) = smtp::dsn::split(b"5.2.0", &hit);
            if smtp::dsn::status_len(&hit).is_none() || text.is_empty() {
                log_lines::bad_relocated_result(&hit);
                b"5.2.0 Mailbox is unavailable".to_vec()
            } else {
                [status, b" ", text].concat()
            }
        };
        Ok(())
    }

    fn warn_listed_twice(&self, domain: &[u8], name: &str, others: &[&DomainClass]) {
        for other in others {
            if matches!(other.contains(domain), Ok(true)) {
                log_lines::listed_twice(domain, name, other.name);
            }
        }
    }
}

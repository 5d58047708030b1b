//! The service: what is opened before the jail, and shared by all sessions.

use std::cell::Cell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use config::Config;
use dns::{Families, ReplyFilter, Resolver};
use indexmap::IndexMap;
use ipc::Services;
use server::{Conn, Fatal, Session as Place, SessionService, Setup};
use smtp::ehlo::Keywords;
use tables::{AddressSearch, Flags, LocalDomains, MatchList, Name, OpenError, Opener, Subdomains};

use crate::checks::policy::{self, PolicyServer};
use crate::checks::restriction::{self, Keyword, List};
use crate::checks::table_spec::table_of;
use crate::checks::{DnsListCache, ParentStyle};
use crate::compat::OldDefaults;
use crate::log_lines;
use crate::lookup::{ClientList, Maps, Part};
use crate::session::Session;
use crate::settings::Settings;
use crate::stress::Pressure;
use crate::tls::TlsLevel;

/// How often tables are looked at for changes that need a new process.
const CHECK_TABLES: Duration = Duration::from_secs(10);

/// Parameters that the server cannot honour yet.
const UNSUPPORTED: &[&str] = &[
    params::ENABLE_IDNA2003_COMPATIBILITY.name(),
    params::SMTPD_TLS_SECURITY_LEVEL.name(),
    params::SMTPD_USE_TLS.name(),
    params::SMTPD_ENFORCE_TLS.name(),
    params::SMTPD_TLS_WRAPPERMODE.name(),
    params::SMTPD_SASL_AUTH_ENABLE.name(),
    params::SMTPD_PROXY_FILTER.name(),
    params::SMTPD_MILTERS.name(),
    params::SMTPD_MILTER_MAPS.name(),
];

/// The restriction lists.
#[derive(Debug)]
pub struct Restrictions {
    pub client: List,
    pub helo: List,
    pub sender: List,
    pub relay: List,
    /// What is asked in the place of relay restrictions that are empty by an old default.
    pub old_relay: List,
    pub recipient: List,
    pub data: List,
    pub end_of_data: List,
    pub etrn: List,
    pub local_rewrite: List,
    /// In the order of `smtpd_restriction_classes`.
    classes: IndexMap<Name, List>,
}

impl Restrictions {
    /// A class's list (`smtpd_restriction_classes`).
    pub fn class(&self, name: &Name) -> Option<List> {
        self.classes.get(name).cloned()
    }

    /// All lists, in the order in which what they name is opened.
    fn all(&self) -> impl Iterator<Item = &List> {
        [
            &self.client,
            &self.helo,
            &self.sender,
            &self.relay,
            &self.recipient,
            &self.etrn,
            &self.data,
            &self.end_of_data,
        ]
        .into_iter()
        .chain(self.classes.values())
        .chain([&self.local_rewrite])
    }
}

/// The open lookup tables.
pub struct Tables {
    pub local_recipient: Maps,
    pub sender_canonical: Maps,
    pub recipient_canonical: Maps,
    pub canonical: Maps,
    pub virtual_alias: Maps,
    pub virtual_mailbox: Maps,
    pub relay_recipient: Maps,
    pub sender_login: Maps,
    pub rbl_reply: Maps,
    pub reject_filter: Maps,
    pub reject_footer: Maps,
    pub ehlo_discard: Maps,
    pub command_filter: Option<Maps>,
}

/// The lists of clients, networks, domains and names.
pub struct Lists {
    pub mynetworks: ClientList,
    /// What `mynetworks` is by its new default.
    pub new_mynetworks: ClientList,
    pub mx_backup_networks: ClientList,
    pub verp_clients: ClientList,
    pub xclient_clients: ClientList,
    pub xforward_clients: ClientList,
    pub limit_exceptions: ClientList,
    pub debug_peers: ClientList,
    pub bare_newline_exclusions: ClientList,
    pub flush_domains: MatchList,
    pub noop_commands: MatchList,
    pub forbidden_commands: MatchList,
    pub permit_actions: MatchList,
}

/// What all sessions of the process share.
pub struct Server {
    pub(crate) settings: Settings,
    /// The one client is a user of this host, on standard input: mail goes through postdrop(1), and nothing is asked
    /// that needs the mail system to be up.
    pub(crate) stand_alone: bool,
    pub(crate) config: Config,
    pub(crate) old_defaults: OldDefaults,
    pub(crate) usual: Pressure,
    pub(crate) stressed: Pressure,
    pub(crate) restrictions: Restrictions,
    pub(crate) tables: Tables,
    pub(crate) lists: Lists,
    pub(crate) parent_style: ParentStyle,
    /// The addresses of `inet_interfaces`.
    pub(crate) own_addresses: Vec<IpAddr>,
    /// Those and the addresses of `proxy_interfaces`.
    pub(crate) all_own_addresses: Vec<IpAddr>,
    pub(crate) local_domains: LocalDomains,
    pub(crate) families: Families,
    pub(crate) resolver: Resolver,
    pub(crate) services: Services,
    pub(crate) rewrite: ipc::rewrite::Client,
    pub(crate) verify: ipc::verify::Client,
    pub(crate) anvil: ipc::anvil::Client,
    /// The tables of restriction lists, by their name.
    pub(crate) access_tables: HashMap<Name, Maps>,
    /// The words by which restriction lists name tables, without those that were wrong.
    pub(crate) table_words: HashSet<Name>,
    pub(crate) policy_servers: HashMap<Name, PolicyServer>,
    pub(crate) dns_lists: DnsListCache,
    pub(crate) service_name: String,
    pub(crate) tls: TlsLevel,
    /// What cleanup(8) does with notices to the postmaster.
    pub(crate) notice_flags: i32,
    pub(crate) warned_mx_backup: Cell<bool>,
    discard_failed: Cell<bool>,
    opener: Opener,
    tables_checked: Cell<Instant>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Server").field("service_name", &self.service_name).finish_non_exhaustive()
    }
}

impl Server {
    fn open(setup: &Setup) -> Result<Server, Fatal> {
        let config = &setup.config;
        let settings = Settings::load(config).map_err(Fatal::new)?;
        let opener = Opener::for_daemon(config);
        let old_defaults = OldDefaults::of(config);
        let without_checks = if setup.standard_input { Some(without_checks(setup)?) } else { None };
        let config = without_checks.as_ref().unwrap_or(config);
        let restrictions = restrictions(config)?;
        // In Postfix's order: what opens first is what the log warns of.
        let local_domains = LocalDomains::open(&opener, config).map_err(fatal)?;
        let lists = open_lists(config, &opener).map_err(fatal)?;
        let search = AddressSearch::from_config(config, &local_domains);
        let tables = open_tables(config, &opener, &search).map_err(fatal)?;
        let named = open_named(config, &opener, &search, &restrictions)?;
        let own_addresses: Vec<IpAddr> = config.own_addresses().iter().map(|own| own.address).collect();
        let proxies = config.proxy_addresses().iter().copied();
        let services = Services::new(config);
        let protocols = config.protocols();
        let filter = &params::SMTPD_DNS_REPLY_FILTER;
        let reply_filter = ReplyFilter::open(&opener, filter.name(), config.bytes(filter)).map_err(fatal)?;
        Ok(Server {
            stand_alone: setup.standard_input,
            config: setup.config.clone(),
            parent_style: match Subdomains::of_list(&opener, config, "smtpd_access_maps").map_err(fatal)? {
                Subdomains::WithParent => ParentStyle::Bare,
                Subdomains::WithDot => ParentStyle::Dotted,
            },
            lists,
            all_own_addresses: own_addresses.iter().copied().chain(proxies).collect(),
            own_addresses,
            local_domains,
            families: Families { v4: protocols.ipv4, v6: protocols.ipv6 },
            resolver: Resolver::from_system().map_err(Fatal::new)?.with_filter(reply_filter),
            rewrite: ipc::rewrite::Client::new(&services),
            verify: ipc::verify::Client::new(&services),
            anvil: ipc::anvil::Client::new(&services),
            services,
            access_tables: named.tables,
            table_words: named.table_words,
            policy_servers: named.policy_servers,
            dns_lists: DnsListCache::default(),
            service_name: setup.service_name.clone(),
            tls: TlsLevel::from_config(config).map_err(Fatal::new)?,
            notice_flags: notice_flags(config),
            warned_mx_backup: Cell::new(false),
            discard_failed: Cell::new(false),
            opener,
            tables_checked: Cell::new(Instant::now()),
            old_defaults,
            usual: Pressure::usual(config),
            stressed: Pressure::stressed(config),
            settings,
            restrictions,
            tables,
        })
    }

    /// The EHLO keywords that a client is not shown.
    pub(crate) async fn discarded_keywords(&self, address: &str) -> Keywords {
        let by_address = self.tables.ehlo_discard.find(address.as_bytes(), Part::Whole).await;
        self.discard_failed.set(by_address.is_err());
        match by_address {
            Ok(Some(words)) => Keywords::parse(&words),
            _ => self.settings.discard_keywords,
        }
    }

    /// Whether the last look-up for [`Server::discarded_keywords`] failed.
    pub(crate) fn ehlo_tables_failed(&self) -> bool {
        self.discard_failed.get()
    }

    fn check_tables(&self, place: &Place) {
        if self.tables_checked.get().elapsed() < CHECK_TABLES {
            return;
        }
        self.tables_checked.set(Instant::now());
        if let Some(table) = self.opener.needs_restart() {
            place.retire_process(&table);
        }
    }
}

/// The smtpd(8) service.
pub struct Smtpd(Rc<Server>);

impl SessionService for Smtpd {
    const PROGRAM: &'static str = "smtpd";
    const IN_FLOW_DELAY: bool = false;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let server = Server::open(setup)?;
        setup.warn_unsupported(UNSUPPORTED);
        if server.settings.queue_minfree > 0
            && server.settings.message_limit > 0
            && (server.settings.queue_minfree as f64) / 1.5 < server.settings.message_limit as f64
        {
            log_lines::small_minfree(server.settings.queue_minfree, server.settings.message_limit);
        }
        Ok(Smtpd(Rc::new(server)))
    }

    fn changed_table(&self) -> Option<String> {
        self.0.opener.needs_restart()
    }

    async fn serve(self: Rc<Self>, connection: Conn, place: Place) {
        self.0.check_tables(&place);
        Session::new(self.0.clone(), connection, place.stressed).await.run().await;
    }
}

/// The configuration without the tables and lists that only restrictions need. A user of this host may not be able to
/// open them, and is not asked about.
fn without_checks(setup: &Setup) -> Result<Config, Fatal> {
    let empty = [
        &params::LOCAL_RECIPIENT_MAPS,
        &params::SENDER_CANONICAL_MAPS,
        &params::RECIPIENT_CANONICAL_MAPS,
        &params::CANONICAL_MAPS,
        &params::VIRTUAL_ALIAS_MAPS,
        &params::VIRTUAL_ALIAS_DOMAINS,
        &params::VIRTUAL_MAILBOX_MAPS,
        &params::VIRTUAL_MAILBOX_DOMAINS,
        &params::RELAY_RECIPIENT_MAPS,
        &params::RELAY_DOMAINS,
        &params::MYDESTINATION,
        &params::MYNETWORKS,
        &params::SMTPD_SENDER_LOGIN_MAPS,
        &params::RBL_REPLY_MAPS,
        &params::SMTPD_CLIENT_RESTRICTIONS,
        &params::SMTPD_HELO_RESTRICTIONS,
        &params::SMTPD_SENDER_RESTRICTIONS,
        &params::SMTPD_RECIPIENT_RESTRICTIONS,
        &params::SMTPD_DATA_RESTRICTIONS,
        &params::SMTPD_END_OF_DATA_RESTRICTIONS,
        &params::SMTPD_ETRN_RESTRICTIONS,
        &params::LOCAL_HEADER_REWRITE_CLIENTS,
        &params::SMTPD_RESTRICTION_CLASSES,
        &params::FAST_FLUSH_DOMAINS,
    ];
    let mut overrides: Vec<_> = empty.iter().map(|param| (param.name().into(), "".into())).collect();
    overrides.push((params::SMTPD_RELAY_RESTRICTIONS.name().into(), "reject".into()));
    overrides.push(("process_name".into(), setup.program.clone().into()));
    overrides.push(("service_name".into(), setup.service_name.clone().into()));
    let source = config::Source { dir: None, overrides, program: "smtpd" };
    Ok(Config::load(&source)?)
}

fn fatal(error: OpenError) -> Fatal {
    Fatal::new(error.text)
}

fn restrictions(config: &Config) -> Result<Restrictions, Fatal> {
    let list = |param: &params::Param<params::Text>| restriction::parse(config.bytes(param));
    let mut classes = IndexMap::new();
    for name in config::byte_words(&config.bytes(&params::SMTPD_RESTRICTION_CLASSES)) {
        match config.lookup(name).filter(|value| !value.is_empty()) {
            Some(value) => classes.insert(name.into(), restriction::parse(value)),
            None => {
                let name = log::bytes(name);
                return Err(Fatal::new(format_args!("restriction class `{name}' needs a definition")));
            }
        };
    }
    let (name, value) = restriction::SENDER_LOGIN_MISMATCH;
    classes.insert(name.into(), restriction::parse(value));
    let all = Restrictions {
        client: list(&params::SMTPD_CLIENT_RESTRICTIONS),
        helo: list(&params::SMTPD_HELO_RESTRICTIONS),
        sender: list(&params::SMTPD_SENDER_RESTRICTIONS),
        relay: list(&params::SMTPD_RELAY_RESTRICTIONS),
        old_relay: restriction::parse(
            "permit_mynetworks, permit_sasl_authenticated, permit_auth_destination",
        ),
        recipient: list(&params::SMTPD_RECIPIENT_RESTRICTIONS),
        data: list(&params::SMTPD_DATA_RESTRICTIONS),
        end_of_data: list(&params::SMTPD_END_OF_DATA_RESTRICTIONS),
        etrn: list(&params::SMTPD_ETRN_RESTRICTIONS),
        local_rewrite: list(&params::LOCAL_HEADER_REWRITE_CLIENTS),
        classes,
    };
    if !guards_relaying(&all.recipient, &all, 0) && !guards_relaying(&all.relay, &all, 0) {
        return Err(Fatal::new(format_args!(
            "in parameter {} or {}, specify at least one working instance of: reject_unauth_destination, \
             defer_unauth_destination, reject, defer, defer_if_permit or check_relay_domains",
            params::SMTPD_RELAY_RESTRICTIONS.name(),
            params::SMTPD_RECIPIENT_RESTRICTIONS.name()
        )));
    }
    Ok(all)
}

/// Whether a list keeps strangers from relaying; it is checked at the start that one does.
fn guards_relaying(list: &List, all: &Restrictions, depth: usize) -> bool {
    let mut words = list.iter().peekable();
    while let Some(word) = words.next() {
        match word.keyword {
            // What only warns guards nothing.
            Some(Keyword::WarnIfReject) if words.peek().is_some() => {
                words.next();
            }
            Some(Keyword::Permit) => {
                if let Some(next) = words.peek() {
                    log_lines::ignored_restriction(&next.name, &word.name);
                }
                return false;
            }
            Some(keyword) if keyword.guards_relaying() => return true,
            _ => {
                if let Some(class) = all.classes.get(&word.name)
                    && depth < all.classes.len()
                    && guards_relaying(class, all, depth + 1)
                {
                    return true;
                }
            }
        }
    }
    false
}

/// What restriction lists name, by its name there.
#[derive(Default)]
struct Named {
    tables: HashMap<Name, Maps>,
    /// The words by which lists name tables, without those that were wrong.
    table_words: HashSet<Name>,
    policy_servers: HashMap<Name, PolicyServer>,
}

fn open_named(
    config: &Config,
    opener: &Opener,
    search: &AddressSearch,
    all: &Restrictions,
) -> Result<Named, Fatal> {
    let mut named = Named::default();
    for list in all.all() {
        let mut after_policy = false;
        for word in list.iter() {
            let name = &word.name;
            if after_policy && !named.policy_servers.contains_key(name) {
                let settings = policy::Settings::parse(name, config).map_err(Fatal::new)?;
                named.policy_servers.insert(name.clone(), PolicyServer::new(settings));
            } else if !after_policy
                && (word.is_table() || name.starts_with(b"{"))
                && !named.table_words.contains(name)
                && let Some(table) = table_of(name)
            {
                named.table_words.insert(name.clone());
                if let Entry::Vacant(place) = named.tables.entry(table) {
                    let table = place.key();
                    let maps = tables::Maps::open(opener, &table.to_string(), table, Flags::LOOKUP)
                        .map_err(fatal)?;
                    place.insert(Maps::new(maps, search));
                }
            }
            after_policy = word.keyword == Some(Keyword::CheckPolicyService);
        }
    }
    Ok(named)
}

fn open_tables(config: &Config, opener: &Opener, search: &AddressSearch) -> Result<Tables, OpenError> {
    let open = |param: &params::Param<params::Text>| -> Result<Maps, OpenError> {
        let maps = tables::Maps::open(opener, param.name(), config.bytes(param), Flags::LOOKUP)?;
        Ok(Maps::new(maps, search))
    };
    let command_filter = &params::SMTPD_COMMAND_FILTER;
    Ok(Tables {
        local_recipient: open(&params::LOCAL_RECIPIENT_MAPS)?,
        sender_canonical: open(&params::SENDER_CANONICAL_MAPS)?,
        recipient_canonical: open(&params::RECIPIENT_CANONICAL_MAPS)?,
        canonical: open(&params::CANONICAL_MAPS)?,
        virtual_alias: open(&params::VIRTUAL_ALIAS_MAPS)?,
        virtual_mailbox: open(&params::VIRTUAL_MAILBOX_MAPS)?,
        relay_recipient: open(&params::RELAY_RECIPIENT_MAPS)?,
        sender_login: open(&params::SMTPD_SENDER_LOGIN_MAPS)?,
        rbl_reply: open(&params::RBL_REPLY_MAPS)?,
        reject_filter: open(&params::SMTPD_REJECT_FILTER_MAPS)?,
        reject_footer: open(&params::SMTPD_REJECT_FOOTER_MAPS)?,
        ehlo_discard: open(&params::SMTPD_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS)?,
        command_filter: match config.get(command_filter) {
            "" => None,
            _ => Some(open(command_filter)?),
        },
    })
}

fn open_lists(config: &Config, opener: &Opener) -> Result<Lists, OpenError> {
    let subdomains = |param: &params::Param<params::Text>| Subdomains::of_list(opener, config, param.name());
    let clients = |param: &params::Param<params::Text>, subdomains| {
        MatchList::clients(opener, param.name(), config.bytes(param), subdomains)
    };
    let plain = |param| clients(param, Subdomains::WithDot);
    let strings =
        |param: &params::Param<params::Text>| MatchList::strings(opener, param.name(), config.bytes(param));
    let flush = &params::FAST_FLUSH_DOMAINS;
    let mynetworks = subdomains(&params::MYNETWORKS)?;
    let exceptions = &params::SMTPD_CLIENT_EVENT_LIMIT_EXCEPTIONS;
    // In this order, because the log tells only of the first one that is wrong.
    Ok(Lists {
        noop_commands: strings(&params::SMTPD_NOOP_COMMANDS)?,
        forbidden_commands: strings(&params::SMTPD_FORBIDDEN_COMMANDS)?,
        verp_clients: plain(&params::SMTPD_AUTHORIZED_VERP_CLIENTS)?,
        xclient_clients: plain(&params::SMTPD_AUTHORIZED_XCLIENT_HOSTS)?,
        xforward_clients: plain(&params::SMTPD_AUTHORIZED_XFORWARD_HOSTS)?,
        limit_exceptions: clients(exceptions, subdomains(exceptions)?)?,
        bare_newline_exclusions: clients(&params::SMTPD_FORBID_BARE_NEWLINE_EXCLUSIONS, mynetworks)?,
        mynetworks: clients(&params::MYNETWORKS, mynetworks)?,
        new_mynetworks: {
            let own =
                config::networks::networks(config::networks::NetworksStyle::Host, config.own_addresses());
            MatchList::clients(opener, params::MYNETWORKS.name(), &own, mynetworks)?
        },
        mx_backup_networks: clients(
            &params::PERMIT_MX_BACKUP_NETWORKS,
            subdomains(&params::PERMIT_MX_BACKUP_NETWORKS)?,
        )?,
        permit_actions: strings(&params::SMTPD_LOG_ACCESS_PERMIT_ACTIONS)?,
        debug_peers: clients(&params::DEBUG_PEER_LIST, subdomains(&params::DEBUG_PEER_LIST)?)?,
        flush_domains: MatchList::domains(opener, flush.name(), config.bytes(flush), subdomains(flush)?)?,
    })
}

/// What cleanup(8) is asked to do with notices, beside what it always does with mail of our own making.
fn notice_flags(config: &Config) -> i32 {
    let names = |value: &str, wanted: &[&str]| config::words(value).any(|name| wanted.contains(&name));
    let mut flags = 0;
    if names(config.get(&params::INTERNAL_MAIL_FILTER_CLASSES), &["notify"]) {
        flags |= ipc::cleanup::flags::FILTER_ALL;
    }
    if names(config.get(&params::SMTPUTF8_AUTODETECT_CLASSES), &["notify", "all"]) {
        flags |= ipc::cleanup::flags::AUTOUTF8;
    }
    flags
}

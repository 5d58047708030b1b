//! The parameters of an LDAP table.

use super::message::Scope;
use super::result_code;
use super::url::{Scheme, Url, is_url};
use crate::log_lines;
use crate::source::Source;
use crate::tls::{Demand, Parameters};
use std::time::Duration;
use tables::{Name, OpenError};

const LDAP_PORT: i32 = 389;
/// The greatest `sasl_minssf`, bits.
const MAX_SSF: i32 = 4096;

/// Whether and how the client logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    None,
    Simple,
    Sasl { mechanisms: Vec<Name>, authorization: Name },
}

/// All parameters but templates.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The servers as URLs with spaces between, for messages.
    pub(crate) servers: String,
    /// `None` if one of them makes no sense.
    pub(crate) urls: Option<Vec<Url>>,
    pub(crate) version: i32,
    pub(crate) scope: Scope,
    /// How long to wait for a server; `None` for ever.
    pub(crate) timeout: Option<Duration>,
    pub(crate) bind: Bind,
    pub(crate) bind_dn: Name,
    pub(crate) bind_pw: Name,
    pub(crate) attributes: Attributes,
    pub(crate) recursion_limit: u32,
    pub(crate) expansion_limit: u32,
    /// As it is sent to the server: a negative one is its to refuse.
    pub(crate) size_limit: i32,
    pub(crate) dereference: i32,
    pub(crate) chase_referrals: bool,
    pub(crate) start_tls: bool,
    pub(crate) tls_demand: Demand,
    pub(crate) tls: Parameters,
    /// A parameter that the client library never takes.
    pub(crate) tls_random_file: Option<Name>,
}

/// The attributes that make results. The order matters: `all` has first the terminal ones, then those of leaves, the
/// ordinary ones, and last the special ones, whose values are names or URLs of other entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) all: Vec<String>,
    pub(crate) terminal: usize,
    pub(crate) leaf: usize,
    /// How many are not special.
    pub(crate) plain: usize,
}

impl Attributes {
    fn read(source: &Source) -> Attributes {
        // No attribute has a name that is not text.
        let names =
            |parameter, default| source.list(parameter, default).into_iter().map(|name| name.to_string());
        let mut all: Vec<String> = names("terminal_result_attribute", "").collect();
        let terminal = all.len();
        all.extend(names("leaf_result_attribute", ""));
        let leaf = all.len() - terminal;
        all.extend(names("result_attribute", "maildrop"));
        let plain = all.len();
        all.extend(names("special_result_attribute", ""));
        Attributes { all, terminal, leaf, plain }
    }
}

/// The servers as one text, and as URLs if all of them are.
type Servers = (String, Option<Vec<Url>>);

/// The servers, and the version of the protocol that their URLs ask for.
fn servers(source: &Source, version: &mut i32) -> Result<Servers, OpenError> {
    // A host whose name is no text does not exist.
    let hosts = source.required("server_host", "localhost")?.to_string();
    let port = source.number("server_port", LDAP_PORT, None)?;
    *version = source.number("version", 3, Some(2))?;
    if !matches!(version, 2 | 3) {
        log_lines::ldap_open(source.name(), &format!("Unknown version {version}, using 3."));
        *version = 3;
    }
    let mut names = Vec::new();
    let mut urls = Some(Vec::new());
    for host in config::words(&hosts) {
        let name = if is_url(host) {
            host.to_owned()
        } else if host.contains(':') {
            format!("ldap://{host}")
        } else {
            format!("ldap://{host}:{port}")
        };
        match Url::parse(&name) {
            Ok(url) => {
                if url.scheme != Scheme::Ldap && *version != 3 {
                    log_lines::ldap_scheme(url.scheme.name());
                    *version = 3;
                }
                urls.iter_mut().for_each(|urls| urls.push(url.clone()));
                names.push(name);
            }
            Err(why) if is_url(host) => {
                let code = why as i32;
                log_lines::ldap_bad_url(host, code, result_code::text(code));
            }
            // Complained about when the server is asked.
            Err(_) => {
                names.push(name);
                urls = None;
            }
        }
    }
    Ok((names.join(" "), urls))
}

fn bind(source: &Source) -> Result<Bind, OpenError> {
    let text = source.required("bind", "yes")?;
    match text.to_ascii_lowercase().as_slice() {
        b"no" | b"none" => Ok(Bind::None),
        b"yes" | b"simple" => Ok(Bind::Simple),
        b"sasl" => Ok(Bind::Sasl { mechanisms: Vec::new(), authorization: Name::default() }),
        _ => {
            let name = source.name();
            Err(OpenError::fatal(format!("{name}: unsupported parameter value: bind = {text}")))
        }
    }
}

/// Complains about parameters of a cache that never worked.
fn warn_cache(source: &Source) -> Result<(), OpenError> {
    if source.flag("cache")? == Some(true) {
        log_lines::ldap_open(source.name(), "ignoring cache");
    }
    for parameter in ["cache_expiry", "cache_size"] {
        if source.number(parameter, -1, None)? >= 0 {
            log_lines::ldap_open(source.name(), &format!("ignoring {parameter}"));
        }
    }
    Ok(())
}

/// What comes before the templates: servers, version, scope.
type Start = (Servers, i32, Scope);

impl Settings {
    /// Reads `server_host`, `server_port`, `version` and `scope`, which come before the templates; the rest follows
    /// with [`Settings::read`].
    pub(crate) fn start(source: &Source) -> Result<Start, OpenError> {
        let mut version = 0;
        let servers = servers(source, &mut version)?;
        let text = source.required("scope", "sub")?;
        let scope = match text.to_ascii_lowercase().as_slice() {
            b"one" => Scope::OneLevel,
            b"base" => Scope::Base,
            b"sub" => Scope::Subtree,
            _ => {
                log_lines::ldap_parameter(
                    source.name(),
                    &format!("Unrecognized value {text} specified for scope; using sub"),
                );
                Scope::Subtree
            }
        };
        Ok((servers, version, scope))
    }

    /// Reads all others.
    pub(crate) fn read(
        source: &Source,
        ((servers, urls), mut version, scope): Start,
        timeout: i32,
    ) -> Result<Settings, OpenError> {
        let attributes = Attributes::read(source);
        let mut bind = bind(source)?;
        let bind_dn = source.text("bind_dn", "");
        let bind_pw = source.text("bind_pw", "");
        warn_cache(source)?;
        let recursion_limit = source.amount("recursion_limit", 1000, Some(1))?;
        let expansion_limit = source.number("expansion_limit", 0, None)?;
        let size_limit = source.number("size_limit", expansion_limit, None)?;
        let mut dereference = source.number("dereference", 0, None)?;
        if !(0..=3).contains(&dereference) {
            let what = format!("Unrecognized value {dereference} specified for dereference; using 0");
            log_lines::ldap_open(source.name(), &what);
            dereference = 0;
        }
        let chase_referrals = source.flag("chase_referrals")?.unwrap_or(false);
        if let Bind::Sasl { mechanisms, authorization } = &mut bind {
            *mechanisms = source.list("sasl_mechs", "");
            *authorization = source.text("sasl_authz_id", "");
            source.number_up_to("sasl_minssf", 0, MAX_SSF)?;
        }
        let start_tls = source.flag("start_tls")?.unwrap_or(false);
        if start_tls && version < 3 {
            log_lines::ldap_open(source.name(), "start_tls requires protocol version 3");
            version = 3;
        }
        let require = source.flag("tls_require_cert")?.unwrap_or(false);
        // A certificate is of use only with its key.
        let own = source.optional("tls_cert").zip(source.optional("tls_key"));
        let (certificate, key) = own.unzip();
        let tls = Parameters {
            authorities: source.optional("tls_ca_cert_file"),
            authorities_directory: source.optional("tls_ca_cert_dir"),
            certificate,
            key,
            ciphers: source.optional("tls_cipher_suite").map(|list| list.to_string()),
            ..Parameters::default()
        };
        source.number("debuglevel", 0, None)?;
        Ok(Settings {
            servers,
            urls,
            version,
            scope,
            timeout: u64::try_from(timeout).ok().map(Duration::from_secs),
            bind,
            bind_dn,
            bind_pw,
            attributes,
            recursion_limit,
            expansion_limit: u32::try_from(expansion_limit).unwrap_or(0),
            size_limit,
            dereference,
            chase_referrals,
            start_tls,
            tls_demand: if require { Demand::ChainAndName } else { Demand::Nothing },
            tls,
            tls_random_file: source.optional("tls_random_file"),
        })
    }
}

//! What pickup(8) takes from main.cf.

use address::log_form::LogForm;
use config::Config;
use ipc::Services;
use ipc::cleanup::flags;
use queue::Queue;
use server::Fatal;
use sys::User;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) queue: Queue,
    pub(crate) services: Services,
    /// What cleanup(8) shall do with mail from users.
    pub(crate) cleanup_flags: i32,
    /// Set for new mail: find out whether SMTPUTF8 is needed.
    pub(crate) detect_utf8: bool,
    pub(crate) owner: u32,
    pub(crate) content_filter: String,
    pub(crate) hostname: String,
    pub(crate) mail_name: Vec<u8>,
    pub(crate) log_form: LogForm,
    pub(crate) max_record: usize,
}

/// smtputf8_autodetect_classes: every kind of mail, this one among them.
const CLASSES: [&str; 8] = ["sendmail", "smtpd", "qmqpd", "forward", "bounce", "notify", "verify", "all"];

impl Settings {
    pub(crate) fn new(config: &Config) -> Result<Settings, Fatal> {
        let text = str::to_owned;
        let owner = config.get(&params::MAIL_OWNER);
        let owner = match User::by_name(owner) {
            Ok(Some(user)) => user.uid,
            _ => return Err(Fatal::new(format_args!("unknown mail_owner: {owner}"))),
        };
        Ok(Settings {
            queue: Queue::from_config(config),
            services: Services::new(config),
            cleanup_flags: cleanup_flags(config)?,
            detect_utf8: detects_utf8(config)?,
            owner,
            content_filter: text(config.get(&params::CONTENT_FILTER)),
            hostname: text(config.get(&params::MYHOSTNAME)),
            mail_name: config.bytes(&params::MAIL_NAME),
            log_form: LogForm::from_config(config).unwrap_or_default(),
            max_record: usize::try_from(config.get(&params::LINE_LENGTH_LIMIT)).unwrap_or(usize::MAX),
        })
    }
}

fn cleanup_flags(config: &Config) -> Result<i32, Fatal> {
    let param = &params::RECEIVE_OVERRIDE_OPTIONS;
    let value = config.get(param);
    let mut wanted = flags::BOUNCE | flags::MASK_EXTERNAL;
    for word in config::words(value) {
        wanted &= !match word {
            "no_unknown_recipient_checks" => 0,
            "no_address_mappings" => flags::BCC_OK | flags::MAP_OK,
            "no_header_body_checks" => flags::FILTER,
            "no_milters" => flags::MILTER,
            _ => return Err(unknown_word(param.name(), word, value)),
        };
    }
    Ok(wanted)
}

fn detects_utf8(config: &Config) -> Result<bool, Fatal> {
    let param = &params::SMTPUTF8_AUTODETECT_CLASSES;
    let value = config.get(param);
    let mut detects = false;
    for word in config::words(value) {
        if !CLASSES.contains(&word) {
            return Err(unknown_word(param.name(), word, value));
        }
        detects |= matches!(word, "sendmail" | "all");
    }
    Ok(detects)
}

fn unknown_word(name: &str, word: &str, value: &str) -> Fatal {
    Fatal::new(format_args!("unknown {name} value \"{word}\" in \"{value}\""))
}

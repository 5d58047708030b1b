//! What main.cf says, in the form that this daemon works with.

use std::time::Duration;

use address::log_form::LogForm;
use config::Config;
use mime::header::Names;
use mime::{Limits, Options};
use server::Fatal;

use crate::full_name::FromFormat;
use crate::text::unescape;

/// Parameters that this daemon cannot honour yet.
pub(crate) const UNSUPPORTED: &[&str] =
    &[params::NON_SMTPD_MILTERS.name(), params::SMTPD_MILTERS.name(), params::MILTER_HEADER_CHECKS.name()];

/// What to do about a line that is neither header nor empty, at the end of the primary headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOfHeaderAction {
    /// Put an empty line before it.
    FixQuietly,
    /// The same, and say so in a header.
    AddHeader,
    /// Refuse the message.
    Reject,
}

/// Limits of virtual alias expansion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AliasLimits {
    /// Addresses that one may become.
    pub(crate) expansion: usize,
    /// How often a result is looked up again.
    pub(crate) recursion: usize,
    /// Bytes of one result.
    pub(crate) address_length: usize,
}

/// A set of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Characters([bool; 256]);

impl Characters {
    /// By a text with backslash sequences; `None` if it is empty.
    fn new(text: &str) -> Option<Self> {
        let mut set = [false; 256];
        for byte in unescape(text.as_bytes()) {
            if let Some(slot) = set.get_mut(usize::from(byte)) {
                *slot = true;
            }
        }
        (!text.is_empty()).then_some(Self(set))
    }

    /// Whether the byte is in the set.
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().unwrap_or(false)
    }
}

/// Numbers, switches and texts of main.cf.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) hostname: String,
    pub(crate) log_form: LogForm,
    pub(crate) smtputf8: bool,
    pub(crate) message_size_limit: u64,
    pub(crate) line_length_limit: usize,
    pub(crate) token_limit: usize,
    pub(crate) hop_limit: usize,
    pub(crate) attribute_count_limit: usize,
    pub(crate) duplicate_filter_limit: usize,
    pub(crate) body_check_size: usize,
    pub(crate) alias_limits: AliasLimits,
    pub(crate) propagate_canonical: bool,
    pub(crate) propagate_virtual: bool,
    pub(crate) enable_original_recipient: bool,
    pub(crate) delay_warning_time: Duration,
    pub(crate) empty_recipient: String,
    pub(crate) always_bcc: String,
    pub(crate) rewrites_remote_headers: bool,
    pub(crate) always_add_missing_headers: bool,
    pub(crate) undisclosed_recipients: String,
    pub(crate) from_format: FromFormat,
    pub(crate) full_name_charset: String,
    pub(crate) verp_delimiter_filter: String,
    pub(crate) disable_verp_bounces: bool,
    pub(crate) replace_stray_cr_lf: bool,
    pub(crate) reject_characters: Option<Characters>,
    pub(crate) strip_characters: Option<Characters>,
    pub(crate) detect_8bit: bool,
    pub(crate) tls_required: bool,
    pub(crate) require_tls: bool,
    pub(crate) require_tls_header: bool,
    pub(crate) end_of_header_action: EndOfHeaderAction,
    pub(crate) header_names: Names,
    pub(crate) mime_limits: Limits,
    mime: MimeSwitches,
}

#[derive(Clone, Copy, Debug)]
struct MimeSwitches {
    disabled: bool,
    downgrade: bool,
    strict_7bit_headers: bool,
    strict_8bit_body: bool,
    strict_encoding: bool,
    has_checks: bool,
}

impl Settings {
    /// Reads main.cf.
    pub(crate) fn new(config: &Config) -> Result<Self, Fatal> {
        let text = |param: &params::Param<params::Text>| config.get(param).to_owned();
        let count =
            |param: &params::Param<params::Int>| usize::try_from(config.get(param)).unwrap_or(usize::MAX);
        let extensions = config.get(&params::PROPAGATE_UNMATCHED_EXTENSIONS);
        let propagates = |class: &str| words(extensions).any(|word| word.eq_ignore_ascii_case(class));
        Ok(Self {
            hostname: text(&params::MYHOSTNAME),
            log_form: log_form(config)?,
            smtputf8: config.get(&params::SMTPUTF8_ENABLE),
            message_size_limit: u64::try_from(config.get(&params::MESSAGE_SIZE_LIMIT)).unwrap_or(0),
            line_length_limit: count(&params::LINE_LENGTH_LIMIT),
            token_limit: count(&params::HEADER_ADDRESS_TOKEN_LIMIT),
            hop_limit: count(&params::HOPCOUNT_LIMIT),
            attribute_count_limit: count(&params::QUEUE_FILE_ATTRIBUTE_COUNT_LIMIT),
            duplicate_filter_limit: count(&params::DUPLICATE_FILTER_LIMIT),
            body_check_size: count(&params::BODY_CHECKS_SIZE_LIMIT),
            alias_limits: AliasLimits {
                expansion: count(&params::VIRTUAL_ALIAS_EXPANSION_LIMIT),
                recursion: count(&params::VIRTUAL_ALIAS_RECURSION_LIMIT),
                address_length: count(&params::VIRTUAL_ALIAS_ADDRESS_LENGTH_LIMIT),
            },
            propagate_canonical: propagates("canonical"),
            propagate_virtual: propagates("virtual"),
            enable_original_recipient: config.get(&params::ENABLE_ORIGINAL_RECIPIENT),
            delay_warning_time: config.get(&params::DELAY_WARNING_TIME),
            empty_recipient: text(&params::EMPTY_ADDRESS_RECIPIENT),
            always_bcc: text(&params::ALWAYS_BCC),
            rewrites_remote_headers: !config.get(&params::REMOTE_HEADER_REWRITE_DOMAIN).is_empty(),
            always_add_missing_headers: config.get(&params::ALWAYS_ADD_MISSING_HEADERS),
            undisclosed_recipients: text(&params::UNDISCLOSED_RECIPIENTS_HEADER),
            from_format: from_format(config)?,
            full_name_charset: text(&params::FULL_NAME_ENCODING_CHARSET),
            verp_delimiter_filter: text(&params::VERP_DELIMITER_FILTER),
            disable_verp_bounces: config.get(&params::DISABLE_VERP_BOUNCES),
            replace_stray_cr_lf: config.get(&params::CLEANUP_REPLACE_STRAY_CR_LF),
            reject_characters: Characters::new(config.get(&params::MESSAGE_REJECT_CHARACTERS)),
            strip_characters: Characters::new(config.get(&params::MESSAGE_STRIP_CHARACTERS)),
            detect_8bit: config.get(&params::DETECT_8BIT_ENCODING_HEADER),
            tls_required: config.get(&params::TLS_REQUIRED_ENABLE),
            require_tls: config.get(&params::REQUIRETLS_ENABLE),
            require_tls_header: config.get(&params::REQUIRETLS_ESMTP_HEADER),
            end_of_header_action: end_of_header_action(config)?,
            header_names: Names::new(config.get(&params::MESSAGE_DROP_HEADERS)),
            mime_limits: Limits {
                header_size: count(&params::HEADER_SIZE_LIMIT),
                boundary_length: count(&params::MIME_BOUNDARY_LENGTH_LIMIT),
                nesting: count(&params::MIME_NESTING_LIMIT),
            },
            mime: MimeSwitches::new(config)?,
        })
    }

    /// What the content of a message is looked at for. `filter`: the client wants content checks.
    pub(crate) fn mime_options(&self, filter: bool) -> Options {
        let mime = self.mime;
        if mime.disabled {
            return Options { disable_mime: true, ..Options::default() };
        }
        let strict = mime.strict_7bit_headers || mime.strict_8bit_body || mime.strict_encoding;
        Options {
            report_8bit_in_header: filter && mime.strict_7bit_headers,
            report_8bit_in_body: filter && mime.strict_8bit_body,
            report_encoding_domain: filter && mime.strict_encoding,
            report_non_empty_end: filter && self.end_of_header_action != EndOfHeaderAction::FixQuietly,
            report_nesting: filter && (strict || mime.has_checks),
            downgrade: mime.downgrade,
            ..Options::default()
        }
    }
}

impl MimeSwitches {
    fn new(config: &Config) -> Result<Self, Fatal> {
        let strict = config.get(&params::STRICT_8BITMIME);
        let disabled = config.get(&params::DISABLE_MIME_INPUT_PROCESSING);
        let downgrade = config.get(&params::FORCE_MIME_INPUT_CONVERSION);
        if disabled && downgrade {
            let names =
                (params::DISABLE_MIME_INPUT_PROCESSING.name(), params::FORCE_MIME_INPUT_CONVERSION.name());
            return Err(Fatal::new(format_args!("do not specify both {}=yes and {}=yes", names.0, names.1)));
        }
        let checks = [&params::HEADER_CHECKS, &params::MIME_HEADER_CHECKS, &params::NESTED_HEADER_CHECKS];
        Ok(Self {
            disabled,
            downgrade,
            strict_7bit_headers: strict || config.get(&params::STRICT_7BIT_HEADERS),
            strict_8bit_body: strict || config.get(&params::STRICT_8BITMIME_BODY),
            strict_encoding: config.get(&params::STRICT_MIME_ENCODING_DOMAIN),
            has_checks: checks.iter().any(|param| !config.get(param).is_empty()),
        })
    }
}

/// The words of a list.
pub(crate) fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|word| !word.is_empty())
}

fn log_form(config: &Config) -> Result<LogForm, Fatal> {
    LogForm::from_config(config).ok_or_else(|| {
        let value = config.get(&params::INFO_LOG_ADDRESS_FORMAT);
        let name = params::INFO_LOG_ADDRESS_FORMAT.name();
        Fatal::new(format_args!("invalid {name} setting: \"{value}\""))
    })
}

fn from_format(config: &Config) -> Result<FromFormat, Fatal> {
    match config.get(&params::HEADER_FROM_FORMAT) {
        value if value.eq_ignore_ascii_case("standard") => Ok(FromFormat::Standard),
        value if value.eq_ignore_ascii_case("obsolete") => Ok(FromFormat::Obsolete),
        value => {
            let name = params::HEADER_FROM_FORMAT.name();
            Err(Fatal::new(format_args!("invalid setting: \"{name} = {value}\"")))
        }
    }
}

fn end_of_header_action(config: &Config) -> Result<EndOfHeaderAction, Fatal> {
    match config.get(&params::NON_EMPTY_END_OF_HEADER_ACTION) {
        value if value.eq_ignore_ascii_case("fix_quietly") => Ok(EndOfHeaderAction::FixQuietly),
        value if value.eq_ignore_ascii_case("add_header") => Ok(EndOfHeaderAction::AddHeader),
        value if value.eq_ignore_ascii_case("reject") => Ok(EndOfHeaderAction::Reject),
        value => {
            let name = params::NON_EMPTY_END_OF_HEADER_ACTION.name();
            Err(Fatal::new(format_args!("bad {name} value: '{value}'")))
        }
    }
}

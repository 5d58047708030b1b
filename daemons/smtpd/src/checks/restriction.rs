//! Restriction lists: what stands in `smtpd_*_restrictions`, in restriction classes and on the right-hand side of
//! access tables.

use tables::Name;

/// Whom a restriction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Client,
    ReverseClient,
    ClientCertificate,
    SaslLogin,
    Helo,
    Sender,
    Recipient,
    Etrn,
    Data,
    EndOfData,
}

impl Subject {
    /// The subject's name in replies.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Client => "Client host",
            Subject::ReverseClient => "Unverified Client host",
            Subject::ClientCertificate => "Client certificate",
            Subject::SaslLogin => "SASL login name",
            Subject::Helo => "Helo command",
            Subject::Sender => "Sender address",
            Subject::Recipient => "Recipient address",
            Subject::Etrn => "Etrn command",
            Subject::Data => "Data command",
            Subject::EndOfData => "End-of-data",
        }
    }

    /// The restriction that a bare `type:table` stands for in the list about this subject.
    pub fn default_access(self) -> Option<Keyword> {
        match self {
            Subject::Data | Subject::EndOfData => None,
            subject => Some(Keyword::CheckAccess(subject)),
        }
    }
}

/// By which of a domain's hosts an access table is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// Name servers.
    Ns,
    /// Mail exchangers.
    Mx,
    /// The host of that name itself.
    A,
}

/// A restriction's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Permit,
    Reject,
    Defer,
    WarnIfReject,
    DeferIfPermit,
    DeferIfReject,
    Sleep,
    RejectUnauthPipelining,
    CheckPolicyService,
    RejectPlaintextSession,
    RejectUnknownClient,
    RejectUnknownReverseClient,
    PermitInetInterfaces,
    PermitMynetworks,
    CheckAccess(Subject),
    CheckHostAccess(Subject, HostKind),
    RejectRbl,
    PermitDnswl,
    RejectRhsbl(Subject),
    PermitRhswl,
    RejectInvalidHelo,
    RejectUnknownHelo,
    RejectNonFqdnHelo,
    RejectUnknownDomain(Subject),
    RejectNonFqdnAddress(Subject),
    RejectUnverified(Subject),
    RejectUnlisted(Subject),
    RejectAuthSenderLoginMismatch,
    RejectKnownSenderLoginMismatch,
    RejectUnauthSenderLoginMismatch,
    PermitMxBackup,
    PermitAuthDestination,
    RejectUnauthDestination,
    DeferUnauthDestination,
    CheckRelayDomains,
    PermitSaslAuthenticated,
    PermitTlsClientcerts,
    RejectMultiRecipientBounce,
    RejectMapsRbl,
    PermitNakedIp,
}

use HostKind::{A, Mx, Ns};
use Subject::{Client, ClientCertificate, Etrn, Helo, Recipient, ReverseClient, SaslLogin, Sender};

const KEYWORDS: &[(&str, Keyword)] = &[
    ("permit", Keyword::Permit),
    ("reject", Keyword::Reject),
    ("defer", Keyword::Defer),
    ("warn_if_reject", Keyword::WarnIfReject),
    ("defer_if_permit", Keyword::DeferIfPermit),
    ("defer_if_reject", Keyword::DeferIfReject),
    ("sleep", Keyword::Sleep),
    ("reject_unauth_pipelining", Keyword::RejectUnauthPipelining),
    ("check_policy_service", Keyword::CheckPolicyService),
    ("reject_plaintext_session", Keyword::RejectPlaintextSession),
    ("reject_unknown_client_hostname", Keyword::RejectUnknownClient),
    ("reject_unknown_client", Keyword::RejectUnknownClient),
    ("reject_unknown_reverse_client_hostname", Keyword::RejectUnknownReverseClient),
    ("permit_inet_interfaces", Keyword::PermitInetInterfaces),
    ("permit_mynetworks", Keyword::PermitMynetworks),
    ("check_client_access", Keyword::CheckAccess(Client)),
    ("check_reverse_client_hostname_access", Keyword::CheckAccess(ReverseClient)),
    ("check_ccert_access", Keyword::CheckAccess(ClientCertificate)),
    ("check_sasl_access", Keyword::CheckAccess(SaslLogin)),
    ("check_helo_access", Keyword::CheckAccess(Helo)),
    ("check_sender_access", Keyword::CheckAccess(Sender)),
    ("check_recipient_access", Keyword::CheckAccess(Recipient)),
    ("check_etrn_access", Keyword::CheckAccess(Etrn)),
    ("check_client_ns_access", Keyword::CheckHostAccess(Client, Ns)),
    ("check_client_mx_access", Keyword::CheckHostAccess(Client, Mx)),
    ("check_client_a_access", Keyword::CheckHostAccess(Client, A)),
    ("check_reverse_client_hostname_ns_access", Keyword::CheckHostAccess(ReverseClient, Ns)),
    ("check_reverse_client_hostname_mx_access", Keyword::CheckHostAccess(ReverseClient, Mx)),
    ("check_reverse_client_hostname_a_access", Keyword::CheckHostAccess(ReverseClient, A)),
    ("check_helo_ns_access", Keyword::CheckHostAccess(Helo, Ns)),
    ("check_helo_mx_access", Keyword::CheckHostAccess(Helo, Mx)),
    ("check_helo_a_access", Keyword::CheckHostAccess(Helo, A)),
    ("check_sender_ns_access", Keyword::CheckHostAccess(Sender, Ns)),
    ("check_sender_mx_access", Keyword::CheckHostAccess(Sender, Mx)),
    ("check_sender_a_access", Keyword::CheckHostAccess(Sender, A)),
    ("check_recipient_ns_access", Keyword::CheckHostAccess(Recipient, Ns)),
    ("check_recipient_mx_access", Keyword::CheckHostAccess(Recipient, Mx)),
    ("check_recipient_a_access", Keyword::CheckHostAccess(Recipient, A)),
    ("reject_rbl_client", Keyword::RejectRbl),
    ("reject_rbl", Keyword::RejectRbl),
    ("permit_dnswl_client", Keyword::PermitDnswl),
    ("reject_rhsbl_client", Keyword::RejectRhsbl(Client)),
    ("reject_rhsbl_reverse_client", Keyword::RejectRhsbl(ReverseClient)),
    ("reject_rhsbl_helo", Keyword::RejectRhsbl(Helo)),
    ("reject_rhsbl_sender", Keyword::RejectRhsbl(Sender)),
    ("reject_rhsbl_recipient", Keyword::RejectRhsbl(Recipient)),
    ("permit_rhswl_client", Keyword::PermitRhswl),
    ("reject_invalid_helo_hostname", Keyword::RejectInvalidHelo),
    ("reject_invalid_hostname", Keyword::RejectInvalidHelo),
    ("reject_unknown_helo_hostname", Keyword::RejectUnknownHelo),
    ("reject_unknown_hostname", Keyword::RejectUnknownHelo),
    ("reject_non_fqdn_helo_hostname", Keyword::RejectNonFqdnHelo),
    ("reject_non_fqdn_hostname", Keyword::RejectNonFqdnHelo),
    ("reject_unknown_address", Keyword::RejectUnknownDomain(Sender)),
    ("reject_unknown_sender_domain", Keyword::RejectUnknownDomain(Sender)),
    ("reject_unknown_recipient_domain", Keyword::RejectUnknownDomain(Recipient)),
    ("reject_non_fqdn_sender", Keyword::RejectNonFqdnAddress(Sender)),
    ("reject_non_fqdn_recipient", Keyword::RejectNonFqdnAddress(Recipient)),
    ("reject_unverified_sender", Keyword::RejectUnverified(Sender)),
    ("reject_unverified_recipient", Keyword::RejectUnverified(Recipient)),
    ("reject_unlisted_sender", Keyword::RejectUnlisted(Sender)),
    ("reject_unlisted_recipient", Keyword::RejectUnlisted(Recipient)),
    ("check_recipient_maps", Keyword::RejectUnlisted(Recipient)),
    ("reject_authenticated_sender_login_mismatch", Keyword::RejectAuthSenderLoginMismatch),
    ("reject_known_sender_login_mismatch", Keyword::RejectKnownSenderLoginMismatch),
    ("reject_unauthenticated_sender_login_mismatch", Keyword::RejectUnauthSenderLoginMismatch),
    ("permit_mx_backup", Keyword::PermitMxBackup),
    ("permit_auth_destination", Keyword::PermitAuthDestination),
    ("reject_unauth_destination", Keyword::RejectUnauthDestination),
    ("defer_unauth_destination", Keyword::DeferUnauthDestination),
    ("check_relay_domains", Keyword::CheckRelayDomains),
    ("permit_sasl_authenticated", Keyword::PermitSaslAuthenticated),
    ("permit_tls_clientcerts", Keyword::PermitTlsClientcerts),
    ("permit_tls_all_clientcerts", Keyword::PermitTlsClientcerts),
    ("reject_multi_recipient_bounce", Keyword::RejectMultiRecipientBounce),
    ("reject_maps_rbl", Keyword::RejectMapsRbl),
    ("permit_naked_ip_address", Keyword::PermitNakedIp),
];

/// The built-in class of that name, see postconf(5).
pub const SENDER_LOGIN_MISMATCH: (&str, &str) = (
    "reject_sender_login_mismatch",
    "reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch",
);

impl Keyword {
    /// The keyword of that name, in upper or lower case.
    pub fn named(name: &[u8]) -> Option<Keyword> {
        let is_named = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        KEYWORDS.iter().find(|(known, _)| is_named(known)).map(|(_, keyword)| *keyword)
    }

    /// The name that stands first for this keyword.
    pub fn name(self) -> &'static str {
        KEYWORDS.iter().find(|(_, keyword)| *keyword == self).map_or("", |(name, _)| *name)
    }

    /// Whether a list with this keyword keeps strangers from relaying.
    pub fn guards_relaying(self) -> bool {
        matches!(
            self,
            Keyword::RejectUnauthDestination
                | Keyword::DeferUnauthDestination
                | Keyword::Reject
                | Keyword::Defer
                | Keyword::DeferIfPermit
                | Keyword::CheckRelayDomains
        )
    }
}

/// One word of a restriction list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it stands there: it may name a table, and so be any bytes.
    pub name: Name,
    /// The keyword that it is, if it is one.
    pub keyword: Option<Keyword>,
}

impl Word {
    /// Whether the word names a lookup table.
    pub fn is_table(&self) -> bool {
        self.name.contains(&b':')
    }
}

/// A restriction list.
pub type List = std::rc::Rc<[Word]>;

/// Splits a restriction list at commas and white space; text in braces stays together.
pub fn parse(text: impl AsRef<[u8]>) -> List {
    tables::list_items(text.as_ref())
        .map(|word| Word { keyword: Keyword::named(word), name: word.into() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let list =
            parse("Permit_Mynetworks, check_client_access hash:/x {check_policy_service {inet:a:1, x=y}}");
        let words: Vec<_> = list.iter().map(|word| (word.name.to_string(), word.keyword)).collect();
        assert_eq!(
            words,
            [
                ("Permit_Mynetworks".to_owned(), Some(Keyword::PermitMynetworks)),
                ("check_client_access".to_owned(), Some(Keyword::CheckAccess(Client))),
                ("hash:/x".to_owned(), None),
                ("{check_policy_service {inet:a:1, x=y}}".to_owned(), None),
            ]
        );
        assert_eq!(parse(" , ").len(), 0);
        assert_eq!(parse(b"hash:\xe9,")[0].name, Name::from(&b"hash:\xe9"[..]));
    }

    #[test]
    fn names_go_both_ways() {
        for (name, keyword) in KEYWORDS {
            assert_eq!(Keyword::named(name.as_bytes()), Some(*keyword));
            assert_eq!(Keyword::named(keyword.name().as_bytes()), Some(*keyword));
        }
    }
}

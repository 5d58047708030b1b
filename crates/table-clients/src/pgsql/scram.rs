//! SCRAM-SHA-256 (RFC 5802 and RFC 7677): a client shows that it knows a password, or keys made of one, and the server
//! that it knows them, too. Complaints are in the client library's words, with the newline.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use bstr::ByteSlice;
use hmac::{Hmac, KeyInit, Mac};
use rustls::crypto::ring;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use tables::Name;

/// A digest, or a key that is one.
type Key = [u8; 32];

/// How many bytes of chance a client sends.
const NONCE_LENGTH: usize = 18;

/// Base64 that is as forgiving as the client library's: the last digit may have bits that count for nothing.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What a login is tied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    /// To nothing: this connection has nothing to tie it to.
    Unsupported,
    /// To nothing: the server does not know how.
    Unrequested,
    /// To the digest of the server's certificate (RFC 5929).
    EndPoint(Vec<u8>),
}

impl ChannelBinding {
    fn header(&self) -> &'static [u8] {
        match self {
            ChannelBinding::Unsupported => b"n,,",
            ChannelBinding::Unrequested => b"y,,",
            ChannelBinding::EndPoint(_) => b"p=tls-server-end-point,,",
        }
    }

    fn data(&self) -> &[u8] {
        match self {
            ChannelBinding::EndPoint(digest) => digest,
            _ => b"",
        }
    }
}

/// Keys that stand in for a password: the parameters `scram_client_key` and `scram_server_key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    client: Option<Name>,
    server: Option<Name>,
}

impl Keys {
    /// Sets a parameter; false if it is none of these.
    pub(crate) fn set(&mut self, name: &str, value: &Name) -> bool {
        let place = match name {
            "scram_client_key" => &mut self.client,
            "scram_server_key" => &mut self.server,
            _ => return false,
        };
        *place = Some(value.clone());
        true
    }

    /// Whether the keys are some.
    ///
    /// # Errors
    /// The client library's words for the first that is none, without the newline.
    pub(crate) fn check(&self) -> Result<(), String> {
        decode_key("client", self.client.as_ref())?;
        decode_key("server", self.server.as_ref()).map(|_| ())
    }

    /// Whether no password is needed.
    pub(crate) fn replace_password(&self) -> bool {
        self.client.is_some()
    }
}

fn decode_key(whose: &str, text: Option<&Name>) -> Result<Option<Key>, String> {
    let Some(text) = text else { return Ok(None) };
    let bytes = BASE64.decode(text.as_bytes()).map_err(|_| format!("invalid SCRAM {whose} key"))?;
    let length = bytes.len();
    Key::try_from(bytes).map(Some).map_err(|_| format!("invalid SCRAM {whose} key length: {length}"))
}

/// One login.
pub(crate) struct Exchange {
    binding: ChannelBinding,
    nonce: String,
    password: Vec<u8>,
    client_key: Option<Key>,
    server_key: Option<Key>,
    /// What the password became, or nothing where it was not asked for.
    salted: Key,
    /// All that was said so far and is signed.
    said: Vec<u8>,
}

impl Exchange {
    /// Begins. The password may be empty where keys replace it.
    ///
    /// # Errors
    /// A key is none, or there is no chance.
    pub(crate) fn new(password: &[u8], keys: &Keys, binding: ChannelBinding) -> Result<Exchange, String> {
        let mut chance = [0; NONCE_LENGTH];
        ring::default_provider()
            .secure_random
            .fill(&mut chance)
            .map_err(|_| "could not generate nonce\n".to_owned())?;
        let with_newline = |text| format!("{text}\n");
        Ok(Exchange {
            binding,
            nonce: BASE64.encode(chance),
            password: prepared(password).into_owned(),
            client_key: decode_key("client", keys.client.as_ref()).map_err(with_newline)?,
            server_key: decode_key("server", keys.server.as_ref()).map_err(with_newline)?,
            salted: Key::default(),
            said: Vec::new(),
        })
    }

    /// The first message of the client.
    pub(crate) fn first(&self) -> Vec<u8> {
        [self.binding.header(), self.first_bare().as_bytes()].concat()
    }

    fn first_bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    /// The client's answer to the server's first message.
    ///
    /// # Errors
    /// The message is none.
    pub(crate) fn answer(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        let mut fields = Fields::of(message)?;
        let nonce = fields.value(b'r')?;
        if !nonce.starts_with(self.nonce.as_bytes()) {
            return Err("invalid SCRAM response (nonce mismatch)\n".to_owned());
        }
        let salt = BASE64.decode(fields.value(b's')?).map_err(|_| malformed("invalid salt"))?;
        let count = fields.value(b'i')?.to_str().ok().and_then(|text| text.parse::<u32>().ok());
        let count = count.filter(|count| *count > 0).ok_or_else(|| malformed("invalid iteration count"))?;
        if !fields.rest.is_empty() {
            return Err(malformed("garbage at end of server-first-message"));
        }
        let bound = BASE64.encode([self.binding.header(), self.binding.data()].concat());
        let mut last = [b"c=", bound.as_bytes(), b",r=", nonce].concat();
        self.said = [self.first_bare().as_bytes(), b",", message, b",", &last].concat();
        let client_key = match self.client_key {
            Some(key) => key,
            None => {
                self.salted = salted(&self.password, &salt, count);
                hmac(&self.salted, &[b"Client Key"])
            }
        };
        let signature = hmac(&Sha256::digest(client_key), &[&self.said]);
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, sign)| key ^ sign).collect();
        last.extend([b",p=", BASE64.encode(proof).as_bytes()].concat());
        Ok(last)
    }

    /// Checks that the server knows what it should.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<(), String> {
        let mut fields = Fields::of(message)?;
        if message.starts_with(b"e") {
            let why = log::printable(fields.value(b'e')?);
            return Err(format!("error received from server in SCRAM exchange: {why}\n"));
        }
        let signature = BASE64.decode(fields.value(b'v')?);
        let signature = signature.map_err(|_| malformed("invalid server signature"))?;
        if !fields.rest.is_empty() {
            return Err(malformed("garbage at end of server-final-message"));
        }
        let key = self.server_key.unwrap_or_else(|| hmac(&self.salted, &[b"Server Key"]));
        match hmac(&key, &[&self.said]).as_slice() == signature {
            true => Ok(()),
            false => Err("incorrect server signature\n".to_owned()),
        }
    }
}

fn malformed(what: &str) -> String {
    format!("malformed SCRAM message ({what})\n")
}

/// The fields `x=value` of a message, with commas between.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(message: &'a [u8]) -> Result<Fields<'a>, String> {
        match message {
            b"" => Err(malformed("empty message")),
            _ if message.contains(&0) => Err(malformed("length mismatch")),
            rest => Ok(Fields { rest }),
        }
    }

    /// The value of the next field, which must have this name.
    fn value(&mut self, name: u8) -> Result<&'a [u8], String> {
        let shown = char::from(name);
        let after_name = self.rest.strip_prefix(&[name]);
        let after_name = after_name.ok_or_else(|| malformed(&format!("attribute \"{shown}\" expected")))?;
        let text = after_name
            .strip_prefix(b"=")
            .ok_or_else(|| malformed(&format!("expected character \"=\" for attribute \"{shown}\"")))?;
        let (value, rest) = text.split_once_str(",").unwrap_or((text, b""));
        self.rest = rest;
        Ok(value)
    }
}

/// A password as it is hashed (RFC 4013); one that cannot be prepared is taken as it is.
fn prepared(password: &[u8]) -> Cow<'_, [u8]> {
    let text = password.to_str().ok().and_then(|text| stringprep::saslprep(text).ok());
    text.map_or(Cow::Borrowed(password), |text| Cow::Owned(text.into_owned().into_bytes()))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Key::default() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// A password with its salt, hashed as often as the server says.
fn salted(password: &[u8], salt: &[u8], count: u32) -> Key {
    let mut last = hmac(password, &[salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..count {
        last = hmac(password, &[&last]);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of RFC 7677 section 3, without the user's name, which PostgreSQL does not want.
    const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";

    fn exchange(keys: &Keys) -> Exchange {
        Exchange {
            nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(),
            ..Exchange::new(b"pencil", keys, ChannelBinding::Unsupported).unwrap()
        }
    }

    #[test]
    fn keys_do_what_the_password_does() {
        let salted = salted(b"pencil", &BASE64.decode(SALT).unwrap(), 4096);
        let key = |label: &[u8]| Name::from(BASE64.encode(hmac(&salted, &[label])).as_str());
        assert_eq!(key(b"Server Key"), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=".into());
        let mut keys = Keys::default();
        assert!(keys.set("scram_client_key", &key(b"Client Key")));
        assert!(keys.set("scram_server_key", &key(b"Server Key")));
        let message = format!("r=rOprNGfwEbeRWgbNEkqOserver,s={SALT},i=4096");
        let (mut with_keys, mut with_password) = (exchange(&keys), exchange(&Keys::default()));
        let answer = with_password.answer(message.as_bytes());
        assert_eq!(with_keys.answer(message.as_bytes()), answer);
        let signature = BASE64.encode(hmac(&hmac(&salted, &[b"Server Key"]), &[&with_keys.said]));
        let last = format!("v={signature}");
        assert_eq!(with_keys.verify(last.as_bytes()), Ok(()));
        assert_eq!(with_password.verify(last.as_bytes()), Ok(()));
        assert_eq!(with_password.verify(b"v=AAAA").unwrap_err(), "incorrect server signature\n");
    }

    // Texts of libpq 18.
    #[test]
    fn keys_are_checked() {
        let check = |text: &str| {
            let mut keys = Keys::default();
            keys.set("scram_client_key", &text.into());
            keys.check()
        };
        assert_eq!(check("eHh="), Err("invalid SCRAM client key length: 2".to_owned()));
        assert_eq!(check(""), Err("invalid SCRAM client key length: 0".to_owned()));
        assert_eq!(check("eHh"), Err("invalid SCRAM client key".to_owned()));
        assert_eq!(check("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="), Ok(()));
    }

    #[test]
    fn messages_are_checked() {
        let answer = |message: &[u8]| exchange(&Keys::default()).answer(message).unwrap_err();
        assert_eq!(answer(b""), "malformed SCRAM message (empty message)\n");
        assert_eq!(answer(b"x"), "malformed SCRAM message (attribute \"r\" expected)\n");
        assert_eq!(answer(b"r=x"), "invalid SCRAM response (nonce mismatch)\n");
    }
}

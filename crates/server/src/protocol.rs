//! What master(8) and its children agree on: descriptor numbers, status messages, environment (Postfix 3.11), and our
//! own addition for processes that serve several sessions.

use std::os::fd::RawFd;

/// The reading end of the flow control pipe.
pub const FLOW_READ_FD: RawFd = 3;
/// The writing end of the flow control pipe.
pub const FLOW_WRITE_FD: RawFd = 4;
/// The pipe for status messages, shared by all processes of a service.
pub const STATUS_FD: RawFd = 5;
/// The first of the sockets to accept clients from.
pub const FIRST_LISTEN_FD: RawFd = 6;

/// Environment variable: the process's generation, an octal number that comes back in status messages.
pub const GENERATION: &str = "GENERATION";
/// Environment variable of our own master: how many sessions this process may serve at once. A child that sees it may
/// send [`Availability::Sessions`].
pub const SESSIONS: &str = "OXIPOST_SESSIONS";
/// A process that serves this many sessions wants help from another processor: it says so, and our master starts one.
pub const HELP_WANTED: u32 = 4;

/// What a child tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Busy: takes no client until further notice.
    Taken,
    /// Ready for a client.
    Available,
    /// Ours: serves sessions side by side, this many now. Only our master understands it.
    Sessions(u32),
    /// A value that nobody here knows.
    Unknown(i32),
}

// Session counts are sent above this, far from the two values that Postfix has.
const SESSIONS_BASE: i32 = 0x0100_0000;

impl Availability {
    fn code(self) -> i32 {
        match self {
            Availability::Taken => 0,
            Availability::Available => 1,
            Availability::Sessions(count) => {
                SESSIONS_BASE.saturating_add(i32::try_from(count).unwrap_or(i32::MAX))
            }
            Availability::Unknown(code) => code,
        }
    }

    fn from_code(code: i32) -> Availability {
        match code {
            0 => Availability::Taken,
            1 => Availability::Available,
            SESSIONS_BASE.. => Availability::Sessions((code - SESSIONS_BASE).unsigned_abs()),
            _ => Availability::Unknown(code),
        }
    }
}

/// A status message: three C integers in the machine's own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who speaks.
    pub pid: u32,
    /// The generation that the process was started with.
    pub generation: u32,
    /// What it says.
    pub availability: Availability,
}

impl Status {
    /// The length of a message in bytes.
    pub const LENGTH: usize = 12;

    /// The message's bytes.
    pub fn encode(self) -> [u8; Status::LENGTH] {
        let mut bytes = [0; Status::LENGTH];
        let words =
            [self.pid.to_ne_bytes(), self.generation.to_ne_bytes(), self.availability.code().to_ne_bytes()];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word);
        }
        bytes
    }

    /// Reads a message.
    pub fn decode(bytes: &[u8; Status::LENGTH]) -> Status {
        let mut words = bytes.chunks_exact(4).map(|word| <[u8; 4]>::try_from(word).unwrap_or_default());
        let mut word = || words.next().unwrap_or_default();
        Status {
            pid: u32::from_ne_bytes(word()),
            generation: u32::from_ne_bytes(word()),
            availability: Availability::from_code(i32::from_ne_bytes(word())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_they_were_written() {
        for availability in [
            Availability::Taken,
            Availability::Available,
            Availability::Sessions(0),
            Availability::Sessions(77),
            Availability::Unknown(5),
        ] {
            let status = Status { pid: 4711, generation: 3, availability };
            assert_eq!(Status::decode(&status.encode()), status);
        }
    }

    #[test]
    fn postfix_knows_zero_and_one() {
        assert_eq!(Availability::Taken.code(), 0);
        assert_eq!(Availability::Available.code(), 1);
    }
}

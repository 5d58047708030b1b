//! Signals turned into bytes on a pipe, so that an event loop reads them like any other input, and their
//! dispositions.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::fcntl::OFlag;
pub use nix::sys::signal::Signal;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, sigaction};

static PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn write_number(signal: libc::c_int) {
    let byte = [u8::try_from(signal).unwrap_or(0)];
    // SAFETY: write(2) is async-signal-safe; the buffer is on this stack; errno is put back for the interrupted code.
    unsafe {
        let errno = *libc::__errno_location();
        libc::write(PIPE.load(Ordering::Relaxed), byte.as_ptr().cast(), 1);
        *libc::__errno_location() = errno;
    }
}

/// The reading end of the process's signal pipe. There is one for a process.
#[derive(Debug)]
pub struct SignalPipe {
    read_end: OwnedFd,
}

impl SignalPipe {
    /// Has these signals written to the pipe from now on.
    ///
    /// # Errors
    /// No pipe could be made, or a signal cannot be caught.
    pub fn new(signals: &[Signal]) -> io::Result<SignalPipe> {
        let (read_end, write_end) = nix::unistd::pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC)?;
        // The writing end stays open for the life of the process: a handler may run at any time.
        PIPE.store(write_end.into_raw_fd(), Ordering::Relaxed);
        for signal in signals {
            set_handler(*signal, SigHandler::Handler(write_number))?;
        }
        Ok(SignalPipe { read_end })
    }

    /// The signals that came since the last call; never waits.
    pub fn drain(&self) -> Vec<Signal> {
        let mut buffer = [0u8; 64];
        let mut signals = Vec::new();
        while let Ok(length @ 1..) = nix::unistd::read(&self.read_end, &mut buffer) {
            let bytes = buffer.get(..length).unwrap_or_default();
            signals.extend(bytes.iter().filter_map(|byte| Signal::try_from(i32::from(*byte)).ok()));
        }
        signals
    }
}

impl AsFd for SignalPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read_end.as_fd()
    }
}

fn set_handler(signal: Signal, handler: SigHandler) -> io::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers passed in this module are async-signal-safe, or the kernel's own.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

/// Ignores a signal.
///
/// # Errors
/// The kernel refused.
pub fn ignore(signal: Signal) -> io::Result<()> {
    set_handler(signal, SigHandler::SigIgn)
}

/// Whether SIGPIPE was ignored when the program was started, before the standard library ignored it.
static PIPE_SIGNAL_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

extern "C" fn record_pipe_signal() {
    // SAFETY: a zeroed sigaction is a valid one to write to, and sigaction(2) with nothing to set only reads.
    let ignored = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGPIPE, std::ptr::null(), &raw mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    };
    PIPE_SIGNAL_WAS_IGNORED.store(ignored, Ordering::Relaxed);
}

// SAFETY: the section holds pointers to functions without arguments that use nothing of the standard library's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_THE_RUNTIME: extern "C" fn() = record_pipe_signal;

/// Gives SIGPIPE back the effect that it had when the program was started: a write to a pipe that nobody reads ends the
/// process, unless whoever started it ignores the signal.
///
/// # Errors
/// The kernel refused.
pub fn restore_pipe_signal() -> io::Result<()> {
    if PIPE_SIGNAL_WAS_IGNORED.load(Ordering::Relaxed) {
        return Ok(());
    }
    set_handler(Signal::SIGPIPE, SigHandler::SigDfl)
}

/// Whether a signal is ignored, as after `nohup`. For the start of a program: the signal is ignored for a moment.
pub fn is_ignored(signal: Signal) -> bool {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: ignoring runs no handler; what was in force before is put back as the kernel gave it.
    unsafe {
        match sigaction(signal, &ignore) {
            Ok(before) => {
                let _ = sigaction(signal, &before);
                matches!(before.handler(), SigHandler::SigIgn)
            }
            Err(_) => false,
        }
    }
}

/// Signals that wait for as long as this value lives.
#[derive(Debug)]
pub struct HeldSignals {
    before: SigSet,
}

impl HeldSignals {
    /// Has these signals wait, for this thread, from now on.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn new(signals: &[Signal]) -> io::Result<HeldSignals> {
        HeldSignals::of(SigSet::from_iter(signals.iter().copied()))
    }

    /// Has all signals wait, for this thread, but those that cannot.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn all() -> io::Result<HeldSignals> {
        HeldSignals::of(SigSet::all())
    }

    fn of(held: SigSet) -> io::Result<HeldSignals> {
        Ok(HeldSignals { before: held.thread_swap_mask(SigmaskHow::SIG_BLOCK)? })
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        // What the kernel gave it takes back.
        let _ = self.before.thread_set_mask();
    }
}

/// Puts a signal's default action back.
///
/// # Errors
/// The kernel refused.
pub fn restore_default(signal: Signal) -> io::Result<()> {
    set_handler(signal, SigHandler::SigDfl)
}

/// How long the last words of a process that is stuck may take, in seconds.
const LAST_WORDS_SECONDS: u32 = 5;

static LAST_WORDS: OnceLock<fn()> = OnceLock::new();

// What is stuck may hold a lock that the last words need. Then the second alarm, with its default action, ends the
// process without them.
extern "C" fn bite(_: libc::c_int) {
    let _ = set_handler(Signal::SIGALRM, SigHandler::SigDfl);
    let _ = SigSet::from_iter([Signal::SIGALRM]).thread_unblock();
    nix::unistd::alarm::set(LAST_WORDS_SECONDS);
    if let Some(last_words) = LAST_WORDS.get() {
        last_words();
    }
    // SAFETY: _exit(2) is async-signal-safe and runs nothing of this program; the interrupted code does not go on.
    unsafe { libc::_exit(1) }
}

/// Has a process end itself when nothing has called [`Watchdog::pat`] for a while, by `alarm(2)`.
#[derive(Debug, Clone, Copy)]
pub struct Watchdog {
    seconds: u32,
}

impl Watchdog {
    /// A watchdog that bites after so many seconds; not started yet. `last_words` logs why the process ends. The first
    /// ones of a process stay.
    pub fn new(seconds: u32, last_words: fn()) -> Watchdog {
        let _ = LAST_WORDS.set(last_words);
        // SIGALRM can be caught; else its default action ends the process, too.
        let _ = set_handler(Signal::SIGALRM, SigHandler::Handler(bite));
        Watchdog { seconds }
    }

    /// (Re)starts the time.
    pub fn pat(&self) {
        nix::unistd::alarm::set(self.seconds.max(1));
    }

    /// Stops the time.
    pub fn stop(&self) {
        nix::unistd::alarm::cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_becomes_a_byte() {
        let pipe = SignalPipe::new(&[Signal::SIGUSR1]).unwrap();
        nix::sys::signal::raise(Signal::SIGUSR1).unwrap();
        assert_eq!(pipe.drain(), [Signal::SIGUSR1]);
        assert_eq!(pipe.drain(), []);
    }
}

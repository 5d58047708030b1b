//! The queue manager's life: wakes up on triggers, feeds the active queue, and carries out what the scheduler decides.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use delivery::Reporter;
use ipc::deliver::Recipient;
use ipc::{Services, rewrite};
use queue::{Dir, Queue};
use server::{Fatal, FlowControl, Triggers};
use sys::WallTime;
use tokio::sync::{Notify, oneshot};

use crate::envelope::Envelope;
use crate::feed::Feeder;
use crate::finish::EndedMessages;
use crate::log_lines;
use crate::scan::ScanFlags;
use crate::sched::{Effect, Id, Message, Reason, Scheduler, Timer};
use crate::settings::Settings;

/// A handle of a message in the scheduler.
pub type MessageId = Id<Message<Recipient>>;

/// A message in the active queue.
#[derive(Debug)]
pub struct ActiveMessage {
    /// Its queue id.
    pub id: queue::Id,
    /// What its file says.
    pub envelope: RefCell<Envelope>,
    /// When it came into the active queue.
    pub active_since: WallTime,
    /// Why it was taken up.
    pub urgency: Urgency,
    /// Some recipient is to be tried again.
    pub deferred: Cell<bool>,
}

/// Special treatment, asked for by `postqueue -i`, `postqueue -f` or `postsuper -e`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Urgency {
    /// Open destinations that are closed.
    pub open_destinations: bool,
    /// Deliver by transports in defer_transports, too.
    pub use_deferred_transports: bool,
    /// Return it to the sender unless it can be delivered now.
    pub expire: bool,
}

/// The queue manager.
pub struct Manager {
    /// Parameters.
    pub settings: Settings,
    /// Where queue files are.
    pub queue: Arc<Queue>,
    /// Delivery agents and others.
    pub services: Services,
    /// bounce(8) and its fellows, which may take long over a notice.
    pub notice_services: Services,
    /// trivial-rewrite(8).
    pub rewrite: rewrite::Client,
    /// Tells what happened to recipients that no agent sees.
    pub reporter: Reporter,
    /// Who is served next.
    pub sched: RefCell<Scheduler<Recipient>>,
    /// Messages by their handle.
    pub messages: RefCell<HashMap<MessageId, Rc<ActiveMessage>>>,
    /// Address probes in the active queue.
    pub probes: Cell<u64>,
    /// Brings messages in.
    pub feeder: Feeder,
    /// Brings messages out.
    pub ended: EndedMessages,
    /// Something changed that the feeder waits for.
    pub room: Notify,
    failure: RefCell<Option<oneshot::Sender<Fatal>>>,
}

impl Manager {
    /// A queue manager that has not started yet.
    pub fn new(
        settings: Settings,
        queue: Queue,
        services: Services,
        notice_services: Services,
        reporter: Reporter,
        sched: Scheduler<Recipient>,
    ) -> Manager {
        Manager {
            rewrite: rewrite::Client::new(&services),
            settings,
            queue: Arc::new(queue),
            services,
            notice_services,
            reporter,
            sched: RefCell::new(sched),
            messages: RefCell::new(HashMap::new()),
            probes: Cell::new(0),
            feeder: Feeder::new(),
            ended: EndedMessages::default(),
            room: Notify::new(),
            failure: RefCell::new(None),
        }
    }

    /// Runs until master says that it is time to end.
    pub async fn run(self: Rc<Self>, mut triggers: Triggers, flow: Option<FlowControl>) -> Result<(), Fatal> {
        let (failure, mut failed) = oneshot::channel();
        self.failure.replace(Some(failure));
        self.recover().await;
        self.scan(Dir::Incoming, ScanFlags { start: true, ..ScanFlags::default() });
        self.spawn(Rc::clone(&self).scan_deferred_again_and_again());
        self.spawn(Rc::clone(&self).feed(flow));
        loop {
            tokio::select! {
                bytes = triggers.next() => match bytes {
                    Some(bytes) => self.on_trigger(&bytes),
                    None => return Ok(()),
                },
                fatal = &mut failed => return fatal.map_or(Ok(()), Err),
            }
        }
    }

    /// Runs something beside all else. If it panics, the state of the queue manager is not to be trusted any more, and
    /// the process ends; the next one finds all mail where it was.
    pub fn spawn(self: &Rc<Self>, work: impl Future<Output = ()> + 'static) {
        let alarm = Alarm(Rc::clone(self));
        // A delivery's state is large, and the runtime moves what it is given several times.
        let work = Box::pin(work);
        tokio::task::spawn_local(async move {
            let _alarm = alarm;
            work.await;
        });
    }

    /// Ends the process, as something happened that it cannot go on after.
    pub fn give_up(&self, fatal: Fatal) {
        if let Some(failure) = self.failure.take() {
            // The receiver lives as long as the process.
            let _ = failure.send(fatal);
        }
    }

    /// Seconds for the scheduler: they never go back.
    pub fn now() -> u64 {
        sys::clock::monotonic().as_secs()
    }

    /// Carries out what the scheduler decided. To be called after each change.
    pub fn carry_out(self: &Rc<Self>) {
        loop {
            // The scheduler must not be borrowed while an effect is looked at.
            let effect = self.sched.borrow_mut().next_effect();
            match effect {
                None => break,
                Some(Effect::Finished(message)) => {
                    self.spawn(Rc::clone(self).finish(message));
                }
                Some(Effect::Refill(message)) => {
                    self.spawn(Rc::clone(self).refill(message));
                }
                Some(Effect::Defer(entry, reason)) => {
                    self.spawn(Rc::clone(self).defer_entry(entry, reason));
                }
                Some(Effect::Timer(timer, seconds)) => {
                    self.spawn(Rc::clone(self).wait_for(timer, seconds));
                }
                Some(Effect::Clogged(clog)) => log_lines::clogged(&clog),
                Some(Effect::WindowChanged(change)) => log_lines::window_changed(&change),
            }
        }
        loop {
            let transport = self.sched.borrow_mut().allocate_transport();
            let Some(transport) = transport else { break };
            self.spawn(Rc::clone(self).use_agent(transport));
        }
        self.room.notify_one();
    }

    /// The message behind a handle.
    pub fn message(&self, id: MessageId) -> Option<Rc<ActiveMessage>> {
        self.messages.borrow().get(&id).map(Rc::clone)
    }

    async fn wait_for(self: Rc<Self>, timer: Timer<Recipient>, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        self.sched.borrow_mut().on_timer(&timer);
        self.carry_out();
    }

    async fn defer_entry(self: Rc<Self>, entry: Id<crate::sched::Entry<Recipient>>, reason: Reason) {
        let (message, recipients) = {
            let sched = self.sched.borrow();
            (self.message(sched.entry_message(entry)), sched.entry_recipients(entry).to_vec())
        };
        if let Some(message) = message {
            for recipient in &recipients {
                self.defer_recipient(&message, recipient, &reason).await;
            }
        }
        self.sched.borrow_mut().deferred(entry, Manager::now());
        self.carry_out();
    }

    async fn scan_deferred_again_and_again(self: Rc<Self>) {
        loop {
            self.scan(Dir::Deferred, ScanFlags { start: true, ..ScanFlags::default() });
            tokio::time::sleep(self.settings.queue_run_delay).await;
        }
    }

    /// A trigger's bytes each ask for something; unknown ones for nothing.
    fn on_trigger(self: &Rc<Self>, bytes: &[u8]) {
        let mut incoming = ScanFlags::default();
        let mut deferred = ScanFlags::default();
        for byte in bytes {
            match byte {
                b'W' | b'I' => incoming.start = true,
                b'D' => deferred.start = true,
                b'F' => {
                    for flags in [&mut incoming, &mut deferred] {
                        flags.flush_once = true;
                        flags.flush_deferred_transports = true;
                    }
                }
                b'A' => {
                    incoming.all = true;
                    deferred.all = true;
                }
                _ => {}
            }
        }
        for (dir, flags) in [(Dir::Incoming, incoming), (Dir::Deferred, deferred)] {
            if flags != ScanFlags::default() {
                self.scan(dir, flags);
            }
        }
    }

    fn scan(self: &Rc<Self>, dir: Dir, flags: ScanFlags) {
        if flags.flush_once {
            self.sched.borrow_mut().open_all();
        }
        self.feeder.request(dir, flags);
        self.carry_out();
    }
}

/// Notices that a task panics.
struct Alarm(Rc<Manager>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.give_up(Fatal::new("internal error, see the log line before"));
        }
    }
}

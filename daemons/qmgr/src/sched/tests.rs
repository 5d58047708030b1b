use super::*;

fn settings(recipients: usize) -> TransportSettings {
    TransportSettings {
        concurrency_limit: 20,
        initial_concurrency: 5,
        recipient_limit: recipients,
        slot_cost: 5,
        slot_loan: 3,
        slot_loan_factor: 50,
        min_slots: 3,
        recipients_in_memory: 20_000,
        extra_recipients: 1000,
        refill_limit: 100,
        refill_delay: 5,
        rate_delay: 0,
        transport_rate_delay: 0,
        positive_feedback: Feedback::ONE,
        negative_feedback: Feedback::ONE,
        failed_cohort_limit: 1,
        shows_windows: false,
    }
}

fn scheduler() -> Scheduler<u32> {
    let limits = Limits {
        active_messages: 20_000,
        recipients: 20_000,
        recipients_each_message: 10,
        destination_pause: 300,
        transport_pause: 60,
        clog_warn_interval: 0,
    };
    Scheduler::new(limits, Box::new(|name| settings(if name == "local" { 1 } else { 50 })))
}

fn add(s: &mut Scheduler<u32>, transport: &str, nexthop: &str, count: u32, now: u64) -> Id<Message<u32>> {
    let message = s.add_message(now, false);
    let transport = s.transport(transport);
    let destination = s.destination(transport, nexthop.as_bytes(), nexthop.as_bytes());
    s.assign(message, (0..count).map(|n| (destination, n)), false, 0, now);
    message
}

fn finished(s: &mut Scheduler<u32>) -> Vec<Id<Message<u32>>> {
    let mut done = Vec::new();
    while let Some(effect) = s.next_effect() {
        if let Effect::Finished(id) = effect {
            s.remove_message(id);
            done.push(id);
        }
    }
    done
}

#[test]
fn recipients_are_grouped_into_entries() {
    let mut s = scheduler();
    let message = add(&mut s, "smtp", "example.com", 120, 1);
    let transport = s.allocate_transport().unwrap();
    s.agent_connected(transport);
    let mut sizes = Vec::new();
    while let Some(entry) = s.select_entry(transport, 1) {
        sizes.push(s.entry_recipients(entry).len());
        s.delivered(entry, 1);
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(finished(&mut s), [message]);
    assert_eq!(s.message_count(), 0);
    assert_eq!(s.destinations.len(), 0);
    assert_eq!(s.jobs.len() + s.peers.len() + s.entries.len(), 0);
    let transport = &s.transports[transport];
    assert_eq!((transport.unused_recipients, transport.waiting), (20_000, 0));
}

#[test]
fn concurrency_is_limited_and_grows_on_success() {
    let mut s = scheduler();
    for _ in 0..30 {
        add(&mut s, "smtp", "example.com", 1, 1);
    }
    let smtp = s.transport("smtp");
    let mut running = Vec::new();
    while let Some(entry) = s.select_entry(smtp, 1) {
        running.push(entry);
    }
    assert_eq!(running.len(), 5);
    assert!(s.allocate_transport().is_none());
    let first = running.remove(0);
    let destination = s.entry_destination_id(first);
    s.open_destination(destination);
    s.delivered(first, 1);
    while let Some(entry) = s.select_entry(smtp, 1) {
        running.push(entry);
    }
    assert_eq!(running.len(), 6);
}

#[test]
fn a_dead_destination_sends_its_mail_to_retry() {
    let mut s = scheduler();
    for _ in 0..10 {
        add(&mut s, "smtp", "example.com", 1, 1);
    }
    let smtp = s.transport("smtp");
    let reason = Reason::new("4.4.1", "delivery temporarily suspended: connect: refused");
    let running: Vec<_> = std::iter::from_fn(|| s.select_entry(smtp, 1)).collect();
    assert_eq!(running.len(), 5);
    for entry in running {
        let destination = s.entry_destination_id(entry);
        s.destination_failed(destination, &reason, 1);
        s.delivered(entry, 1);
    }
    let retry = s.transport(RETRY);
    let selected: Vec<_> = std::iter::from_fn(|| s.select_entry(retry, 1)).collect();
    let nexthops: Vec<_> = selected.iter().map(|entry| s.entry_destination(*entry).nexthop.clone()).collect();
    assert_eq!(nexthops.len(), 5);
    assert_eq!(nexthops[0], b"4.4.1 delivery temporarily suspended: connect: refused");
}

#[test]
fn a_small_job_overtakes_a_large_one() {
    let mut s = scheduler();
    let large = add(&mut s, "local", "example.com", 1000, 1);
    let small = add(&mut s, "local", "example.com", 2, 2);
    let local = s.transport("local");
    let mut served = Vec::new();
    for _ in 0..60 {
        let Some(entry) = s.select_entry(local, 3) else { break };
        served.push(s.entry_message(entry));
        s.delivered(entry, 3);
    }
    let position = served.iter().position(|message| *message == small).unwrap();
    assert!(position > 0 && position < 20, "{position}");
    assert_eq!(served[0], large);
}

#[test]
fn recipients_are_read_as_room_permits() {
    let mut s = scheduler();
    let message = s.add_message(1, false);
    let smtp = s.transport("smtp");
    let destination = s.destination(smtp, b"d", b"d");
    s.assign(message, (0..100).map(|n| (destination, n)), true, 50, 1);
    let first = s.select_entry(smtp, 1).unwrap();
    s.delivered(first, 1);
    let second = s.select_entry(smtp, 1).unwrap();
    let mut refills = 0;
    while let Some(effect) = s.next_effect() {
        refills += u32::from(matches!(effect, Effect::Refill(id) if id == message));
    }
    assert_eq!(refills, 1);
    let destination = s.destination(smtp, b"d", b"d");
    s.assign(message, (0..50).map(|n| (destination, n)), false, 0, 2);
    s.refilled(message, true);
    s.delivered(second, 2);
    let last = s.select_entry(smtp, 2).unwrap();
    assert!(s.next_effect().is_none());
    s.delivered(last, 2);
    assert_eq!(finished(&mut s), [message]);
    assert_eq!(s.transports[smtp].unused_recipients, 20_000);
}

#[test]
fn a_dead_transport_defers_everything() {
    let mut s = scheduler();
    add(&mut s, "smtp", "a", 1, 1);
    add(&mut s, "smtp", "b", 1, 1);
    let smtp = s.allocate_transport().unwrap();
    s.agent_connected(smtp);
    let reason = Reason::new("4.3.0", "mail transport unavailable");
    s.transport_failed(smtp, &reason, 1);
    assert!(s.transport_info(smtp).dead.is_some());
    let retry = s.transport(RETRY);
    s.transport_failed(retry, &reason, 1);
    let mut deferred = 0;
    while let Some(effect) = s.next_effect() {
        if let Effect::Defer(entry, _) = effect {
            deferred += 1;
            s.deferred(entry, 1);
        }
    }
    assert_eq!(deferred, 2);
    assert_eq!(finished(&mut s).len(), 0);
}

/// Whatever happens in whatever order, nothing is lost or counted twice.
#[test]
fn random_work_comes_to_an_end() {
    let mut s = scheduler();
    let mut random = 12345_u64;
    let mut next = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let reason = Reason::new("4.4.1", "refused");
    let (mut running, mut finished) = (Vec::new(), 0);
    let mut more = std::collections::HashMap::new();
    for step in 0..20_000_u64 {
        let now = step / 50;
        if step < 4000 && next(4) == 0 {
            let message = s.add_message(now, false);
            let transport = s.transport(["smtp", "local", "relay"][usize::try_from(next(3)).unwrap()]);
            let batch: Vec<_> = (0..=next(30))
                .map(|n| {
                    let name = format!("d{}", next(10));
                    (s.destination(transport, name.as_bytes(), name.as_bytes()), u32::try_from(n).unwrap())
                })
                .collect();
            let has_more = next(5) == 0;
            if has_more {
                more.insert(message, transport);
            }
            s.assign(message, batch, has_more, i64::from(has_more) * 5, now);
        }
        if let Some(transport) = s.allocate_transport() {
            s.agent_connected(transport);
            match next(40) {
                0 => s.transport_failed(transport, &reason, now),
                _ => running.extend(s.select_entry(transport, now)),
            }
        }
        if !running.is_empty() && next(2) == 0 {
            let at = usize::try_from(next(running.len() as u64)).unwrap();
            let entry = running.swap_remove(at);
            let destination = s.entry_destination_id(entry);
            match next(5) {
                0 => s.destination_failed(destination, &reason, now),
                _ => s.open_destination(destination),
            }
            s.delivered(entry, now);
        }
        if next(100) == 0 {
            s.open_all();
        }
        while let Some(effect) = s.next_effect() {
            match effect {
                Effect::Finished(id) if more.remove(&id).is_none() => {
                    s.remove_message(id);
                    finished += 1;
                }
                Effect::Finished(id) => {
                    s.hold(id);
                    s.assign(id, [], false, 0, now);
                    s.release(id);
                }
                Effect::Refill(id) => {
                    let transport = more.remove(&id).unwrap();
                    let destination = s.destination(transport, b"d1", b"d1");
                    s.assign(id, (0..5).map(|n| (destination, n)), false, 0, now);
                    s.refilled(id, true);
                }
                Effect::Defer(entry, _) => s.deferred(entry, now),
                Effect::Timer(timer, _) => s.on_timer(&timer),
                Effect::Clogged(_) | Effect::WindowChanged(_) => {}
            }
        }
    }
    assert!(finished > 500);
    assert_eq!((s.message_count(), s.jobs.len(), s.peers.len(), s.entries.len()), (0, 0, 0, 0));
    assert_eq!(s.recipients, 0);
    for transport in &s.rotation {
        let transport = &s.transports[*transport];
        assert_eq!(transport.waiting, 0);
        assert_eq!(transport.unused_recipients, 20_000, "{}", transport.name);
        assert!(transport.first_job.is_none() && transport.by_time.is_empty());
    }
}

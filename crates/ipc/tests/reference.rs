//! The clients against the reference's own services: run inside a running Postfix, with its queue directory in
//! OXIPOST_LIVE_QUEUE, and with `--ignored`.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail by panicking")]

use oxipost_ipc::anvil::{self, Event};
use oxipost_ipc::bounce::{self, Kind};
use oxipost_ipc::deliver::{Dsn, Recipient};
use oxipost_ipc::post_mail::{Envelope, Origin, Posting};
use oxipost_ipc::verify::{self, AddressStatus};
use oxipost_ipc::{Class, Services, Settings, blocking, flush, rewrite, trigger};
use queue::Id;

#[test]
#[ignore = "needs a running Postfix, whose queue directory is in OXIPOST_LIVE_QUEUE"]
fn clients_speak_with_the_reference() {
    let queue_directory = std::env::var_os("OXIPOST_LIVE_QUEUE").unwrap().into();
    let services = Services::with(Settings { queue_directory, ..Settings::default() });
    blocking::run(async {
        rewriting(&services).await;
        counting(&services).await;
        verification(&services).await;
        posting(&services).await;
        logs(&services).await;
        let id = Id::parse("ABCDEF123456").unwrap();
        assert_eq!(flush::send_file(&services, &id).await, flush::Status::Ok);
        let sent = trigger::send(&services, Class::Public, "qmgr", &[trigger::WAKEUP]).await.unwrap();
        sent.wait(&services).await;
    })
    .unwrap();
}

async fn rewriting(services: &Services) {
    let client = rewrite::Client::new(services);
    assert_eq!(client.rewrite("local", b"user").await.unwrap(), b"user@mail.example.com");
    assert_eq!(client.rewrite("remote", b"a@b.example").await.unwrap(), b"a@b.example");
    let resolved = client.resolve(b"", b"root@mail.example.com").await.unwrap();
    assert_eq!(resolved.transport, b"local");
    assert_ne!(resolved.flags & rewrite::flags::CLASS_LOCAL, 0);
    let resolved = client.resolve(b"me@x.example", b"a@b.example").await.unwrap();
    assert_eq!((&resolved.transport[..], &resolved.recipient[..]), (&b"smtp"[..], &b"a@b.example"[..]));
    assert_ne!(resolved.flags & rewrite::flags::CLASS_DEFAULT, 0);
    // Many sessions share a few connections.
    let tasks = (0..50).map(|n| {
        let client = &client;
        async move { client.rewrite("local", format!("user{n}").as_bytes()).await.unwrap() }
    });
    for (n, task) in tasks.enumerate() {
        assert_eq!(task.await, format!("user{n}@mail.example.com").into_bytes());
    }
}

async fn counting(services: &Services) {
    let client = anvil::Client::new(services);
    let mut first = client.session("smtp", "192.0.2.1");
    let (count, rate) = first.connect().await.unwrap();
    assert_eq!(count, 1);
    let mut second = client.session("smtp", "192.0.2.1");
    assert_eq!(second.connect().await.unwrap(), (2, rate + 1));
    let before = first.count(Event::Message).await.unwrap();
    assert_eq!(second.count(Event::Message).await.unwrap(), before + 1);
    for event in [Event::Recipient, Event::Auth, Event::NewTls, Event::NewTlsStatus] {
        first.count(event).await.unwrap();
    }
    second.disconnect().await.unwrap();
    first.disconnect().await.unwrap();
    let mut third = client.session("smtp", "192.0.2.1");
    assert_eq!(third.connect().await.unwrap().0, 1);
}

async fn verification(services: &Services) {
    let client = verify::Client::new(services);
    client.update(b"probe@b.example", AddressStatus::Ok, b"250 fine").await.unwrap();
    let answer = client.query(b"probe@b.example").await.unwrap();
    assert_eq!((answer.status, &answer.reason[..]), (AddressStatus::Ok, &b"250 fine"[..]));
    let unknown = client.query(b"unknown@mail.example.com").await.unwrap();
    assert_eq!(unknown.status, AddressStatus::Todo);
}

async fn posting(services: &Services) {
    let origin = Origin { hostname: "mail.example.com", mail_name: b"Postfix" };
    let envelope =
        Envelope { sender: b"", recipient: b"root@mail.example.com", cleanup_flags: 0, trace_flags: 0 };
    let mut posting = Posting::open(services, origin, envelope).await.unwrap();
    posting.line("Subject: posted").await.unwrap();
    posting.line("").await.unwrap();
    for _ in 0..5000 {
        posting.line("a line of a body that is longer than a buffer").await.unwrap();
    }
    let outcome = posting.finish().await.unwrap();
    assert!(outcome.status.is_ok(), "{outcome:?}");
}

async fn logs(services: &Services) {
    let recipient = Recipient { offset: 97, address: b"a@b.example".to_vec(), ..Recipient::default() };
    let mut dsn = Dsn::simple("4.4.1", "no way");
    dsn.action = b"delayed".to_vec();
    let id = Id::parse("ABCDEF123456").unwrap();
    let request = bounce::Request::Append { flags: 0, id, recipient, dsn };
    assert_eq!(bounce::request(services, Kind::Defer, &request).await, 0);
    assert_eq!(bounce::request(services, Kind::Bounce, &request).await, 0);
    assert_eq!(bounce::request(services, Kind::Trace, &request).await, 0);
    assert_eq!(bounce::Request::scan(&request.to_attrs()).unwrap(), request);
}

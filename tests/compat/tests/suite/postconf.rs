//! postconf(1) on the packaged configuration.

use compat::Pair;

#[test]
fn packaged() {
    let pair = Pair::new("postconf/packaged").build();
    for options in [
        &["-d"][..],
        &[],
        &["-n"],
        &["-M"],
        &["-h", "mail_version"],
        &["-dh", "queue_directory"],
        &["mydestination", "no_such_parameter"],
        &["-Z"],
        &["-M", "smtp/inet"],
        &["-M", "nosuch/unix"],
    ] {
        pair.run(["postconf"].iter().chain(options)).assert_same();
    }
}

#[test]
fn edit() {
    let pair = Pair::new("postconf/edit").build();
    for assignment in
        ["relayhost=[mail.example.net]:587", "new_name = x", "mynetworks=", "inet_protocols = ipv4"]
    {
        pair.run(["postconf", "-e", assignment]).assert_same();
        pair.assert_same_file("/etc/postfix/main.cf");
    }
    pair.run(["postconf", "-e", "no equals sign"]).assert_same();
    pair.assert_same_file("/etc/postfix/main.cf");
}

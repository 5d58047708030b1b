//! Bounce template files: read, shown, and with parameters filled in.

#![no_main]

use config::Config;
use daemon_bounce::{Class, Templates, Texts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut templates = Templates::built_in();
    let Ok(config) = Config::from_text("bounce", "myhostname = mail.example.com\n") else { return };
    if templates.load("templates", input).is_ok() {
        let texts = Texts::new(&config, templates);
        for class in Class::ALL {
            texts.template(class).dump(class, true, &mut Vec::new());
            let _ = texts.get(class);
        }
    }
});

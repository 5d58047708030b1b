//! `|command`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use delivery::Verdict;
use delivery::copy::CopyFlags;

use crate::agent::Work;
use crate::expand;
use crate::log_lines;
use crate::pipe::{self, CommandLine, Outcome};
use crate::state::{Rights, State};

impl Work<'_> {
    /// Gives the message to a command.
    pub(crate) fn deliver_command(&mut self, state: &State, rights: &Rights, command: &[u8]) -> Verdict {
        let state = state.deeper();
        let place = format!("command {}:{}", state.user_text(), rights.uid);
        if self.duplicates.seen(&place, command) {
            return Verdict::Done;
        }
        if self.is_trace_only() {
            return self.sent(&state, [b"delivers to command: ", command].concat());
        }
        let settings = self.settings;
        let name = params::COMMAND_EXECUTION_DIRECTORY.name();
        let filter = Some(settings.directory_filter.as_str());
        let directory = expand::attributes(&settings.command_directory, settings, &state, rights, filter);
        if directory.failed {
            log_lines::bad_parameter(name, &settings.command_directory);
            let dsn = ipc::deliver::Dsn::simple("4.3.5", "mail system configuration error");
            return self.fail_towards_owner(&state, dsn);
        }
        let headers = self.headers(&state);
        let flags = CopyFlags {
            from_line: true,
            return_path: true,
            original_to: true,
            delivered_to: settings.delivered_header.command,
            ..CopyFlags::default()
        };
        let line = CommandLine {
            command,
            shell: &settings.command_shell,
            identity: self.identity(rights),
            environment: self.environment(&state, rights),
            directory: (!directory.bytes.is_empty())
                .then(|| PathBuf::from(OsString::from_vec(directory.bytes))),
            time_limit: settings.command_time_limit,
        };
        match pipe::run(&line, self.source(), flags, &headers.as_copy_headers()) {
            Outcome::Delivered => self.sent(&state, [b"delivered to command: ", command].concat()),
            Outcome::Corrupt => Verdict::Again,
            Outcome::Failed(dsn) => self.fail_towards_owner(&state, dsn),
        }
    }

    /// What the command finds in its environment. What strangers may have written is censored.
    fn environment(&self, state: &State, rights: &Rights) -> Vec<(OsString, OsString)> {
        let request = &self.delivery.request;
        let mut variables: Vec<(&str, Vec<u8>)> = Vec::new();
        let path = |path: &std::path::Path| path.as_os_str().as_bytes().to_vec();
        if let Some(home) = &rights.home {
            variables.push(("HOME", path(home)));
        }
        variables.push(("LOGNAME", state.user.clone()));
        variables.push(("USER", state.user.clone()));
        variables.push(("SENDER", state.sender.clone()));
        variables.push(("RECIPIENT", state.recipient.address.clone()));
        variables.push(("LOCAL", state.local.clone()));
        if let Some(shell) = &rights.shell {
            variables.push(("SHELL", path(shell)));
        }
        if let Some(domain) = &state.domain {
            variables.push(("DOMAIN", domain.clone()));
        }
        if let Some(extension) = &state.extension {
            variables.push(("EXTENSION", extension.clone()));
        }
        let present = [
            ("ORIGINAL_RECIPIENT", &state.recipient.original),
            ("ENVID", &request.dsn_envid),
            ("CLIENT_HOSTNAME", &request.client.name),
            ("CLIENT_ADDRESS", &request.client.address),
            ("CLIENT_HELO", &request.client.helo),
            ("CLIENT_PROTOCOL", &request.client.protocol),
            ("SASL_METHOD", &request.sasl.method),
            ("SASL_SENDER", &request.sasl.sender),
            ("SASL_USERNAME", &request.sasl.username),
        ];
        variables.extend(
            present
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name, value.clone())),
        );
        let filter = Some(self.settings.command_filter.as_str());
        let mut environment = self.settings.export_environment.clone();
        environment.retain(|(name, _)| name != OsStr::new("PATH"));
        environment.push(("PATH".into(), sys::process::SEARCH_PATH.into()));
        for (name, value) in variables {
            environment.retain(|(known, _)| known != OsStr::new(name));
            environment.push((name.into(), OsString::from_vec(expand::censor(value, filter))));
        }
        environment
    }
}

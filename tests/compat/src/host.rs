//! A host: a copy-on-write copy of a root directory, with its own network (loopback only), processes and mounts.

use crate::pair::printable;
use crate::recorded::{self, Answers, Done, Mode, Question, room};
use crate::roots::{self, Version};
use bstr::ByteSlice;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Seek, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// What a host is made of, before it is started.
#[derive(Clone, Debug)]
pub struct HostSpec {
    version: Version,
    with_ours: bool,
    /// Programs in daemon_directory that are taken from the other side.
    swapped_daemons: Vec<String>,
    /// Programs in command_directory that are taken from the other side.
    swapped_commands: Vec<String>,
    files: Vec<(PathBuf, Vec<u8>, u32)>,
    main_cf_lines: Vec<String>,
}

const DAEMON_DIRECTORY: &str = "usr/lib/postfix/sbin";
const COMMAND_DIRECTORY: &str = "usr/sbin";

impl HostSpec {
    /// Debian's Postfix of that version as its package installs it.
    pub fn reference(version: Version) -> HostSpec {
        HostSpec {
            version,
            with_ours: false,
            swapped_daemons: Vec::new(),
            swapped_commands: Vec::new(),
            files: Vec::new(),
            main_cf_lines: Vec::new(),
        }
    }

    /// The same root with our programs installed over it.
    pub fn ours(version: Version) -> HostSpec {
        HostSpec { with_ours: true, ..HostSpec::reference(version) }
    }

    /// Takes a daemon from the other side: one of ours into the reference, or a real one among ours.
    pub fn swap_daemon(mut self, name: &str) -> HostSpec {
        self.swapped_daemons.push(name.to_owned());
        self
    }

    /// Takes a command from the other side.
    pub fn swap_command(mut self, name: &str) -> HostSpec {
        self.swapped_commands.push(name.to_owned());
        self
    }

    /// Puts a file (mode 0644) into the host before it starts. Its time stamp lies an hour back: the reference reads a
    /// configuration file again while it is younger than a second.
    pub fn file(self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> HostSpec {
        self.file_with_mode(path, content, 0o644)
    }

    /// As [`HostSpec::file`], with a mode.
    pub fn file_with_mode(
        mut self,
        path: impl AsRef<Path>,
        content: impl AsRef<[u8]>,
        mode: u32,
    ) -> HostSpec {
        self.files.push((path.as_ref().to_owned(), content.as_ref().to_vec(), mode));
        self
    }

    /// Adds lines to the packaged main.cf (which comes first, unless a file `/etc/postfix/main.cf` was given).
    pub fn main_cf(mut self, lines: &str) -> HostSpec {
        self.main_cf_lines.push(lines.to_owned());
        self
    }

    /// Starts the host (not yet its mail system).
    pub fn start(&self) -> Host {
        self.start_with(Answers::Live)
    }

    /// Starts the host; its programs answer, or a recording of what they said.
    pub fn start_with(&self, answers: Answers) -> Host {
        let host = if recorded::mode() == Mode::Recorded {
            Host::furnish(self.with_ours, answers)
        } else {
            let mut lower = vec![roots::reference(self.version)];
            if self.with_ours {
                lower.insert(0, roots::ours(self.version));
            }
            Host::boot(&lower, answers)
        };
        self.swap_programs(&host);
        self.write_files(&host);
        host
    }

    fn swap_programs(&self, host: &Host) {
        if self.swapped_daemons.is_empty() && self.swapped_commands.is_empty() {
            return;
        }
        let other = if self.with_ours { roots::reference(self.version) } else { roots::ours(self.version) };
        let daemons = self.swapped_daemons.iter().map(|name| Path::new(DAEMON_DIRECTORY).join(name));
        let commands = self.swapped_commands.iter().map(|name| Path::new(COMMAND_DIRECTORY).join(name));
        for program in daemons.chain(commands) {
            let source = other.join(&program);
            let metadata =
                fs::metadata(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
            let destination = host.path(&program);
            // Not written in place: the file may be a hard link under several names.
            let _ = fs::remove_file(&destination);
            fs::copy(&source, &destination).expect("copy a program into a host");
            std::os::unix::fs::chown(
                &destination,
                Some(std::os::unix::fs::MetadataExt::uid(&metadata)),
                Some(std::os::unix::fs::MetadataExt::gid(&metadata)),
            )
            .expect("owner of a program");
            fs::set_permissions(&destination, metadata.permissions()).expect("mode of a program");
        }
    }

    fn write_files(&self, host: &Host) {
        for (path, content, mode) in &self.files {
            host.place(path, content);
            fs::set_permissions(host.path(path), fs::Permissions::from_mode(*mode)).expect("set a mode");
        }
        if !self.main_cf_lines.is_empty() {
            let packaged = String::from_utf8_lossy(&host.read("/etc/postfix/main.cf")).into_owned();
            host.place("/etc/postfix/main.cf", merge_main_cf(&packaged, &self.main_cf_lines.join("\n")));
        }
    }

    /// Puts the configuration into the host that the package of the recorded reference installs; a reference made on
    /// another machine has another `myhostname`. Files that were given before come after it.
    pub(crate) fn recorded_configuration(mut self) -> HostSpec {
        let files = room::configuration().into_iter().map(|(path, content)| (path, content, 0o644));
        self.files.splice(0..0, files);
        self
    }

    /// Everything that the host starts with.
    pub(crate) fn question(&self) -> Question {
        let mut question = Question::new("files");
        for (path, content, mode) in &self.files {
            question =
                question.part(path.as_os_str().as_encoded_bytes()).part(content).part(mode.to_be_bytes());
        }
        self.main_cf_lines.iter().fold(question, |question, lines| question.part(lines))
    }
}

/// Puts lines behind a main.cf and takes out what later ones replace: a postlogd that has to warn about many repeated
/// entries fills its own socket and hangs (seen with 3.11.7).
fn merge_main_cf(packaged: &str, added: &str) -> String {
    fn name(line: &str) -> Option<&str> {
        line.split_once('=')
            .map(|(name, _)| name.trim_end())
            .filter(|name| !name.starts_with(['#', ' ', '\t']))
    }
    let lines: Vec<&str> = packaged.lines().chain(added.lines()).collect();
    let mut last = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        last.extend(name(line).map(|name| (name, at)));
    }
    let mut merged = String::new();
    for (at, line) in lines.iter().enumerate() {
        if name(line).is_none_or(|name| last.get(name) == Some(&at)) {
            merged += line;
            merged.push('\n');
        }
    }
    merged
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Everything from its standard output.
    pub stdout: Vec<u8>,
    /// Everything from its standard error.
    pub stderr: Vec<u8>,
    /// Its exit status, or 128 plus the number of the signal that ended it.
    pub status: i32,
}

/// A host that runs. It ends, with all its processes, when this value is dropped.
pub struct Host {
    place: Place,
    folder: PathBuf,
    /// Who answers for its programs.
    pub(crate) answers: Answers,
}

/// Where a host's commands run.
enum Place {
    /// In namespaces that its first process keeps, over the root of a reference.
    Namespaces { init: Child, pid: u32 },
    /// In a folder, with namespaces for each command: see [`room`].
    Room,
}

/// Runs as the first process of a host: mounts, then waits and reaps orphans. `$1` lower layers, `$2` folder.
const BOOT: &str = r#"
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
cd "$2/merged"
mkdir -p dev proc tmp
mount -t proc proc proc
mount -t tmpfs tmpfs dev
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir dev/shm
chmod 1777 dev/shm tmp
ip link set lo up
hostname mail.example.com
exec chroot . /bin/bash -c 'echo up; trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'
"#;

impl Host {
    /// A host in a room, which needs no root.
    fn furnish(with_ours: bool, answers: Answers) -> Host {
        let folder = new_folder();
        let root = folder.join("root");
        let build = if with_ours { room::build } else { room::build_bare };
        build(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        Host { place: Place::Room, folder, answers }
    }

    fn boot(lower: &[PathBuf], answers: Answers) -> Host {
        let folder = new_folder();
        for name in ["upper", "work", "merged"] {
            fs::create_dir(folder.join(name)).expect("create a folder of a host");
        }
        // The upper folder becomes the host's `/`.
        fs::set_permissions(folder.join("upper"), fs::Permissions::from_mode(0o755)).expect("set a mode");
        let lower: Vec<&str> = lower.iter().map(|path| path.to_str().expect("a path in UTF-8")).collect();
        let mut init = Command::new("unshare")
            .args([
                "--net",
                "--pid",
                "--mount",
                "--uts",
                "--ipc",
                "--fork",
                "--kill-child",
                "bash",
                "-c",
                BOOT,
                "boot",
            ])
            .arg(lower.join(":"))
            .arg(&folder)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start unshare(1)");
        let mut up = [0; 3];
        let ready = init.stdout.as_mut().expect("a pipe").read_exact(&mut up).is_ok() && &up == b"up\n";
        if !ready {
            let mut errors = String::new();
            let _ = init.stderr.take().expect("a pipe").read_to_string(&mut errors);
            panic!("a host did not start (this needs root, namespaces and overlayfs): {errors}");
        }
        let pid = first_child(init.id());
        Host { place: Place::Namespaces { init, pid }, folder, answers }
    }

    /// A path inside the host as seen from outside.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        let root = match self.place {
            Place::Namespaces { pid, .. } => PathBuf::from(format!("/proc/{pid}/root")),
            Place::Room => self.folder.join("root"),
        };
        room::inside(&root, inside)
    }

    /// The bytes of a file inside the host.
    pub fn read(&self, inside: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(&inside);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", inside.as_ref().display()))
    }

    /// Writes a file inside the host, with a time stamp an hour back.
    pub fn write(&self, inside: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let name = inside.as_ref().as_os_str().as_encoded_bytes();
        self.answers.note(&Question::new("file").part(name).part(&content));
        self.place(inside, content);
    }

    /// As [`Host::write`], for files that do not count as a change to the host.
    pub(crate) fn place(&self, inside: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(&inside);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("create a folder in a host");
        }
        let mut file = fs::File::create(&path).expect("create a file in a host");
        file.write_all(content.as_ref()).expect("write a file in a host");
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        file.set_modified(hour_ago).expect("age a file in a host");
    }

    /// A command inside the host, as root, with a small clean environment, ready to be changed and run.
    pub fn command<S: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = S>) -> Command {
        let mut command = match self.place {
            Place::Namespaces { pid, .. } => {
                let mut command = Command::new("nsenter");
                command.args(["--target", &pid.to_string()]);
                command.args(["--mount", "--net", "--pid", "--uts", "--ipc", "--root", "--wd", "--"]);
                command
            }
            Place::Room => room::command(&self.folder.join("root")),
        };
        command
            .args(self.answers.runner())
            .args(argv)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("NORANDOMIZE", "")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = S>) -> Output {
        self.run_with_input(argv, b"")
    }

    /// Runs a command to its end, with something on its standard input.
    pub fn run_with_input<S: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
        let argv: Vec<S> = argv.into_iter().collect();
        let words: Vec<&[u8]> = argv.iter().map(|word| word.as_ref().as_encoded_bytes()).collect();
        let question = Question::new(words.join(&b' ').to_str_lossy());
        let question = words.iter().fold(question, |question, word| question.part(word)).part(input);
        let ask = || Done { output: finish(&mut self.command(&argv), input), files: Vec::new() };
        self.answers.to(question, ask).output
    }

    /// Mode, owner and content of a file, or why there is none.
    pub fn file_state(&self, path: &Path) -> String {
        let name = path.display().to_string();
        let question = Question::new(&name).part("state of").part(&name);
        let ask = || Done { files: vec![(name, state(&self.path(path)))], ..Done::default() };
        self.answers.to(question, ask).files.pop().map(|(_, state)| state).unwrap_or_default()
    }

    /// Runs a command as another user of the host.
    pub fn run_as(&self, user: &str, argv: &[&str], input: &[u8]) -> Output {
        let mut whole: Vec<OsString> = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"]
            .iter()
            .map(OsString::from)
            .collect();
        whole.extend(argv.iter().map(OsString::from));
        self.run_with_input(whole, input)
    }

    /// Runs a command that must succeed, and gives its standard output.
    pub fn must<S: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = S>) -> Vec<u8> {
        let argv: Vec<OsString> = argv.into_iter().map(|word| word.as_ref().to_owned()).collect();
        let output = self.run(&argv);
        assert_eq!(
            output.status,
            0,
            "{argv:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Connects to a port on the host's loopback.
    pub fn connect(&self, port: u16) -> std::io::Result<TcpStream> {
        self.in_network(move || TcpStream::connect(("127.0.0.1", port)))
    }

    /// Connects from an address of the host's loopback network.
    pub fn connect_from(&self, address: &str, port: u16) -> std::io::Result<TcpStream> {
        use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
        use std::os::fd::AsRawFd;
        let from: std::net::Ipv4Addr = address.parse().expect("an IPv4 address");
        self.in_network(move || {
            let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
            bind(socket.as_raw_fd(), &SockaddrIn::from(std::net::SocketAddrV4::new(from, 0)))?;
            connect(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, port))?;
            Ok(TcpStream::from(socket))
        })
    }

    /// Listens on a port of the host's loopback.
    pub fn listen(&self, address: &str, port: u16) -> TcpListener {
        let address = address.to_owned();
        self.in_network(move || TcpListener::bind((address.as_str(), port))).expect("listen inside a host")
    }

    /// A UDP socket on the host's loopback.
    pub fn udp(&self, port: u16) -> UdpSocket {
        self.in_network(move || UdpSocket::bind(("127.0.0.1", port))).expect("a UDP socket inside a host")
    }

    /// Runs something in a thread whose network is the host's.
    pub fn in_network<T: Send + 'static>(&self, action: impl FnOnce() -> T + Send + 'static) -> T {
        let Place::Namespaces { pid, .. } = self.place else {
            panic!("a room has a network only while a command runs: this case cannot have a recording");
        };
        let network = fs::File::open(format!("/proc/{pid}/ns/net")).expect("the host's network");
        std::thread::spawn(move || {
            nix::sched::setns(network, nix::sched::CloneFlags::CLONE_NEWNET)
                .expect("enter the host's network");
            action()
        })
        .join()
        .expect("a thread in the host's network")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Place::Namespaces { init, .. } = &mut self.place {
            let _ = init.kill();
            let _ = init.wait();
        }
        if std::env::var_os("OXIPOST_KEEP_HOSTS").is_none() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn new_folder() -> PathBuf {
    let hosts = roots::target().join("hosts");
    fs::create_dir_all(&hosts).expect("create a folder for hosts");
    tempfile::Builder::new().prefix("h").tempdir_in(&hosts).expect("a folder for a host").keep()
}

fn state(path: &Path) -> String {
    match fs::metadata(path) {
        Ok(metadata) => {
            let head = format!("{:o} {}:{}\n", metadata.mode(), metadata.uid(), metadata.gid());
            head + &fs::read(path).map(|bytes| printable(&bytes)).unwrap_or_default()
        }
        Err(error) => error.to_string(),
    }
}

/// Output goes to files, not pipes: a daemon that a command leaves behind may keep its standard error open.
fn finish(command: &mut Command, input: &[u8]) -> Output {
    let mut stdout = tempfile::tempfile().expect("a temporary file");
    let mut stderr = tempfile::tempfile().expect("a temporary file");
    command.stdin(Stdio::piped());
    command
        .stdout(stdout.try_clone().expect("a second handle"))
        .stderr(stderr.try_clone().expect("a second handle"));
    let mut child = command.spawn().expect("start nsenter(1)");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A command that does not read its input is no error of the harness.
        let _ = stdin.write_all(&input);
    });
    let status = child.wait().expect("wait for a command");
    let _ = writer.join();
    Output { stdout: whole(&mut stdout), stderr: whole(&mut stderr), status: status_number(status) }
}

fn whole(file: &mut fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().expect("rewind a temporary file");
    file.read_to_end(&mut bytes).expect("read a temporary file");
    bytes
}

fn status_number(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// unshare(1) forks; its child is the first process of the host.
fn first_child(pid: u32) -> u32 {
    let children =
        fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("children of unshare(1)");
    children.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a child of unshare(1)")
}

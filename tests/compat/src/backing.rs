//! Servers that tables ask, shared by both hosts of a pair: PostgreSQL, MariaDB, OpenLDAP, memcached.
//!
//! A server runs beside the hosts, in a folder of its own, and listens on a socket there. A host gets to it by a
//! [`relay`] that listens inside of the host.

use crate::host::Host;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a server may take to end on each signal.
const END_LIMIT: Duration = Duration::from_secs(2);

/// A server that runs until this value is dropped.
pub struct Server {
    child: Child,
    folder: TempDir,
    socket: &'static str,
}

/// A folder that this user owns.
fn folder_of(user: &str) -> TempDir {
    // Sockets have short names only.
    let folder = tempfile::Builder::new().prefix("ox").tempdir_in("/tmp").expect("a folder for a server");
    let user = nix::unistd::User::from_name(user).expect("a user").expect("the server's user");
    chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("owner of a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode of a folder");
    folder
}

/// A command as another user, whose output nobody sees.
fn command_as(user: &str, program: impl AsRef<Path>) -> Command {
    let user = nix::unistd::User::from_name(user).expect("a user").expect("the server's user");
    let mut command = Command::new(program.as_ref());
    command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn must(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Runs a command with something on its standard input.
fn must_with_input(command: &mut Command, input: &str) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("start a command");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("write to a command");
    assert!(child.wait().expect("wait for a command").success(), "{command:?}");
}

/// The folder of PostgreSQL's programs, whatever its version.
fn postgresql_programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL, see tests/compat/install-tools")
        .map(|entry| entry.expect("a folder").path().join("bin"))
        .collect();
    versions.sort();
    versions.pop().expect("a version of PostgreSQL")
}

impl Server {
    fn started(mut command: Command, folder: TempDir, socket: &'static str) -> Server {
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Server { child, folder, socket };
        let start = Instant::now();
        while UnixStream::connect(server.socket()).is_err() {
            assert!(start.elapsed() < START_LIMIT, "waited too long for {command:?}");
            assert!(server.child.try_wait().expect("a child").is_none(), "{command:?} ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The socket on which it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(self.socket)
    }

    /// PostgreSQL with these lines in pg_hba.conf, after these commands of psql(1).
    pub fn postgresql(access: &str, setup: &str) -> Server {
        let programs = postgresql_programs();
        let folder = folder_of("postgres");
        let data = folder.path().join("data");
        let options = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        must(command_as("postgres", programs.join("initdb")).args(options).arg(&data));
        fs::write(data.join("pg_hba.conf"), format!("local all postgres trust\n{access}"))
            .expect("pg_hba.conf");
        let mut command = command_as("postgres", programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(folder.path());
        command.args(["-c", "fsync=off", "-c", "listen_addresses="]);
        let server = Server::started(command, folder, ".s.PGSQL.5432");
        let mut psql = Command::new(programs.join("psql"));
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(server.folder.path());
        let ready = || psql_answers(&programs, server.folder.path());
        let start = Instant::now();
        while !ready() {
            assert!(start.elapsed() < START_LIMIT, "waited too long for PostgreSQL");
            std::thread::sleep(Duration::from_millis(50));
        }
        must_with_input(&mut psql, setup);
        server
    }

    /// What PostgreSQL's superuser gets for a query: one value.
    pub fn postgresql_value(&self, query: &str) -> String {
        let mut psql = Command::new(postgresql_programs().join("psql"));
        psql.args(["-qtA", "-U", "postgres", "-c", query, "-h"]).arg(self.folder.path());
        let output = psql.stdin(Stdio::null()).output().expect("psql");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// MariaDB, after these commands.
    pub fn mariadb(setup: &str) -> Server {
        let folder = folder_of("mysql");
        let data = folder.path().join("data");
        let mut install = Command::new("mariadb-install-db");
        install.args([
            "--no-defaults",
            "--user=mysql",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ]);
        install.arg(format!("--datadir={}", data.display())).stdout(Stdio::null()).stderr(Stdio::null());
        // Several at once would take each other's temporary tables for their own.
        let temporary = format!("--tmpdir={}", folder.path().display());
        must(install.arg(&temporary));
        let mut command = command_as("mysql", "/usr/sbin/mariadbd");
        command.args(["--no-defaults", "--skip-networking", "--skip-name-resolve", &temporary]);
        command.arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", folder.path().join("s").display()));
        let server = Server::started(command, folder, "s");
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "-uroot", "-S"]).arg(server.socket());
        must_with_input(&mut client, setup);
        server
    }

    /// OpenLDAP with these lines in slapd.conf and this content. `@folder@` in the lines is a folder of its own.
    pub fn openldap(configuration: &str, content: &str) -> Server {
        let folder = folder_of("openldap");
        let path = |name: &str| folder.path().join(name);
        let own = folder.path().to_str().expect("a path in UTF-8");
        fs::create_dir(path("db")).expect("a folder for entries");
        fs::write(path("slapd.conf"), configuration.replace("@folder@", own)).expect("slapd.conf");
        let mut certificate = Command::new("openssl");
        certificate.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        certificate.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        certificate.arg("-keyout").arg(path("key.pem")).arg("-out").arg(path("cert.pem"));
        must(certificate.stderr(Stdio::null()));
        let mut load = Command::new("slapadd");
        load.args(["-q", "-f"]).arg(path("slapd.conf"));
        must_with_input(&mut load, content);
        let mut command = Command::new("slapd");
        let url = format!("ldapi://{}", own.replace('/', "%2F") + "%2Fs");
        command.args(["-d", "0", "-h", &url, "-f"]).arg(path("slapd.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Server::started(command, folder, "s")
    }

    /// The certificate of OpenLDAP, which is its own authority.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("cert.pem")).expect("a certificate")
    }

    /// An empty memcached.
    pub fn memcached() -> Server {
        let folder = folder_of("nobody");
        let mut command = command_as("nobody", "/usr/bin/memcached");
        command.arg("-s").arg(folder.path().join("s"));
        Server::started(command, folder, "s")
    }
}

fn psql_answers(programs: &Path, folder: &Path) -> bool {
    let mut psql = Command::new(programs.join("psql"));
    psql.args(["-q", "-U", "postgres", "-c", "select 1", "-h"]).arg(folder);
    psql.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    psql.status().is_ok_and(|status| status.success())
}

impl Drop for Server {
    fn drop(&mut self) {
        // MariaDB and PostgreSQL have children of their own, which a signal to end takes along. A shell's background
        // jobs are born deaf to SIGQUIT, so there are others.
        for signal in [Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGKILL] {
            let _ = kill(Pid::from_raw(self.child.id() as i32), signal);
            let start = Instant::now();
            while start.elapsed() < END_LIMIT {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Something that connections come from.
trait Listener: Send + 'static {
    /// The next connection, as two halves.
    fn next(&self) -> io::Result<(Box<dyn Duplex>, Box<dyn Duplex>)>;
}

/// A connection that can be closed in one direction.
trait Duplex: Read + Write + Send {
    fn end(&self);
}

impl Duplex for UnixStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Duplex for std::net::TcpStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Listener for std::net::TcpListener {
    fn next(&self) -> io::Result<(Box<dyn Duplex>, Box<dyn Duplex>)> {
        let (stream, _) = self.accept()?;
        stream.set_nodelay(true)?;
        Ok((Box::new(stream.try_clone()?), Box::new(stream)))
    }
}

impl Listener for UnixListener {
    fn next(&self) -> io::Result<(Box<dyn Duplex>, Box<dyn Duplex>)> {
        let (stream, _) = self.accept()?;
        Ok((Box::new(stream.try_clone()?), Box::new(stream)))
    }
}

fn pump(mut from: Box<dyn Duplex>, mut to: Box<dyn Duplex>) {
    let _ = io::copy(&mut from, &mut to);
    to.end();
}

fn serve(listener: impl Listener, socket: PathBuf) {
    std::thread::spawn(move || {
        while let Ok((reader, writer)) = listener.next() {
            let Ok(server) = UnixStream::connect(&socket) else { continue };
            let Ok(again) = server.try_clone() else { continue };
            std::thread::spawn(move || pump(reader, Box::new(server)));
            std::thread::spawn(move || pump(Box::new(again), writer));
        }
    });
}

/// Makes a socket of this machine reachable on a port of a host's loopback.
pub fn relay_port(host: &Host, port: u16, socket: &Path) {
    serve(host.listen("127.0.0.1", port), socket.to_owned());
}

/// Makes a socket of this machine reachable as a socket of a host.
pub fn relay_socket(host: &Host, inside: &str, socket: &Path) {
    let path = host.path(inside);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for a socket");
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).expect("a socket inside a host");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("mode of a socket");
    serve(listener, socket.to_owned());
}

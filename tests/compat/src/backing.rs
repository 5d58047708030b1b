//! Servers that tables ask, shared by both hosts of a pair: PostgreSQL, MariaDB, OpenLDAP, memcached.
//!
//! A server runs beside the hosts, in a folder of its own, and listens on a socket there. A host gets to it by a
//! [`relay`] that listens inside of the host.

use crate::certificates::{Authority, Identity};
use crate::host::Host;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long a server may take to end on each signal.
const END_LIMIT: Duration = Duration::from_secs(2);

/// A server that runs until this value is dropped.
pub struct Server {
    child: Child,
    folder: TempDir,
    socket: String,
    /// The port of this machine's loopback where it listens, too.
    port: Option<u16>,
}

/// A server's certificate, and whom it trusts itself.
pub struct Tls<'a> {
    /// The server's certificate and key.
    pub identity: &'a Identity,
    /// Who signs certificates of clients.
    pub authority: &'a Authority,
}

impl Tls<'_> {
    /// Puts `cert.pem`, `key.pem` and `ca.pem` into a folder, for its owner.
    fn place(&self, folder: &Path) {
        let authority = self.authority.certificate();
        let owner = fs::metadata(folder).expect("a folder");
        for (name, content) in [
            ("cert.pem", &self.identity.certificate),
            ("key.pem", &self.identity.key),
            ("ca.pem", &authority),
        ] {
            let path = folder.join(name);
            fs::write(&path, content).expect("a certificate");
            chown(&path, Some(owner.uid()), Some(owner.gid())).expect("owner of a certificate");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode of a certificate");
        }
    }
}

/// A port of this machine that nobody has: below those that the kernel gives to clients, and given out once.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other runs on this machine begin elsewhere.
    let first = (std::process::id() % 100) as u16 * 100;
    let ports = std::iter::repeat_with(|| 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.take(1000).find(is_free).expect("a free port")
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
    fn started(mut command: Command, folder: TempDir, socket: impl Into<String>) -> Server {
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Server { child, folder, socket: socket.into(), port: None };
        let start = Instant::now();
        while UnixStream::connect(server.socket()).is_err() {
            assert!(start.elapsed() < START_LIMIT, "waited too long for {command:?}");
            assert!(server.child.try_wait().expect("a child").is_none(), "{command:?} ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn on_port(mut self, port: Option<u16>) -> Server {
        self.port = port;
        self
    }

    /// The socket on which it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(&self.socket)
    }

    /// PostgreSQL with these lines in pg_hba.conf, after these commands of psql(1).
    pub fn postgresql(access: &str, setup: &str) -> Server {
        Server::postgresql_with(access, setup, None)
    }

    /// PostgreSQL on a port, with TLS there: it has none on its socket.
    pub fn postgresql_with_tls(access: &str, setup: &str, tls: &Tls) -> Server {
        Server::postgresql_with(access, setup, Some(tls))
    }

    fn postgresql_with(access: &str, setup: &str, tls: Option<&Tls>) -> Server {
        let programs = postgresql_programs();
        let folder = folder_of("postgres");
        let data = folder.path().join("data");
        let options = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        must(command_as("postgres", programs.join("initdb")).args(options).arg(&data));
        fs::write(data.join("pg_hba.conf"), format!("local all postgres trust\n{access}"))
            .expect("pg_hba.conf");
        let mut command = command_as("postgres", programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(folder.path());
        command.args(["-c", "fsync=off"]);
        let port = tls.map(|tls| {
            tls.place(folder.path());
            let port = free_port();
            command.args(["-c", "ssl=on", "-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")]);
            for (parameter, name) in
                [("ssl_cert_file", "cert.pem"), ("ssl_key_file", "key.pem"), ("ssl_ca_file", "ca.pem")]
            {
                command.arg("-c").arg(format!("{parameter}={}", folder.path().join(name).display()));
            }
            port
        });
        if port.is_none() {
            command.args(["-c", "listen_addresses="]);
        }
        // The socket is named after the port.
        let socket = format!(".s.PGSQL.{}", port.unwrap_or(5432));
        let server = Server::started(command, folder, socket).on_port(port);
        let mut psql = Command::new(programs.join("psql"));
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]).args(server.postgresql_place());
        let ready = || psql_answers(&programs, &server.postgresql_place());
        let start = Instant::now();
        while !ready() {
            assert!(start.elapsed() < START_LIMIT, "waited too long for PostgreSQL");
            std::thread::sleep(Duration::from_millis(50));
        }
        must_with_input(&mut psql, setup);
        server
    }

    /// Options of psql(1).
    fn postgresql_place(&self) -> [String; 4] {
        let port = self.port.unwrap_or(5432).to_string();
        ["-h".to_owned(), self.folder.path().display().to_string(), "-p".to_owned(), port]
    }

    /// What PostgreSQL's superuser gets for a query: one value.
    pub fn postgresql_value(&self, query: &str) -> String {
        let mut psql = Command::new(postgresql_programs().join("psql"));
        psql.args(["-qtA", "-U", "postgres", "-c", query]).args(self.postgresql_place());
        let output = psql.stdin(Stdio::null()).output().expect("psql");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// MariaDB, after these commands.
    pub fn mariadb(setup: &str) -> Server {
        Server::mariadb_with(setup, None)
    }

    /// MariaDB with TLS, after these commands.
    pub fn mariadb_with_tls(setup: &str, tls: &Tls) -> Server {
        Server::mariadb_with(setup, Some(tls))
    }

    fn mariadb_with(setup: &str, tls: Option<&Tls>) -> Server {
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
        command.args(["--no-defaults", "--skip-name-resolve", &temporary]);
        command.arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", folder.path().join("s").display()));
        let port = tls.map(|tls| {
            tls.place(folder.path());
            for (option, name) in [("cert", "cert.pem"), ("key", "key.pem"), ("ca", "ca.pem")] {
                command.arg(format!("--ssl-{option}={}", folder.path().join(name).display()));
            }
            let port = free_port();
            command.arg(format!("--port={port}")).arg("--bind-address=127.0.0.1");
            port
        });
        if port.is_none() {
            command.arg("--skip-networking");
        }
        let server = Server::started(command, folder, "s").on_port(port);
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "-uroot", "-S"]).arg(server.socket());
        must_with_input(&mut client, setup);
        server
    }

    /// OpenLDAP with these lines in slapd.conf and this content, with `ldaps` on a port. `@folder@` in the lines is a folder
    /// of its own, with certificates.
    pub fn openldap(configuration: &str, content: &str, tls: &Tls) -> Server {
        let folder = folder_of("openldap");
        let path = |name: &str| folder.path().join(name);
        let own = folder.path().to_str().expect("a path in UTF-8");
        fs::create_dir(path("db")).expect("a folder for entries");
        fs::write(path("slapd.conf"), configuration.replace("@folder@", own)).expect("slapd.conf");
        tls.place(folder.path());
        let mut load = Command::new("slapadd");
        load.args(["-q", "-f"]).arg(path("slapd.conf"));
        must_with_input(&mut load, content);
        let mut command = Command::new("slapd");
        let url = format!("ldapi://{}", own.replace('/', "%2F") + "%2Fs");
        let port = free_port();
        command
            .args(["-d", "0", "-h", &format!("{url} ldaps://127.0.0.1:{port}"), "-f"])
            .arg(path("slapd.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Server::started(command, folder, "s").on_port(Some(port))
    }

    /// An empty memcached.
    pub fn memcached() -> Server {
        let folder = folder_of("nobody");
        let mut command = command_as("nobody", "/usr/bin/memcached");
        command.arg("-s").arg(folder.path().join("s"));
        Server::started(command, folder, "s")
    }
}

fn psql_answers(programs: &Path, place: &[String]) -> bool {
    let mut psql = Command::new(programs.join("psql"));
    psql.args(["-q", "-U", "postgres", "-c", "select 1"]).args(place);
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

impl Duplex for TcpStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Listener for TcpListener {
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

/// Connects a listener to a place, both ways.
fn serve<S: Duplex + 'static>(
    listener: impl Listener,
    connect: impl Fn() -> io::Result<(S, S)> + Send + 'static,
) {
    std::thread::spawn(move || {
        while let Ok((reader, writer)) = listener.next() {
            let Ok((server, again)) = connect() else { continue };
            std::thread::spawn(move || pump(reader, Box::new(server)));
            std::thread::spawn(move || pump(Box::new(again), writer));
        }
    });
}

fn to_socket(path: PathBuf) -> impl Fn() -> io::Result<(UnixStream, UnixStream)> {
    move || {
        let stream = UnixStream::connect(&path)?;
        Ok((stream.try_clone()?, stream))
    }
}

/// Makes a socket of this machine reachable on a port of a host's loopback.
pub fn relay_port(host: &Host, port: u16, socket: &Path) {
    serve(host.listen("127.0.0.1", port), to_socket(socket.to_owned()));
}

/// Makes the port of a server reachable on a port of a host's loopback.
pub fn relay_tls_port(host: &Host, port: u16, server: &Server) {
    relay_tls_address(host, "127.0.0.1", port, server);
}

/// As [`relay_tls_port`], on an address of its own.
pub fn relay_tls_address(host: &Host, address: &str, port: u16, server: &Server) {
    let target = server.port.expect("a server with a port");
    serve(host.listen(address, port), move || {
        let stream = TcpStream::connect(("127.0.0.1", target))?;
        stream.set_nodelay(true)?;
        Ok((stream.try_clone()?, stream))
    });
}

/// Makes a socket of this machine reachable as a socket of a host.
pub fn relay_socket(host: &Host, inside: &str, socket: &Path) {
    let path = host.path(inside);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for a socket");
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).expect("a socket inside a host");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("mode of a socket");
    serve(listener, to_socket(socket.to_owned()));
}

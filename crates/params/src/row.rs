//! What a row of the table is made of.

use std::marker::PhantomData;
use std::time::Duration;

/// A typed handle on one parameter: what programs name in place of a string.
pub struct Param<K> {
    ordinal: u16,
    row: &'static Row,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Param<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Param<K> {}

impl<K> std::fmt::Debug for Param<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Param({})", self.row.name)
    }
}

impl<K> Param<K> {
    /// Only the table's own macro makes handles.
    pub(crate) const fn new(ordinal: u16, row: &'static Row) -> Self {
        Self { ordinal, row, kind: PhantomData }
    }

    /// Position in the table, from 0 to [`crate::COUNT`] - 1; stable within one build.
    pub const fn ordinal(&self) -> usize {
        self.ordinal as usize
    }

    /// The parameter's name as it stands in main.cf.
    pub const fn name(&self) -> &'static str {
        self.row.name
    }

    /// All facts about the parameter.
    pub const fn row(&self) -> &'static Row {
        self.row
    }
}

/// One parameter, with everything that is known of it.
#[derive(Debug)]
pub struct Row {
    /// Name as it stands in main.cf.
    pub name: &'static str,
    /// What stands for it in the value of another: `$name`.
    pub reference: &'static str,
    /// How its text becomes a value.
    pub shape: Shape,
    /// What it is when nobody sets it.
    pub default: Default,
    /// Bounds of the value (numbers, seconds) or of its length in bytes (text).
    pub limits: Limits,
    /// Who reads it.
    pub programs: &'static [Program],
    /// First Postfix release that has it; `None`: it was always there, or the manual page does not tell.
    pub since: Option<&'static str>,
    /// Set when the parameter is on its way out: what postconf(1) tells people to do instead.
    pub instead: Option<&'static str>,
    /// Kept only so that the default of its successor can refer to it; not listed by postconf(1).
    pub legacy: bool,
    /// Documentation comment of the row, as written there.
    pub(crate) doc: &'static str,
}

impl Row {
    /// One line on what the parameter is for.
    pub fn description(&self) -> &'static str {
        self.doc.trim()
    }

    /// True when `program` (a daemon's or command's name) evaluates this parameter.
    pub fn is_read_by(&self, program: &str) -> bool {
        self.programs.iter().any(|who| who.covers(program))
    }
}

/// How the text of a parameter becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text with `$name` expanded.
    Text,
    /// Text as it stands; `$name` is expanded later, by whoever knows the values, if at all.
    Raw,
    /// Integer of 32 bits.
    Int,
    /// Integer of 64 bits.
    Long,
    /// A time, with the unit that a bare number has in its default's last letter.
    Seconds,
    /// `yes` or `no`.
    Bool,
}

/// What a parameter is when nobody sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// This text, which may refer to other parameters.
    Text(&'static str),
    /// Found out at run time.
    Computed(Computed),
}

/// Defaults that the running system decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// The host's own name, made fully qualified with the default domain when it has no dot.
    MyHostname,
    /// What follows the first dot of the host name.
    MyDomain,
    /// The networks of the local interfaces, by `mynetworks_style`.
    MyNetworks,
    /// Name of the running program.
    ProcessName,
    /// Id of the running process.
    ProcessId,
}

/// Inclusive bounds; 0 means that there is no bound on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Least value or length, if not 0.
    pub min: i64,
    /// Greatest value or length, if not 0.
    pub max: i64,
}

/// No bounds.
pub(crate) const fn any() -> Limits {
    Limits { min: 0, max: 0 }
}

/// No less than `min`.
pub(crate) const fn min(min: i64) -> Limits {
    Limits { min, max: 0 }
}

/// From `min` to `max`.
pub(crate) const fn span(min: i64, max: i64) -> Limits {
    Limits { min, max }
}

/// Who reads a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Every daemon and command.
    Every,
    /// Every daemon that master(8) starts.
    Servers,
    /// Programs that speak TLS.
    Tls,
    /// One daemon or command.
    One(&'static str),
}

/// Programs that link the TLS code, and so read the parameters that it owns.
const TLS_PROGRAMS: [&str; 7] =
    ["smtp", "lmtp", "smtpd", "tlsmgr", "tlsproxy", "postscreen", "posttls-finger"];

/// Programs that read main.cf without being started by master(8).
const COMMANDS: [&str; 20] = [
    "mailq",
    "master",
    "newaliases",
    "oxipost",
    "postalias",
    "postcat",
    "postconf",
    "postdrop",
    "postfix",
    "postkick",
    "postlock",
    "postlog",
    "postmap",
    "postmulti",
    "postqueue",
    "postsuper",
    "posttls-finger",
    "qmqp-source",
    "sendmail",
    "smtp-source",
];

impl Program {
    /// True when a program of this name is meant.
    pub fn covers(self, program: &str) -> bool {
        match self {
            Program::Every => true,
            Program::Servers => !COMMANDS.contains(&program),
            Program::Tls => TLS_PROGRAMS.contains(&program),
            Program::One(name) => name == program,
        }
    }
}

/// An evaluated parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of [`Shape::Text`] and [`Shape::Raw`].
    Text(Box<str>),
    /// Of [`Shape::Int`] and [`Shape::Long`].
    Int(i64),
    /// Of [`Shape::Seconds`].
    Seconds(Duration),
    /// Of [`Shape::Bool`].
    Bool(bool),
}

/// The type of a parameter, as a type: it fixes what a look-up gives.
pub trait Kind: 'static {
    /// What a look-up gives.
    type Output<'a>;
    /// How the text is evaluated.
    const SHAPE: Shape;
    /// Takes the typed value out. A value of another kind, which no one makes, gives what is empty or zero.
    fn pick(value: &Value) -> Self::Output<'_>;
}

/// Kind of parameters whose text is expanded.
pub struct Text;
/// Kind of parameters whose text is taken as it stands.
pub struct Raw;
/// Kind of 32-bit integer parameters.
pub struct Int;
/// Kind of 64-bit integer parameters.
pub struct Long;
/// Kind of time parameters.
pub struct Seconds;
/// Kind of yes/no parameters.
pub struct Bool;

/// A kind whose value is text.
macro_rules! text_kind {
    ($kind:ident) => {
        impl Kind for $kind {
            type Output<'a> = &'a str;
            const SHAPE: Shape = Shape::$kind;
            fn pick(value: &Value) -> &str {
                match value {
                    Value::Text(text) => text,
                    _ => "",
                }
            }
        }
    };
}

/// A kind whose value is copied out.
macro_rules! plain_kind {
    ($kind:ident, $variant:ident, $output:ty, $nothing:expr) => {
        impl Kind for $kind {
            type Output<'a> = $output;
            const SHAPE: Shape = Shape::$kind;
            fn pick(value: &Value) -> $output {
                match value {
                    Value::$variant(value) => *value,
                    _ => $nothing,
                }
            }
        }
    };
}

text_kind!(Text);
text_kind!(Raw);
plain_kind!(Int, Int, i64, 0);
plain_kind!(Long, Int, i64, 0);
plain_kind!(Seconds, Seconds, Duration, Duration::ZERO);
plain_kind!(Bool, Bool, bool, false);

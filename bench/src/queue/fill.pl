# fill.pl COUNT   makes so many deferred messages, each with the log of its deferral, named after their inode numbers.
use strict;
use warnings;

my ($count) = @ARGV;
my ($owner, $group) = (getpwnam 'postfix')[2, 3];
chdir '/var/spool/postfix' or die;

sub record {
    my ($type, $data) = @_;
    my ($length, $head) = (length $data, $type);
    do { $head .= chr(($length & 127) | ($length > 127 ? 128 : 0)); $length >>= 7; } while ($length);
    return $head . $data;
}

sub in_directory {
    my ($path) = @_;
    (my $directory = $path) =~ s{/[^/]*$}{};
    if (!-d $directory) {
        mkdir $directory, 0700 or die "$directory: $!";
        chown $owner, $group, $directory;
    }
    return $path;
}

my $content = join '', map { record('N', "line $_ of a message that waits for better times") } 1 .. 20;
for my $number (1 .. $count) {
    my $temporary = "incoming/$number.fill";
    my $envelope = record('T', '1795377574 123456') . record('A', 'rewrite_context=local')
        . record('S', "sender$number\@example.com") . record('O', "recipient$number\@later.example")
        . record('R', "recipient$number\@later.example") . record('M', '');
    my $size = sprintf '%15d %15d %15d %15d %15d %15d', length $content, 97 + length $envelope, 1, 0, length $content, 0;
    open my $message, '>', $temporary or die;
    print $message record('C', $size), $envelope, $content, record('X', ''), record('E', '');
    close $message;
    my $id = sprintf '%05X%X', $number * 7 % 1_000_000, (stat $temporary)[1];
    my $hash = substr $id, 0, 1;
    chmod 0700, $temporary;
    chown $owner, $group, $temporary;
    rename $temporary, in_directory("deferred/$hash/$id") or die "$id: $!";
    open my $log, '>', in_directory("defer/$hash/$id") or die;
    print $log "\nrecipient=recipient$number\@later.example\noffset=200\nstatus=4.4.1\naction=delayed\n",
        "reason=connect to mx$number.later.example[192.0.2.1]:25: Connection timed out\n\n";
    close $log;
    chmod 0600, "defer/$hash/$id";
    chown $owner, $group, "defer/$hash/$id";
}

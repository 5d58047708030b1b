# many.pl COUNT   makes so many messages in all directories that are listed, of every kind that a listing tells apart.
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

sub save {
    my ($path, $mode, @parts) = @_;
    (my $directory = $path) =~ s{/[^/]*$}{};
    -d $directory or mkdir $directory, 0700 or die "$directory: $!";
    open my $file, '>', $path or die "$path: $!";
    print $file @parts;
    close $file;
    chmod $mode, $path;
    chown $owner, $group, $path, $directory;
    utime 1_795_000_000, 1_795_000_000, $path;
}

my @addresses = ('a@b.example', 'first last@b.example', '', "t\ab\@c.example", 'gr\xc3\xbcn@d.example', 'x"y\\z@e.example', '@r:s@t.example');
my @directories = qw(deferred deferred deferred incoming active hold maildrop);
for my $number (1 .. $count) {
    my $id = sprintf '%05X%05X', $number * 7919 % 1_048_576, $number;
    my $directory = $directories[$number % @directories];
    my $hash = $directory eq 'deferred' ? '/' . substr $id, 0, 1 : '';
    my $content = record('N', 'x' x ($number % 3000)) . record('N', "line of $number");
    my $size = sprintf '%15d %15d %15d %15d %15d %15d', length $content, 0, 1, 0, length $content, 0;
    $size = 'odd' if $number % 41 == 0;
    my @recipients = map { $addresses[($number + $_) % @addresses] } 1 .. 1 + $number % 4;
    my $envelope = $number % 11 == 0 ? '' : record('T', '1795377574 123456');
    $envelope .= record('S', $addresses[$number % @addresses]) unless $number % 67 == 0;
    for my $recipient (@recipients) {
        $envelope .= record('O', "alias$number\@o.example") if $number % 2;
        $envelope .= record('R', $recipient);
    }
    $envelope .= record('S', 'again@x.example') if $number % 59 == 0;
    my @parts = (record('C', $size), $envelope, record('M', ''), $content, record('X', ''), record('E', ''));
    pop @parts if $number % 37 == 0;
    my $mode = $number % 29 == 0 ? 0600 : $number % 13 == 0 ? 0710 : 0700;
    save("$directory$hash/$id", $mode, @parts);
    for my $log ($number % 3 ? 'defer' : (), $number % 5 ? () : 'bounce') {
        my @entries = map { "recipient=$_\noriginal_recipient=alias$number\@o.example\nreason=$log $number \x01 why\n\n" } $recipients[0], "only-in-$log\@x.example";
        push @entries, "<$recipients[-1]>: (old form)\n\n", "recipient=cut\@x.example\n" if $number % 7 == 0;
        save("$log" . ($log eq 'defer' ? '/' . substr $id, 0, 1 : '') . "/$id", 0600, "\n", @entries);
    }
}

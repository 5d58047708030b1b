# smtp.pl PORT   plays the lines of its input to an SMTP server, one reply awaited after each; `DATA` and `BDAT` lines are
# followed by content up to a line `.EOF`. Dies of a refusal.
use strict;
use warnings;
use IO::Socket::INET;

my ($port) = @ARGV;
my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "connect: $!";

sub reply {
    my ($after) = @_;
    while (my $line = <$server>) {
        next if $line =~ /^\d{3}-/;
        die "after $after: $line" if $line !~ /^[23]/;
        return;
    }
    die "after $after: hung up";
}

sub content {
    my $content = '';
    while (defined(my $line = <STDIN>)) {
        return $content if $line eq ".EOF\n";
        chomp $line;
        $content .= "$line\r\n";
    }
    die "no .EOF";
}

reply('connect');
while (defined(my $line = <STDIN>)) {
    chomp $line;
    if ($line eq 'BDAT') {
        my $content = content();
        my $half = int(length($content) / 2);
        printf $server "BDAT %d\r\n%s", $half, substr($content, 0, $half);
        reply('first BDAT');
        printf $server "BDAT %d LAST\r\n%s", length($content) - $half, substr($content, $half);
    } else {
        print $server "$line\r\n";
        if ($line eq 'DATA') {
            reply($line);
            print $server content(), ".\r\n";
        }
    }
    $server->flush;
    reply($line);
}

# A milter on 127.0.0.1:7777 that makes every kind of edit at the end of a message.
use strict;
use warnings;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1:7777', Listen => 5, ReuseAddr => 1) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';
while (my $filter = $listener->accept) {
    if (fork == 0) {
        serve($filter);
        exit;
    }
    close $filter;
}

sub packet { my ($filter, $command, $data) = @_; print $filter pack('N', 1 + length $data), $command, $data; }

sub edits {
    my ($filter) = @_;
    packet($filter, 'h', "X-Added\0one\0");
    packet($filter, 'h', "X-Long\0" . 'folded value, ' x 30 . "\0");
    packet($filter, 'i', pack('N', 0) . "X-First\0at the top\0");
    packet($filter, 'i', pack('N', 2) . "X-Third\0line one\n\tline two\0");
    packet($filter, 'm', pack('N', 1) . "Subject\0changed, and longer than it was before\0");
    packet($filter, 'm', pack('N', 1) . "X-Gone\0\0");
    packet($filter, 'm', pack('N', 1) . "X-Short\0s\0");
    packet($filter, 'm', pack('N', 1) . "X-Added\0changed again after it was added\0");
    packet($filter, '+', "<added\@later.example>\0");
    packet($filter, '+', "<added2\@later.example>\0");
    packet($filter, '-', "<taken\@later.example>\0");
    packet($filter, 'e', "<changed\@example.org>\0");
    packet($filter, 'b', "A new body.\r\n");
    packet($filter, 'b', "line $_ of a body that is much longer than the old one\r\n") for 1 .. 200;
}

sub serve {
    my ($filter) = @_;
    while (read($filter, my $length, 4) == 4) {
        read($filter, my $packet, unpack('N', $length));
        my $command = substr($packet, 0, 1);
        if ($command eq 'O') {
            packet($filter, 'O', pack('NNN', 6, 0x7f, 0));
        } elsif ($command eq 'E') {
            edits($filter);
            packet($filter, 'c', '');
        } elsif ($command eq 'Q') {
            return;
        } elsif ($command !~ /[DAK]/) {
            packet($filter, 'c', '');
        }
        $filter->flush;
    }
}

# Tells of each damaged file what was logged about it and where it is now; then what was logged beside that, of each message
# that was made meanwhile together, in the order of the text; and the messages that wait in incoming and hold.
use strict;
use warnings;

chdir '/var/spool/postfix' or die;
my $damaged = qr/4jXfM107rkz(\d{5})/;
my $digit = '[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]';
my $made = qr/\b$digit{10,11}z$digit{1,9}\b/;

# Without what differs from run to run.
sub same {
    my ($text) = @_;
    $text =~ s/$made/NEW/g;
    $text =~ s/<\d{14}\.NEW/<NEW/g;
    $text =~ s/(NEW)\.\d+\//$1\//g;
    $text =~ s/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d/DATE/g;
    $text =~ s/create_time=\d+/create_time=NOW/g;
    return $text;
}

my (%about, %of_new, %others);
open my $log, '<', '/var/log/mail.log' or die;
while (<$log>) {
    s/^\w{3} [ \d]\d [\d:]{8} \S+ //;
    s/\[\d+\]:/:/;
    s/delay=[\d.]+, delays=[\d.\/]+/delay=D/;
    next if /public\/qmgr|(?:starting|stopping|waiting for) the Postfix|: terminating on signal 15|daemon started/;
    # cleanup of the reference compares clocks of different grain.
    next if /file system clock is|resetting file time stamps/;
    my ($number) = /$damaged/;
    my ($id) = /($made)/;
    if (defined $number) { push @{$about{$number}}, same(s/$damaged/ID/gr) }
    elsif (defined $id) { push @{$of_new{$id}}, same(s/size=\d+/size=N/r) }
    # Each process says it once, and load decides how many there are.
    elsif (/midna_domain/) { $others{$_} = 'some' }
    else { $others{$_}++ }
}
for (split /\n/, `find maildrop incoming active deferred hold defer bounce trace corrupt -type f -printf '%h %f %m %s\n'`) {
    push @{$about{$1}}, "$_\n" if /$damaged/;
}
print "== $_\n", sort @{$about{$_}} for sort keys %about;
print "== made\n", sort map { join '', @$_, "\n" } values %of_new;
print "== others\n", map { "$others{$_} $_" } sort keys %others;
my @files = grep { !/$damaged/ } split /\n/, `find incoming hold -type f`;
my $content = sub {
    open my $file, '<', $_[0] or die;
    local $/;
    my $text = same(scalar <$file>);
    # Ids are not all of the same length.
    $text =~ s/^C_\s*\d+\s+\d+(\s+\S+\s+\S+\s+)\d+/C$1/;
    $text =~ s/([NA]).(?=\tid NEW|Message-Id: <NEW|message_id=<NEW)/$1/gs;
    return $text =~ s/[^\n\x20-\x7e]/?/gr . "\n";
};
print "== waiting\n", sort map { $content->($_) } @files;

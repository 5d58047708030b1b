# restore.pl ARCHIVE named|raw   gives a host an archived queue on a file system of its own, where the files have the same inode numbers on every
# host. With `named`, messages and their logs get names that go with these numbers.
use strict;
use warnings;

my ($archive, $named) = @ARGV;
my $spool = '/var/spool/postfix';
system('umount', '-q', $spool);
system('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', $spool) == 0 or die;
system('tar', 'xpf', $archive, '--warning=no-timestamp', '-C', $spool) == 0 or die;
exit if $named ne 'named';

my @digits = split //, '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy';
chdir $spool or die;
for my $path (split /\n/, `find maildrop incoming active deferred hold -type f | sort`) {
    my ($directory, $id) = $path =~ m{^(.*)/(\w+)$} or next;
    my $inode = (stat $path)[1];
    my $new;
    if ($id =~ /^(\w{10,}z)\w+$/) {
        $new = '';
        for (my $rest = $inode; $rest; $rest = int($rest / 51)) { $new = $digits[$rest % 51] . $new; }
        $new = $1 . $new;
    } else {
        $new = substr($id, 0, 5) . sprintf('%X', $inode);
    }
    rename $path, "$directory/$new" or die;
    for my $log (split /\n/, `find defer bounce trace -name $id`) {
        (my $target = $log) =~ s{\w+$}{$new};
        rename $log, $target or die;
    }
}

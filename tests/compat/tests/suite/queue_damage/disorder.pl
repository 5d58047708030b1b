# disorder.pl SEED   brings the queue into disorder: files with other names, in other places, of other modes, ages and kinds.
use strict;
use warnings;

srand shift;
chdir '/var/spool/postfix' or die;
my @large = split /\n/, `find . -type f -size +20k`;
unlink @large;
my @directories = qw(maildrop incoming active deferred hold defer bounce trace);
my @files = sort split /\n/, `find @directories -type f`;
my ($owner, $group) = (getpwnam 'postfix')[2, 3];

sub any { return $_[int rand @_] }

# A place, which may be a subdirectory that belongs there or not.
sub place {
    my $place = any(@directories);
    for (1 .. ($place eq 'maildrop' ? 0 : int rand 3)) {
        $place .= '/' . any(0 .. 9, 'A' .. 'F', 'z');
        mkdir $place, 0700;
        chown $owner, $group, $place;
    }
    return $place;
}

sub name {
    my ($path) = @_;
    my ($name) = $path =~ m{([^/]+)$};
    my $inode = (lstat $path)[1];
    return any(
        $name, $name, "$name#FIX", substr($name, 0, 1 + int rand length $name), lc $name, "${name}0", "x.$name", "-$name",
        sprintf('%05X%X', int rand 1 << 20, $inode), sprintf('%05X%X#FIX', int rand 1 << 20, $inode), '00000', "4jXfM107rkz$inode",
    );
}

for (1 .. 40) {
    my $path = any(@files);
    next unless -f $path;
    my $to = place() . '/' . name($path);
    next if -d $to;
    my $kind = int rand 10;
    if ($kind < 4) { rename $path, $to }
    elsif ($kind == 4) { link $path, $to }
    elsif ($kind == 5) { symlink "/etc/passwd", $to; system 'chown', '-h', 'postfix:', $to if -l $to }
    elsif ($kind == 6) { chmod any(0, 0400, 0600, 0644, 0710, 0744, 0750), $path }
    elsif ($kind == 7) { utime any(1, 1_500_000_000), any(1, 1_500_000_000), $path }
    elsif ($kind == 8) { system 'mkfifo', $to unless -e $to; chown $owner, $group, $to }
    else { unlink $path }
}

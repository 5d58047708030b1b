# mutate.pl COUNT FOLDER FILE...   makes so many files, each a damaged copy of one of those given; the same ones on each run.
use strict;
use warnings;

my ($count, $folder, @files) = @ARGV;
my @originals = map { open my $file, '<', $_ or die "$_: $!"; local $/; scalar <$file> } @files;
# Bytes that mean something in a queue file: types of records, ends and signs of lengths, digits.
my @telling = map { ord } split //, "MCTcFILSDRO/WVA>K<ionXNwPredEpfm\0\x01\x7f\x80\x81\xff 09-+=\n";
srand 311;

sub any { return $_[int rand @_] }

for my $number (1 .. $count) {
    my $bytes = any(@originals);
    for (1 .. 1 + int rand 3) {
        my $length = length $bytes or last;
        my $at = int rand(rand() < 0.5 ? 200 < $length ? 200 : $length : $length);
        my $kind = int rand 8;
        if ($kind == 0) { vec($bytes, $at, 8) ^= 1 << int rand 8 }
        elsif ($kind <= 2) { vec($bytes, $at, 8) = any(@telling) }
        elsif ($kind == 3) { substr $bytes, $at, 1 + int rand 4, '' }
        elsif ($kind == 4) { substr $bytes, $at, 0, join '', map { chr any(@telling) } 0 .. int rand 4 }
        elsif ($kind == 5) { substr($bytes, $at) = '' }
        elsif ($kind == 6) { substr $bytes, $at, 0, substr $bytes, int rand $length, 1 + int rand 60 }
        else { my $other = any(@originals); substr $bytes, $at, 40, substr $other, int rand length $other, 40 }
    }
    open my $damaged, '>', sprintf '%s/%06X', $folder, $number or die;
    print $damaged $bytes;
    close $damaged;
}

package TAP::Formatter::Closing;

# prove's own output, and at the very end one line that a person or a script can go by:
#   N passed, N failed
# A program that died, or ran fewer tests than it planned, counts as a failure of its own.
#
# CLOSING_AGAIN names a file: into it go the counts of the other programs, and below them those walks, browser
# programs and the scorecard that failed, if they are a few; then there is no closing line yet, for they get a second try.
# CLOSING_BASE are such counts: they are added, and what passed now is told as having needed its second try.

use strict;
use warnings;
use TAP::Formatter::Console;
use TAP::Formatter::File;

# A terminal gets the running counts, a file or a pipe one line a program.
our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

# More than so many failures are no chance.
my $FEW = 4;

sub counts {
	my ($parser) = @_;
	my ($passed, $failed, $skipped) = map { scalar(my @all = $parser->$_) } qw(passed failed skipped);
	$failed++ if !$failed && ($parser->parse_errors || $parser->exit || $parser->wait);
	return ($passed - $skipped, $failed, $skipped);
}

sub summary {
	my ($self, $aggregate, @more) = @_;
	$self->SUPER::summary($aggregate, @more);
	my @sum = split / /, $ENV{CLOSING_BASE} // '0 0 0';
	my %of = map { $_ => [ counts($aggregate->parsers($_)) ] } $aggregate->descriptions;
	my @failed = grep { $of{$_}[1] } sort keys %of;
	my @again = grep { m{tests/(walk|browser)/|^tests/score$} } @failed;
	@again = () if !$ENV{CLOSING_AGAIN} || @again > $FEW;
	delete @of{@again};
	for my $one (values %of) { $sum[$_] += $one->[$_] for 0 .. 2 }
	if (@again) {
		open my $file, '>', $ENV{CLOSING_AGAIN} or die "$ENV{CLOSING_AGAIN}: $!\n";
		print $file join("\n", "@sum", @again), "\n";
		close $file or die "$ENV{CLOSING_AGAIN}: $!\n";
		return;
	}
	if ($ENV{CLOSING_BASE}) {
		$self->_output("passed only at the second try, by itself: $_\n") for grep { !$of{$_}[1] } sort keys %of;
	}
	$self->_output(sprintf "%d passed, %d failed%s\n", @sum[0, 1], $sum[2] ? ", $sum[2] skipped" : '');
	return;
}

1;

package TAP::Formatter::Closing;

# prove's own output, and at the very end one line that a person or a script can go by:
#   N passed, N failed
# A program that died, or ran fewer tests than it planned, counts as a failure of its own.

use strict;
use warnings;
use TAP::Formatter::Console;
use TAP::Formatter::File;

# A terminal gets the running counts, a file or a pipe one line a program.
our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

sub summary {
	my ($self, $aggregate, @more) = @_;
	$self->SUPER::summary($aggregate, @more);
	my $failed = $aggregate->failed;
	for my $parser ($aggregate->parsers) {
		my $told = $parser->failed;
		$failed++ if !$told && ($parser->parse_errors || $parser->exit || $parser->wait);
	}
	my $skipped = $aggregate->skipped;
	$self->_output(sprintf "%d passed, %d failed%s\n", scalar($aggregate->passed) - $skipped, $failed,
		$skipped ? ", $skipped skipped" : '');
	return;
}

1;

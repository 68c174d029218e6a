/* base/must.c: the end of a process that found a bug in itself. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"

/* Not the log: a bug may have been found inside it. The line has the log's form all the same. */
void must_die(const char *file, int line, const char *what)
{
	char text[512];
	int n = snprintf(text, sizeof text - 1,
		"{\"level\":\"error\",\"msg\":\"assertion "
		"failed\",\"file\":\"%.100s\",\"line\":%d,\"what\":\"",
		file, line);
	size_t at = n > 0 ? (size_t)n : 0;

	for (const char *c = what; *c && at < sizeof text - 5; c++) {
		if (*c == '"' || *c == '\\')
			text[at++] = '\\';
		text[at++] = (unsigned char)*c < ' ' ? ' ' : *c;
	}
	text[at++] = '"';
	text[at++] = '}';
	text[at++] = '\n';
	if (write(STDERR_FILENO, text, at) < 0)
		abort();
	abort();
}

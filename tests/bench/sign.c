/* tests/bench/sign.c: cookies of stored readers: each line of standard input is a reader's id, each
 * line of standard output its cookie.
 *   sign KEY_FILE SITE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "core/ticket.h"

static void fail(const char *what)
{
	fprintf(stderr, "sign: %s\n", what);
	exit(1);
}

static void ring_load(const char *file, struct seal_ring *ret)
{
	char text[4096];
	struct fault f = {0};
	FILE *in = fopen(file, "r");
	size_t n = in ? fread(text, 1, sizeof text, in) : 0;
	if (in)
		fclose(in);
	if (seal_ring_parse((struct str){text, n}, ret, &f) != OK)
		fail(file);
}

static void sign(const struct seal_ring *ring, struct ticket_cookie *cookie, const char *id)
{
	uint8_t payload[TICKET_BYTES_MAX];
	BUF_ON(text, 512);
	if (uuid_parse(str_c(id), &cookie->reader) != OK)
		fail("no id");
	if (seal_sign(ring, TICKET_COOKIE_PURPOSE, payload, ticket_cookie_pack(cookie, payload),
		    &text) != OK)
		fail("too long");
	printf("%.*s\n", STR_FMT(buf_str(&text)));
}

int main(int argc, char **argv)
{
	struct seal_ring ring;
	char line[64];
	if (argc != 3)
		fail("KEY_FILE SITE");
	ring_load(argv[1], &ring);
	struct ticket_cookie cookie = {.site = (int16_t)atoi(argv[2])};
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		sign(&ring, &cookie, line);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

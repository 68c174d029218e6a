/* tests/sim/signature.c: our verdict on signature headers, for a comparison with another verifier.
 *   signature TOLERANCE_S SECRET…
 * reads lines `now header body`, header and body in hex ("-": empty), and prints one verdict a
 * line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pay/stripe_sign.h"

#define SECRETS_MAX 8

/* The bytes of a hex word, in its own memory. */
static struct str unhex(char *word)
{
	size_t n = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
	for (size_t i = 0; i < n; i++) {
		char two[3] = {word[2 * i], word[2 * i + 1], 0};
		word[i] = (char)strtoul(two, NULL, 16);
	}
	return (struct str){word, n};
}

int main(int argc, char **argv)
{
	struct str secret[SECRETS_MAX];
	size_t secret_n = 0, cap = 0;
	char *line = NULL;
	if (argc < 3 || argc > 2 + SECRETS_MAX)
		return 2;
	for (int i = 2; i < argc; i++)
		secret[secret_n++] = str_c(argv[i]);
	while (getline(&line, &cap, stdin) > 0) {
		char *save, *now = strtok_r(line, " \n", &save),
			    *header = strtok_r(NULL, " \n", &save),
			    *body = strtok_r(NULL, " \n", &save);
		int64_t skew = 0;
		if (!body)
			return 2;
		puts(stripe_sign_name(stripe_sign_check(unhex(header), unhex(body), secret,
			secret_n, utc_of_s(atoll(now)), atoll(argv[1]), &skew)));
	}
	free(line);
	return 0;
}

/* app/risk.h: what a pledge that comes looks like: the signs of risk.def, handed to
 * pledged.pledge_try with what it asks of tickets and puzzles. Floor 3. No address and no name goes
 * there by this way. */
#ifndef APP_RISK_H
#define APP_RISK_H

#include "app/form.h"
#include "base/conf.h"
#include "core/money.h"

enum risk_sign {
#define X(name, what) RISK_##name,
#include "app/risk.def"
#undef X
	RISK_N
};

/* Domains as the file has them; all zero: none. */
struct domains {
	char *text; /* "\n" and each in small letters with "\n" behind it */
	size_t n;
};
/* domains_load: a file of a domain a line; # begins a comment. An empty path is none.
 *   fails  ERR_CONF (not readable, over 1 MiB), ERR_NO_MEMORY; *ret untouched */
MUST enum err domains_load(const char *path, struct domains *ret, struct fault *f);
void domains_free(struct domains *d);
/* domains_has: the domain itself, or one that it lies below. */
bool domains_has(const struct domains *d, struct str domain);

/* What is known of who asks, as the request tells it. */
struct risk_seen {
	struct str ticket, proof;         /* of the form; may be empty */
	struct str bot, agent, language;  /* claimed robot, User-Agent, Accept-Language */
	struct str country, country_read; /* now, and when the page was read; may be empty */
	uint64_t place;                   /* form_place of now */
	struct str email;
	struct money money;
};

/* risk_signs: a bit for each sign. */
uint32_t risk_signs(
	const struct risk_seen *s, const struct form_look *form, const struct domains *d);
/* risk_is_small: at most five times the smallest gift of its currency: what cards are tried with.
 */
bool risk_is_small(const struct money *m);

/* risk_more: the last parameter of pledge_try, as JSON.
 *   decision  0: none        ways  the ways to pay that may be offered; may be empty
 *   waits     this form may wait in place of solving a puzzle
 *   excludes  where the provider decides which ways are offered, some can be left out
 *   next      when the pledge of this key is over, another one is meant */
struct risk_ask {
	const struct risk_seen *seen;
	const struct form_look *form;
	uint32_t signs;
	int64_t decision;
	struct str ways;
	bool waits, excludes, next;
};
void risk_more(const struct conf *conf, const struct risk_ask *a, struct buf *b);

#endif

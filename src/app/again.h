/* app/again.h: another attempt of a pledge whose earlier ones cannot be paid any more. Floor 3.
 * Never beside one that can: pledged.attempt_next decides under the pledge's lock. */
#ifndef APP_AGAIN_H
#define APP_AGAIN_H

#include "app/call.h"
#include "app/money.h"

/* The last attempt of a pledge, and what its page was asked for with. */
struct again {
	struct uuid pledge;
	struct pay_request old;
	int64_t lost; /* its call, when it was looked for and not found; 0: it ended otherwise */
	int64_t lease_s;
	const char *cause;
	struct str country; /* of the donor who came back, as nginx tells it; empty: not told */
};

/* again_begin: store the next attempt and its call, built from the last one's.
 *   gives  *ret_outcome, a word of attempt_next; *ret, leased, when it is `made`
 *   fails  ERR_RANGE (the stored call is not one that opens a page), those of admit_check,
 *          ERR_STORE_*, ERR_NO_MEMORY */
MUST enum err again_begin(struct store *s, struct pay *p, const struct again *g, struct arena *a,
	struct call *ret, struct str *ret_outcome, struct fault *f);

/* app_again: a donor comes back to a pledge.
 *   token  public token of the pledge
 *   ask    now, start, arena, seen.country
 *   gives  *ret as app_pledge: with the open page, the old one while it is open; without when it is
 *          paid or under way, or when the outcome is not known yet
 *   fails  ERR_NOT_FOUND; ERR_STATE: too many attempts, or of the other mode; those of
 *          admit_check; ERR_STORE_*;
 *          ERR_PROVIDER_REFUSED: the attempt failed */
MUST enum err app_again(struct app_money *m, struct str token, const struct money_ask *ask,
	struct money_state *ret, struct fault *f);

#endif

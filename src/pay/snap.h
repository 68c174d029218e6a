/* pay/snap.h: the neutral picture that pledged.settle takes, and strict reading of what a provider
 * answered. Floor 2, pure. Every fault is ERR_PROVIDER with the place that is wrong; nothing
 * hostile is taken for "absent". */
#ifndef PAY_SNAP_H
#define PAY_SNAP_H

#include "pay/pay_ops.h"

#define SNAP_TIME_MAX_S INT64_C(253402300799) /* the end of the year 9999 */

struct snap {
	const struct pay_set *set;
	json_t *out;
	bool no_memory; /* writing failed somewhere; looked at once, at the end */
	struct fault *f;
};

bool snap_is_id(struct str id); /* ^[A-Za-z0-9_]{3,255}$ */
MUST enum err snap_bad(struct snap *s, const char *field, const char *what); /* ERR_PROVIDER */

/* Reading the value at a path. Null counts as absent.
 * int, time: absent leaves *ret_has false and the time 0; anything else must be a whole number in
 * range. money: must be there, 0 to 10^12, with `currency` of the same object beside it; becomes
 * upper case. ref: an id, or the id of the object that stands there when it was expanded; empty
 * when absent. ref_in: the first of several places. */
MUST enum err snap_int(struct snap *s, const json_t *o, const char *path, int64_t min, int64_t max,
	int64_t *ret, bool *ret_has);
MUST enum err snap_time(struct snap *s, const json_t *o, const char *path, utc_t *ret);
MUST enum err snap_money(struct snap *s, const json_t *o, const char *path, struct money *ret);
MUST enum err snap_ref(struct snap *s, const json_t *o, const char *path, struct str *ret);
MUST enum err snap_ref_in(
	struct snap *s, const json_t *o, const char *const *paths, struct str *ret);

struct snap_word {
	const char *from, *to;
};                                                                 /* lists end with {0} */
const char *snap_word(const struct snap_word *m, struct str word); /* NULL when it is in none */

/* Writing. put and push take the reference; NULL counts as no memory. */
MUST enum err snap_open(struct snap *s, const char *provider, bool livemode, utc_t fetched_at);
void snap_put(struct snap *s, const char *key, json_t *v);
void snap_push(struct snap *s, const char *list, json_t *v);
json_t *snap_text(struct str t); /* null when empty */
json_t *snap_at(utc_t t);        /* null when 0 */

/* Our own id from the places where we put it. Other words there are somebody else's; two of ours
 * that differ are an error. */
MUST enum err snap_pledge(struct snap *s, const json_t *o, const char *const *paths);
void snap_email(
	struct snap *s, const json_t *o, const char *path); /* only if it looks like an address */

struct snap_paid {
	struct str id, intent;
	const char *state; /* processing paid failed; NULL: nothing to tell yet */
	struct money money;
	utc_t at;
};
void snap_payment(
	struct snap *s, const struct snap_paid *p); /* left out without a state or without money */
void snap_recurring(
	struct snap *s, struct str id, const char *state, utc_t until, struct str customer);

#endif

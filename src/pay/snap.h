/* pay/snap.h: the neutral picture that pledged.settle takes, and strict reading of what a provider
 * answered. Floor 2, pure. Every fault is ERR_PROVIDER with the place that is wrong; nothing
 * hostile is taken for "absent". */
#ifndef PAY_SNAP_H
#define PAY_SNAP_H

/* clang-format off */
/* The picture. Times are RFC 3339, amounts minor units, currencies upper case; null: there is none.
 *   provider, livemode, fetched_at; pledge: our id, null when it is not told
 *   checkout    null or {id, state (open processing complete expired failed), expires_at, url}
 *   payments[]  {id, intent, state (processing paid failed), amount, currency, paid_at}, and where
 *               it is told method, country
 *   refunds[]   {id, payment, amount, currency, state (pending done failed), ours}; ours: the id of
 *               our refund, null when somebody else made it
 *   disputes[]  {id, payment, amount, currency, state (inquiry open won lost)}
 *   fees[]      {id, payment, what (payment refund dispute), amount, currency} and, where it is
 *               told, settles_at; negative: given back. A movement without a fee is left out
 *   warnings[]  {id, payment, kind, actionable}
 *   declines[]  {payment, code, told}: the last try of a payment that was not paid; code is the
 *               bank's word; told: an event said so too
 *   recurring   null or {id, state (active past_due ended), until, customer} and, only when the
 *               object tells it (absent: nothing is said, what is known stays):
 *               of a subscription  item, product, amount, currency, interval (month year), ends_at,
 *               paused_until; the first five null when it is not one line of a plain price
 *               of an invoice      failure, failures, next_try_at
 *   email       null or the address that was given on the page */
/* clang-format on */
#include "pay/pay_ops.h"

#define SNAP_TIME_MAX_S INT64_C(253402300799) /* the end of the year 9999 */
#define SNAP_AMOUNT_MAX INT64_C(1000000000000)

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
/* Sound, but nothing in it leads to money or a pledge: no repetition will mend that. */
MUST enum err snap_stray(struct snap *s, const char *field, const char *what);
MUST enum err snap_time(struct snap *s, const json_t *o, const char *path, utc_t *ret);
MUST enum err snap_money(struct snap *s, const json_t *o, const char *path, struct money *ret);
MUST enum err snap_ref(struct snap *s, const json_t *o, const char *path, struct str *ret);
MUST enum err snap_ref_in(
	struct snap *s, const json_t *o, const char *const *paths, struct str *ret);

/* Writing. put and push take the reference; NULL counts as no memory. */
MUST enum err snap_open(struct snap *s, const char *provider, bool livemode, utc_t fetched_at);
void snap_put(struct snap *s, const char *key, json_t *v);
void snap_push(struct snap *s, const char *list, json_t *v);
json_t *snap_text(struct str t); /* null when empty */
json_t *snap_at(utc_t t);        /* null when 0 */
json_t *snap_uuid(struct str t); /* null when it is none */
/* A short word of the provider, for a person and for counting; null when empty, "other" when it is
 * no word. */
json_t *snap_code(struct str t);

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
	struct str method, country; /* empty: not told */
};
void snap_payment(
	struct snap *s, const struct snap_paid *p); /* left out without a state or without money */

/* What a payment costs. */
MUST enum err snap_signed(
	struct snap *s, const json_t *o, const char *path, struct money *ret); /* may be negative */
void snap_fee(struct snap *s, struct str id, struct str payment, const char *what,
	const struct money *m, utc_t settles); /* left out when it is nothing; settles: when the
						  money can be paid out, 0: not told */
/* Why a payment was refused; left out when code is empty. told: an event of the provider says so
 * too, and is counted where it comes in. */
void snap_decline(struct snap *s, struct str payment, struct str code, bool told);

struct snap_recur {
	struct str id, customer;
	const char *state;
	utc_t until;
	bool has_terms; /* the next seven */
	struct str item, product;
	struct str interval; /* empty: not one of ours */
	struct money money;  /* cur empty: not told */
	utc_t ends_at, paused_until;
	bool has_tries; /* the next three */
	struct str failure;
	int64_t failures;
	utc_t next_try_at;
};
void snap_recurring(struct snap *s, const struct snap_recur *r);

#endif

/* app/admit.h: what guards new pledges: limits, tickets of forms, risk filters, the form's
 * breaker, switches of providers and methods. They are rows that pledged.pledge_try reads with each
 * pledge; here their answers become errors. Floor 3. */
#ifndef APP_ADMIT_H
#define APP_ADMIT_H

#include "app/money.h"

/* admit_provider: where a gift is to be paid: at the provider that is named, or else at the first
 * one that takes such a gift. gives  *ret, an index of m->pays fails  ERR_FIELD_BAD (it is not
 * configured), ERR_PAY_CANNOT */
MUST enum err admit_provider(const struct app_money *m, struct str name,
	enum campaign_interval interval, const struct money *money, size_t *ret, struct fault *f);

/* admit_methods: the ways to pay that a new checkout offers: those of the setting without those
 * that are switched off, as far as this process knows. pay: an index of m->pays, as below. gives
 * *ret in the arena; empty: the provider decides, but for *ret_without, if it can leave some out.
 * fails  ERR_PAY_OFF (all are off), ERR_NO_MEMORY */
MUST enum err admit_methods(const struct app_money *m, size_t pay, struct arena *a, struct str *ret,
	struct str *ret_without, struct fault *f);

/* Who asks, and with which form. */
struct admit {
	struct form_look form;
	struct uuid cookie;
	bool has_cookie;
	int16_t site;
	int64_t decision;
	char country_read[3];
	struct money money; /* without what covers the fee */
	bool next;          /* when the pledge of this key is over, another one is meant */
};

/* admit_look: what the ticket of the form is; the rest of *d is set before. */
void admit_look(const struct app_money *m, const struct money_ask *ask, struct admit *d);

/* admit_args: networks and methods_off of pledge_try; admit_more: its last one. fails ERR_TOO_LONG,
 * ERR_NO_MEMORY */
void admit_args(struct app_money *m, size_t pay, struct str client_ip, struct store_args *a);
MUST enum err admit_more(const struct app_money *m, size_t pay, const struct money_ask *ask,
	const struct admit *d, struct store_args *a);

/* admit_fresh: how a form that was refused with e comes again; tells *f after how many seconds. */
void admit_fresh(const struct app_money *m, const struct money_ask *ask, const struct admit *d,
	enum err e, struct money_fresh *ret, struct fault *f);

/* admit_again: pledge_try found other methods switched off than this process knew; now it knows.
 * True: build the call anew and ask again. */
bool admit_again(struct app_money *m, size_t pay, const struct rows *rows);

/* admit_check: OK when the pledge was let through.
 * fails  ERR_PAY_OFF, ERR_FORM_SHUT, ERR_TOO_MANY: nothing is stored; *f tells after how many
 * seconds it may pass; ERR_FORM_STALE, ERR_PUZZLE (admit_fresh), ERR_RISK */
MUST enum err admit_check(const struct rows *rows, struct fault *f);

#endif

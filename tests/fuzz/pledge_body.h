/* tests/fuzz/pledge_body.h: the readers of a pledge's body. They are static in the handler, so the
 * handler's file is taken whole. */
#ifndef FUZZ_PLEDGE_BODY_H
#define FUZZ_PLEDGE_BODY_H

#include "fuzz.h"
#include "web/h_money.c"

/* Every slice lies in memory that can be read, is text, and is no longer than it may be. */
static inline void ask_is_sound(const struct money_ask *ask)
{
	const struct pledge_form *form = &ask->form;
	const struct str v[F_N] = {form->amount, form->other_amount, form->currency, form->interval,
		form->email, form->campaign, form->token, form->locale, form->key, form->cover,
		ask->provider, ask->fee, ask->seen.ticket, ask->seen.proof};

	for (size_t i = 0; i < F_N; i++)
		CHECK(v[i].n <= FIELDS[i].max && str_is_utf8(v[i]));
}

/* What is let through can be stored and asked of the provider as it is. */
static inline void pledge_is_sound(const struct pledge_form *form)
{
	struct pledge_want w;
	struct fault f = {0};
	enum err e = pledge_check(form, &w, &f);
	BUF_ON(print, 512);

	CHECK(e == OK || (err_status(e) >= 400 && err_status(e) < 500 && f.err == e));
	if (e != OK)
		return;
	CHECK(money_check(&w.money) == OK && w.money.minor > 0);
	CHECK((size_t)w.interval < INTERVAL_N);
	CHECK(w.key.n >= 16 && w.key.n <= 64 && str_is_word(w.key, "_-"));
	CHECK(w.locale.n >= 2 && w.locale.n <= 16 && str_is_word(w.locale, "_-"));
	CHECK(w.campaign.n <= 64 && str_is_word(w.campaign, "-"));
	CHECK(w.email.n <= 254 && str_is_clean(w.email, false));
	CHECK(w.email.n == 0 || memchr(w.email.p, '@', w.email.n));
	CHECK(pledge_fingerprint(&w, &print) == OK);
}

#endif

/* app/manage.h: the donor's side of gifts: a way in by mail, a visit of a quarter of an hour, what
 * it shows, and what can be asked for during it. Floor 3. A link is good once; the visit is bound
 * to a cookie, and what its forms send to a word made of that cookie. What is asked becomes a wish
 * that the clerk takes to the provider; the page shows what is stored, never what a URL says. */
#ifndef APP_MANAGE_H
#define APP_MANAGE_H

#include "app/money.h"

#define MANAGE_VISIT_S    900
#define MANAGE_FORM_BYTES 32

struct manage_ask {
	struct str host, origin; /* origin: scheme://host[:port] of the request */
	struct str cookie, client_ip, request_id;
	struct str email, locale; /* app_manage_send; locale may be empty */
	struct str token;         /* look and open: what follows /manage/ */
	struct str form;          /* the others: the word of the page's forms */
	utc_t now;
	struct arena *arena;
};

/* locale is set as soon as it is known, also when a call fails; in the arena. */
struct manage_answer {
	struct str locale;
	char cookie_text[200]; /* the visit's cookie; empty when the browser keeps what it has */
};

struct manage_payment {
	struct str day, amount, currency, receipt,
		back; /* back: empty when nothing was given back */
	bool contested;
};

/* One gift, or one recurring gift of a pledge that has two. Days are YYYY-MM-DD. */
struct manage_gift {
	struct str id; /* of a recurring gift, for forms; else empty */
	struct str status, amount, currency, interval, began;
	struct gift_life life;
	bool duplicate, portal;
	struct str asked, asked_state, asked_error, asked_amount, asked_until; /* the last wish */
	struct manage_payment *payment;
	size_t payment_n;
};

struct manage_page {
	struct str email, until, years, mailed; /* years: newest first, spaces between */
	struct str form_path;                   /* where one gives again */
	char form[MANAGE_FORM_BYTES + 1];
	char key[37]; /* makes the forms of this page one wish each, however often pressed */
	struct manage_gift *gift;
	size_t gift_n;
};

/* What a form asks for. kind: amount, pause, resume, cancel, cancel_at_end, keep. */
struct manage_wish {
	struct str gift, kind, amount, months, why, reason, key;
};

/* app_manage_send: store a link and mail it if there is a gift under the address, within limits;
 * every case looks the same. fails ERR_EMAIL_BAD, ERR_FIELD_*, ERR_UNKNOWN_SITE, ERR_STORE_*,
 * ERR_IO */
MUST enum err app_manage_send(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f);

/* app_manage_look: whether the link still works; changes nothing. A browser without a cookie gets
 * one, so that a button pressed twice opens one visit. fails ERR_LINK_GONE, ERR_UNKNOWN_SITE, … */
MUST enum err app_manage_look(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f);

/* app_manage_open: use the link, begin the visit. repeat: yes, from the same browser. fails as
 * app_manage_look */
MUST enum err app_manage_open(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f);

/* app_manage_page: what a visit shows. fails ERR_VISIT_OVER (also without a cookie) */
MUST enum err app_manage_page(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct manage_page *page, struct fault *f);

/* What follows needs ask->form. All fail ERR_VISIT_OVER, ERR_FIELD_BAD "form" (the word is not this
 * visit's), ERR_NOT_FOUND (no gift of this address).
 * app_manage_wish: repeat: yes, by its key. fails also with faults of money_parse, ERR_FIELD_*,
 * and ERR_STATE, where *f's detail is the one word why not */
MUST enum err app_manage_wish(struct app_money *m, const struct manage_ask *ask,
	const struct manage_wish *w, struct manage_answer *ret, struct fault *f);
/* app_manage_mail: what: receipts, or the year of a summary. fails also ERR_LIMITED, ERR_STATE
 * "nothing" */
MUST enum err app_manage_mail(struct app_money *m, const struct manage_ask *ask, struct str what,
	struct str key, struct manage_answer *ret, struct fault *f);
/* app_manage_portal: a fresh address of the provider's own pages for this donor; never stored.
 * fails also ERR_PROVIDER_DOWN, ERR_PROVIDER */
MUST enum err app_manage_portal(struct app_money *m, const struct manage_ask *ask, struct str gift,
	struct manage_answer *ret, struct str *ret_url, struct fault *f);
/* app_manage_leave: end the visit; a visit that is over already is fine. */
MUST enum err app_manage_leave(struct app_money *m, const struct manage_ask *ask,
	struct manage_answer *ret, struct fault *f);

#endif

/* app/money.h: the money role's use cases: make a pledge, tell its state, take a webhook.
 * Floor 3. The order of events of a pledge: commit it with its call, call with the stored bytes,
 * commit the answer, tell the donor. No transaction is open while the provider is called. */
#ifndef APP_MONEY_H
#define APP_MONEY_H

#include "app/risk.h"
#include "base/arena.h"
#include "core/pledge.h"
#include "core/ticket.h"
#include "pay/pays.h"
#include "store/pg.h"

struct app_money {
	const struct conf *conf;
	const struct seal_ring *ring;
	struct store *store;
	struct pays pays;
	struct domains domains;          /* of throw-away e-mail */
	char methods_off[PAYS_MAX][512]; /* ways to pay that are switched off, as an array's text
					    for each of them; pledge_try says when that is no
					    longer so */
	unsigned own_n;                  /* pledges from this host itself: many tell of a proxy */
};

struct money_ask {
	struct pledge_form form;
	bool plain_form; /* a form without scripts: the same key with other content is another
			    pledge, not a mistake */
	struct str host, origin; /* origin: scheme://host[:port] of the request */
	struct str provider;     /* that the donor chose; empty: none */
	struct str fee;          /* as struct offer's shown */
	struct str cookie, request_id, client_ip;
	struct risk_seen seen; /* without e-mail, money and where the page was read */
	utc_t now;
	mono_t start;
	struct arena *arena;
};

/* How a recurring gift stands: active, past_due, paused, ending or ended; empty: the gift was made
 * once, or has not begun. Days YYYY-MM-DD of the site's calendar, empty when there is none. */
struct gift_life {
	struct str state, next_on, ends_on, paused_until, next_try_on;
};

/* What a form needs to come again: ERR_FORM_STALE, ERR_PUZZLE. */
struct money_fresh {
	char ticket[FORM_TICKET_MAX]; /* fresh, or the same when that is good later; empty: none */
	int64_t wait_ms;              /* not before, counted from now */
	unsigned bits;                /* of the puzzle; 0: none is asked for */
	bool hard;                    /* a plain form waits longer, in place of a puzzle */
	struct money sum;             /* the gift with its cover */
};

/* What the donor may know. Slices live in the arena. */
struct money_state {
	struct str token, status, url, receipt, locale, currency, amount,
		interval; /* url empty unless the page is open */
	struct str cover; /* part of the amount that covers the fee; empty when there is none */
	struct str paid_on, refunded; /* refunded: empty when nothing was given back */
	struct gift_life life;
	bool over_paid;
	bool again; /* the same donor pledged the same a moment before */
	int64_t age_s;
	struct money_fresh fresh; /* set by app_pledge when it fails so */
};

/* money_site: the row of view_sites for a host. *ret is to be given to rows_free in any case. fails
 * ERR_UNKNOWN_SITE, ERR_STORE_* */
MUST enum err money_site(
	struct app_money *m, struct str host, struct rows **ret, int *ret_row, struct fault *f);

/* money_cookie: who sits there, by a cookie of ours for this site; false: not known, *ret
 * untouched. */
bool money_cookie(
	const struct app_money *m, struct str text, int16_t site, struct ticket_cookie *ret);
/* money_token: a decision token that we made for this site, however old. fails ERR_BAD_TOKEN */
MUST enum err money_token(const struct app_money *m, struct str text, int16_t site,
	struct ticket_token *ret, struct fault *f);

/* money_failed: tells the log of what failed by our own fault (classes hard and bug), for calls
 * that say nothing else. request_id may be empty. */
void money_failed(const char *what, struct str request_id, enum err e, const struct fault *f);

/* app_pledge: make a pledge or find the one of this key.
 *   gives  *ret; url empty while the outcome is unknown or when there is nothing to pay any more
 *   fails  every fault of pledge_check, ERR_FIELD_BAD (a provider that is not configured),
 *          ERR_PAY_CANNOT (it does not take such a gift, or none does), ERR_UNKNOWN_SITE,
 * ERR_BAD_TOKEN, ERR_KEY_REUSED, and those of admit_check: nothing is stored, and ret->fresh tells
 * how to come again after ERR_FORM_STALE and ERR_PUZZLE; ERR_STORE_*: nothing is known to be
 * stored, the same key may be sent again; ERR_PROVIDER_REFUSED: the pledge is kept, its attempt
 * failed */
MUST enum err app_pledge(
	struct app_money *m, const struct money_ask *ask, struct money_state *ret, struct fault *f);

/* pledge_wait: until the page of a pledge's last attempt is open; takes its call over when nobody
 * holds it. gives *ret_url, empty when there is nothing to pay any more. fails ERR_UNKNOWN: not
 * before the deadline; ERR_PROVIDER_REFUSED, ERR_STORE_* */
MUST enum err pledge_wait(struct app_money *m, const struct uuid *pledge, mono_t deadline,
	struct arena *a, struct str *ret_url, struct fault *f);

/* money_state_fill: status, amount, currency, interval and url of a row. fails ERR_STORE,
 * ERR_NO_MEMORY */
MUST enum err money_state_fill(
	const struct rows *rows, int row, struct arena *a, struct money_state *ret);
/* money_cover_fill: column cover, empty for 0. fails as money_state_fill */
MUST enum err money_cover_fill(
	const struct rows *rows, int row, struct arena *a, struct money_state *ret);
/* money_text_of: an amount of a row as text without its currency. fails as money_state_fill */
MUST enum err money_text_of(const struct rows *rows, int row, const char *amount,
	const char *currency, struct arena *a, struct str *ret);
/* gift_life_fill: the columns of recurring_life. fails ERR_NO_MEMORY */
MUST enum err gift_life_fill(
	const struct rows *rows, int row, struct arena *a, struct gift_life *ret);

/* money_origins: scheme://host of the providers' pages, with spaces between, for a page's policy:
 * where gifts are paid, or the donors' own pages there. */
void money_origins(const struct app_money *m, bool portal, struct buf *out);
#define MONEY_ORIGINS_MAX (PAYS_MAX * 220)

/* app_pledge_look: the donor's page waits: have the provider asked how it stands, at most once in a
 * few seconds; the clerk does so. Whatever goes wrong is logged and waits for the next time. */
void app_pledge_look(struct app_money *m, struct str token, utc_t now);

/* app_pledge_state: by public token. fails ERR_NOT_FOUND (also for a token that cannot be one),
 * ERR_STORE_* */
MUST enum err app_pledge_state(struct app_money *m, struct str token, struct arena *a,
	struct money_state *ret, struct fault *f);

/* app_webhook: verify, keep, commit. provider: the name in the address; one that is not configured
 * is ERR_NOT_FOUND. fails ERR_BAD_SIGNATURE, ERR_BAD_EVENT: nothing is stored;
 * ERR_STORE_*: to be delivered again. */
MUST enum err app_webhook(struct app_money *m, struct str provider, struct str signature,
	struct str body, utc_t now, struct arena *a, struct fault *f);

#endif

/* core/pledge.h: a pledge as the reader asks for it: checked values, and the fingerprint that tells
 * two requests apart; its states, and what moves it. Floor 1: pure. What runs is SQL
 * (pledged.settle); pledge.def is the same table for C, and for reading. */
#ifndef CORE_PLEDGE_H
#define CORE_PLEDGE_H

#include "core/campaign.h"
#include "core/money.h"

enum pledge_status {
#define X(name, final, sentence, ru) PLEDGE_##name,
#include "core/pledge.def"
	PLEDGE_N
};
const char *pledge_status_name(enum pledge_status s);
bool pledge_status_is_final(
	enum pledge_status s); /* nothing more is expected soon: a page may stop polling */
MUST enum err pledge_status_parse(struct str s, enum pledge_status *ret); /* fails ERR_FIELD_BAD */

/* What may happen to a pledge, and what it does: the rows of pledge.def, for every state. */
enum pledge_event {
#define EVENT(name, sentence, ...) PLEDGE_ON_##name,
#include "core/pledge.def"
	PLEDGE_EVENT_N
};
enum pledge_answer { PLEDGE_UNANSWERED, PLEDGE_MOVE, PLEDGE_STAY, PLEDGE_REFUSE };
const char *pledge_event_name(enum pledge_event ev);

/* pledge_next: what ev does to a pledge in state s.
 *   gives  *ret the state after: another one for PLEDGE_MOVE alone; *ret_why, when not NULL, the
 * sentence of a refusal, else NULL */
enum pledge_answer pledge_next(
	enum pledge_status s, enum pledge_event ev, enum pledge_status *ret, const char **ret_why);
/* Whether any event leads straight from one state to the other. */
bool pledge_moves(enum pledge_status from, enum pledge_status to);

/* The request as it came: text fields, empty when absent. amount "other" takes other_amount as it
 * stands; token is the caller's business. cover: "1" or "true" adds the payment fee. */
struct pledge_form {
	struct str amount, other_amount, currency, interval, email, campaign, token, locale, key,
		cover;
};

/* The request after all checks. */
struct pledge_want {
	struct money money; /* without the cover */
	bool covers;        /* the fee is to be added: by the campaign, app/offer.h */
	enum campaign_interval interval;
	struct str email, campaign, locale,
		key; /* email, campaign may be empty; locale defaults to "en" */
};

/* pledge_check: every field of a request.
 *   gives  *ret (borrowing from *in)
 *          key [A-Za-z0-9_-]{16,64}, campaign [a-z0-9-]{1,64}, locale [A-Za-z0-9_-]{2,16}; e-mail:
 * dot-atom@host.name, ASCII, at most 254 bytes, local part at most 64 fails  the first fault found,
 * in the order key, currency, amount, interval, email, campaign, locale, cover; *f names the field
 *          (other_amount when that one was read); *ret untouched. No currency or no amount:
 * ERR_FIELD_MISSING */
MUST enum err pledge_check(const struct pledge_form *in, struct pledge_want *ret, struct fault *f);

/* Two of its checks, for forms that are no pledge. fail ERR_EMAIL_BAD; ERR_FIELD_TOO_LONG,
 * ERR_FIELD_BAD */
MUST enum err pledge_check_email(struct str email, struct fault *f);
MUST enum err pledge_check_locale(struct str locale, struct fault *f);

/* The key of a form begins so: the form may come back with other content, or once its pledge is over,
 * and then a pledge of its own is meant. Other keys are a caller's, for one content. */
#define PLEDGE_FORM_KEY "form-"
bool pledge_key_is_form(struct str key);

/* pledge_fingerprint: canonical text of everything that may not change under one key: amount,
 * currency, interval, e-mail, campaign, and whether the fee is covered. The locale may: the stored
 * pledge answers in its own. fails ERR_TOO_LONG. */
MUST enum err pledge_fingerprint(const struct pledge_want *w, struct buf *out);

#endif

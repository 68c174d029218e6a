/* app/remind.h: a reader asks to be reminded by mail, in a month or after some more articles, and
 * stops that by the key in the mail. Floor 3. The address is stored until thirty days after the
 * mail; the clerk writes the mail (clerk_donor.c). Whoever asks is told the same whether the
 * address is known, wants no reminders, or had too many. */
#ifndef APP_REMIND_H
#define APP_REMIND_H

#include "app/money.h"

#define REMIND_ARTICLES_MAX 50

struct remind_ask {
	struct str host, cookie, client_ip, request_id;
	/* app_remind: month as 2027-01, or a number of articles, the other one empty; token: of the
	 * decision whose prompt is put off, may be empty, like locale */
	struct str email, month, articles, token, locale;
	struct str key; /* the others: what follows /remind/ */
	utc_t now;
	struct arena *arena;
};

enum remind_state { REMIND_OPEN, REMIND_STOPPED, REMIND_ERASED };

/* locale is set as soon as it is known, also when the call fails; in the arena. */
struct remind_answer {
	struct str locale;
	enum remind_state state; /* app_remind_look, app_remind_stop */
};

/* app_remind_is_month: "2027-01", be it near or far. */
bool app_remind_is_month(struct str s);

/* app_remind: store it, and that the reader said "later" to the prompt of the token. The same asked
 * again changes nothing; another one takes the place of one that waits for the address.
 *   fails  ERR_EMAIL_BAD, ERR_FIELD_*, ERR_BAD_TOKEN, ERR_UNKNOWN_SITE, ERR_STORE_*: nothing is
 * stored
 */
MUST enum err app_remind(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret, struct fault *f);

/* app_remind_first: the first month that can be asked for, by the site's calendar.
 *   gives  *ret as 2027-01, in the arena
 *   fails  ERR_UNKNOWN_SITE, ERR_STORE_* */
MUST enum err app_remind_first(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret_locale, struct str *ret, struct fault *f);

/* app_remind_look: what a press on the button would find; changes nothing.
 *   fails  ERR_NOT_FOUND (we mailed no such key), ERR_UNKNOWN_SITE, ERR_STORE_* */
MUST enum err app_remind_look(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret, struct fault *f);

/* app_remind_follow: the mail's reader goes on to the page on which one gives; notes it once.
 *   gives  its path, in the arena
 *   fails  as app_remind_look; repeat: yes */
MUST enum err app_remind_follow(
	struct app_money *m, const struct remind_ask *ask, struct str *ret_path, struct fault *f);

/* app_remind_stop: no reminder for that address for a year. repeat: yes. fails as app_remind_look
 */
MUST enum err app_remind_stop(struct app_money *m, const struct remind_ask *ask,
	struct remind_answer *ret, struct fault *f);

#endif

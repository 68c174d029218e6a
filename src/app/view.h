/* app/view.h: one page view: counted, decided, answered. And what a reader did with a prompt.
 * Floor 3. A view crosses the batch and comes back in ask->done; everything is committed before
 * that, or the page opens. */
#ifndef APP_VIEW_H
#define APP_VIEW_H

#include "app/form.h"
#include "app/live.h"
#include "app/snapshot.h"
#include "base/arena.h"
#include "base/seal.h"
#include "core/ticket.h"
#include "store/batch.h"

struct app_view;

enum view_kind { VIEW_PAGE, VIEW_EVENT, VIEW_CONSENT, VIEW_STILL };
enum view_cookie { COOKIE_KEEP, COOKIE_SET, COOKIE_DROP };

/* A question. The caller fills the first part; slices must live until `answered`, after which the
 * ask copies what it still needs. */
struct view_ask {
	enum view_kind kind;
	struct str host, cookie, token;
	struct str claim, address;   /* the robot that the client says it is, and its address */
	struct page page;            /* url names the article; referrer is set here */
	struct str account, pass;    /* tokens: of the site for who is signed in, of an operator */
	enum decide_consent consent; /* VIEW_CONSENT: the reader's word from now on */
	bool foreign; /* another site led here and says what is consented to: for this view alone */
	enum reader_mark_kind event; /* VIEW_EVENT */
	bool counts;
	utc_t now;
	mono_t deadline;
	struct arena *arena;
	void (*answered)(struct view_ask *ask); /* once: the answer is ready */
	void (*released)(
		struct view_ask *ask); /* once, after answered: nobody refers to the ask any more */

	/* The answer. */
	/* VIEW_STILL: decision.reason as decide_still gives it, consent_none too when the reader
	 * was forgotten, paused when the campaign is gone */
	enum err err; /* VIEW_EVENT, VIEW_CONSENT, VIEW_STILL: OK or why not. VIEW_PAGE:
			 ERR_UNKNOWN_SITE, ERR_FIELD_MISSING; the decision opens all the same */
	struct decision decision;
	const struct site *site;     /* lives until released; NULL when unknown */
	const struct policy *policy; /* as site */
	struct live_goal goal;       /* of the decision's campaign */
	struct decide_trace *trace;  /* for who holds a debug pass, else NULL */
	enum view_cookie set;
	char cookie_text[200], token_text[300]; /* with NUL; empty when there is none */

	/* Own. */
	/* copies for a mark that outlives the request */
	char article_text[201], section_text[65], country_text[9], device_text[33];
	struct ticket_cookie who;
	struct snapshot *snap;
	struct reader reader;
	struct decide_facts facts;
	struct ticket_token ticket;
	struct batch_op op;
	bool is_answered, in_batch, marking, sampled, bot;
	bool fresh, returned; /* the cookie: minted now; back for the first time */
	int races;
	struct view_ask *prev, *next;
	struct app_view *app;
};

/* app_view_reload: conf and ring hold new values: make anew what was made of the old. The keys of
 * accounts were checked; if they cannot be read all the same, nobody is signed in. */
void app_view_reload(struct app_view *v);

/* conf and ring are borrowed for life. fails ERR_CONF, ERR_NO_MEMORY, ERR_IO */
MUST enum err app_view_open(
	const struct conf *c, const struct seal_ring *ring, struct app_view **ret, struct fault *f);
void app_view_close(struct app_view *v);

void app_view_ask(struct app_view *v,
	struct view_ask *ask); /* may call answered and released before it returns */

/* app_view_ticket: the ticket of a form on a page that is made now: bound to whoever the request's
 * cookie names; to nobody when it names none, so that donors without cookies can give. known: whose
 * the cookie is from now on, NULL: as it says. */
struct view_form {
	struct str cookie, address; /* of the request */
	int16_t site;
	const struct uuid *known;
	const struct uuid *reader; /* who is asked, nil: nobody that we know; NULL: as the cookie
				      says */
};
void app_view_ticket(
	struct app_view *v, const struct view_form *f, utc_t now, char out[FORM_TICKET_MAX]);
/* app_view_key: the key under which a form's pledge is made once. The same for all forms of a
 * reader on one day: whoever goes back, to a page that is made anew, has the unpaid pledge again.
 * Without a reader a random one; empty when there is no random. */
#define VIEW_KEY_MAX 30 /* with its NUL */
void app_view_key(
	struct app_view *v, const struct view_form *f, utc_t now, char out[VIEW_KEY_MAX]);

/* app_view_tick: send what waits, reload campaigns, open pages past their deadline. After each
 * round of the loop and at least each 50 ms. */
void app_view_tick(struct app_view *v, utc_t utc, mono_t now);
/* app_view_due: when what waits is to be sent at the latest, within some ms; 0 = nothing waits so.
 */
mono_t app_view_due(const struct app_view *v);
/* app_view_drain: true when nothing waits and every count is committed or cannot be. */
bool app_view_drain(struct app_view *v, utc_t utc, mono_t now);

/* The connections to watch; the last one asks for campaigns, goals and gauges, and takes no views. */
#define APP_VIEW_BATCHES_MAX 9
size_t app_view_batches(const struct app_view *v);
struct batch *app_view_batch(const struct app_view *v, size_t i);
bool app_view_ready(const struct app_view
		*v); /* campaigns loaded, a connection lives, newest answer under 3 s old */
/* The states of pledges that wait, in the order in which the metrics count them. */
const char *const *view_gauge_states(size_t *ret_n);

/* What a fragment is made of; hold is to be given to snapshot_unref. */
struct view_prompt {
	struct ticket_token ticket;
	const struct campaign *campaign; /* NULL when there is none any more */
	const struct policy *policy;
	struct live_goal goal;
	struct snapshot *hold;
};
/* app_view_open_token: verify a decision token and find its campaign in force.
 *   fails  ERR_BAD_TOKEN, ERR_STORE_DOWN (nothing loaded yet) */
MUST enum err app_view_open_token(struct app_view *v, struct str token, struct view_prompt *ret);
/* app_view_goal: a campaign of this host with a goal, and its figures. fails ERR_STORE_DOWN (also
 * when they are too old), ERR_UNKNOWN_SITE, ERR_NOT_FOUND: no such campaign, no goal, or paused */
MUST enum err app_view_goal(
	struct app_view *v, struct str host, struct str slug, utc_t now, struct view_prompt *ret);
/* What the plain form of a host offers: the first appeal that runs now, else any campaign that
 * runs, else the site's currency without amounts. The campaign lives until the next call. fails
 * ERR_STORE_DOWN, ERR_UNKNOWN_SITE */
MUST enum err app_view_form(
	struct app_view *v, struct str host, utc_t now, struct view_prompt *ret);

#endif

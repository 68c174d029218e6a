/* app/form.h: the ticket that a form is given with its page: who may send it, and when; and the
 * puzzle that is made of it. Floor 3. Single use is pledged.form_use's business. */
#ifndef APP_FORM_H
#define APP_FORM_H

#include "base/seal.h"
#include "core/ticket.h"

#define FORM_TICKET_MAX 160             /* with its NUL */
#define FORM_NONCE_MAX  25              /* in hex, with its NUL */
#define FORM_PROOF_MS   INT64_C(600000) /* so long a puzzle may take */

/* What a ticket is: right; not there; not of our making, or of another site; younger or older than
 * it may be; of another cookie. */
enum form_state { FORM_ok, FORM_none, FORM_bad, FORM_young, FORM_old, FORM_other, FORM_N };
const char *form_state_name(enum form_state s);

struct form_age {
	int64_t min_ms, max_ms;
};
struct form_look {
	enum form_state state;
	struct ticket_form ticket; /* unless none or bad */
	int64_t age_ms;
};

/* What a ticket is to say. */
struct form_want {
	int16_t site;
	const struct uuid *reader; /* whose cookie the browser has sent; NULL: it sent none, so
				      whoever has it may use it */
	uint64_t place;            /* form_place; of use where there is no reader */
	bool again;                /* in place of another, for a page that was seen already */
	bool puzzle;               /* with a puzzle; it may be sent as soon as that is solved, else
				      no sooner than others (risk_more) */
	bool pageless; /* in place of none: it is good for nothing without a puzzle or a wait */
};
/* form_mint: a fresh one as text with its NUL, empty when there is no random. */
void form_mint(const struct seal_ring *r, const struct form_want *want, utc_t now,
	char out[FORM_TICKET_MAX]);

/* form_place: a keyed hash of the network that an address lies in (/24, /56); 0 when it is none.
 * Whoever comes from elsewhere with the ticket may use it, but that is a sign (risk.def: moved). */
uint64_t form_place(const struct seal_ring *r, struct str ip);

/* form_look: what text is. cookie: who sits there now, NULL when not known. */
void form_look(const struct seal_ring *r, struct str text, int16_t site, const struct uuid *cookie,
	utc_t now, struct form_age may, struct form_look *ret);

/* form_cookie: who sits there, by a cookie of ours for this site; false: not known. */
bool form_cookie(
	const struct seal_ring *r, struct str text, int16_t site, struct ticket_cookie *ret);

/* form_may_prove: a puzzle was given with this ticket, not long ago: nobody solves one that was not
 * asked for, nor many for later. */
bool form_may_prove(const struct form_look *l);
/* form_proved: SHA-256 of `ticket:proof` begins with so many zero bits; proof: 1 to 16 digits. */
bool form_proved(struct str ticket, struct str proof, unsigned bits);

#endif

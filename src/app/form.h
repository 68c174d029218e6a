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

/* form_mint: a fresh one as text with its NUL, empty when there is no random.
 *   reader  whose cookie the browser has sent; NULL: it sent none, so whoever has it may use it */
void form_mint(const struct seal_ring *r, int16_t site, const struct uuid *reader, utc_t now,
	char out[FORM_TICKET_MAX]);

/* form_mint_again: one in place of another, for a page that was seen already. puzzle: with a
 * puzzle; it may be sent as soon as that is solved. */
void form_mint_again(const struct seal_ring *r, int16_t site, const struct uuid *reader, utc_t now,
	bool puzzle, char out[FORM_TICKET_MAX]);

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

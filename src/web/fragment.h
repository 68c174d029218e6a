/* web/fragment.h: the prompt and the plain form as HTML that works without scripts, and the same as
 * JSON for the widget. Floor 4. Every text goes through buf_html; its shape is what src/widget
 * upgrades and styles. */
#ifndef WEB_FRAGMENT_H
#define WEB_FRAGMENT_H

#include "web/copy.h"

struct fragment {
	const struct campaign *campaign;
	size_t variant, set;    /* set: of the campaign's amounts */
	struct str locale;      /* asked for; the texts follow campaign_text_pick */
	struct str token;       /* empty: the plain form of the contribution page, without appeal */
	struct str key;         /* idempotency key that the form sends */
	struct str ticket;      /* of the form, app/form.h; may be empty */
	struct str remind_from; /* the first month to be reminded in, as 2027-01; may be empty */
	struct str mark;        /* of one among many on a page that is only looked at: ends its ids,
				 * and it counts as shown already (data-on). Empty: a reader's */
	struct web_copy copy;   /* campaign and locale are filled in here */
};

void fragment_html(struct buf *b, const struct fragment *f);
/* fragment_json: the value of "prompt" in the answer of /decide. */
void fragment_json(struct buf *b, const struct fragment *f);

#endif

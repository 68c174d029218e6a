/* web/copy.h: a campaign's text with its values of the moment. Floor 4. */
#ifndef WEB_COPY_H
#define WEB_COPY_H

#include "base/clock.h"
#include "core/policy.h"
#include "web/words.h"

/* More than any text with its values: 2000 characters, and COPY_VALUES_MAX names of countries
 * of 60. */
#define WEB_COPY_BYTES 12288

/* What the values are made of. */
struct web_copy {
	const struct campaign *campaign;
	const struct policy *policy; /* NULL: no names of countries */
	struct str locale;           /* of the text */
	struct str country;          /* of the reader */
	uint32_t articles;
	int64_t raised_minor; /* net, in the goal's currency */
	uint64_t supporters;
	bool has_figures; /* the two are of this goal and fresh: it may be shown by itself */
	utc_t now;
};

/* web_copy_text: text with its values, written to out. A text that was checked when it was
 * published holds nothing that cannot be read; what cannot is left as it stands. */
void web_copy_text(struct buf *out, struct str text, const struct web_copy *c);

uint64_t web_copy_percent(const struct web_copy *c);   /* raised of the goal, rounded down */
uint64_t web_copy_days_left(const struct web_copy *c); /* 0: over, or without an end */

#endif

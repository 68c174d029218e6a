/* app/campaign.h: a campaign file, checked as a whole and turned into what core/decide takes.
 * Floor 3. The format is described in conf/campaigns/README.md. */
#ifndef APP_CAMPAIGN_H
#define APP_CAMPAIGN_H

#include <jansson.h>

#include "base/arena.h"
#include "core/campaign.h"

/* One thing that is wrong, with its place: "variants[1].text.en.title". */
struct campaign_fault {
	char path[96];
	char what[160];
};
struct campaign_faults {
	size_t n;
	struct campaign_fault fault[64];
}; /* n counts on beyond 64, the list does not */

/* campaign_read: the whole file.
 *   gives  *ret with slices into the arena (texts are copied; id, version and site stay 0),
 * *ret_site the site's slug fails  ERR_BAD_JSON, ERR_NO_MEMORY, or ERR_FIELD_BAD with every fault
 * listed; *ret is then not to be used Checked: unknown fields, types, ranges, times (end after
 * start), shares sum to 100, names unique, amounts right for the currency and ascending,
 * preselected amount offered, a text in every locale for each variant, lengths, no control or bidi
 * characters. */
MUST enum err campaign_read(struct str json, struct arena *a, struct campaign *ret,
	struct str *ret_site, struct campaign_faults *faults);

#endif

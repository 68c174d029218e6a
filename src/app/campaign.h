/* app/campaign.h: a campaign file, or a site's policy, checked as a whole and turned into what
 * core/decide takes. Floor 3. The format is described in conf/campaigns/README.md. */
#ifndef APP_CAMPAIGN_H
#define APP_CAMPAIGN_H

#include <jansson.h>

#include "base/arena.h"
#include "core/policy.h"

#define CAMPAIGN_POLICY_NAME "policy" /* a site's policy is the document of this name */

/* One thing that is wrong, with its place: "variants[1].text.en.title". */
struct campaign_fault {
	char path[96];
	char what[160];
};
struct campaign_faults {
	size_t n;
	struct campaign_fault fault[64];
}; /* n counts on beyond 64, the list does not */

/* A file: one of the two. */
struct campaign_doc {
	struct str slug, site; /* as the file names them */
	bool is_policy;
	struct campaign campaign;
	struct policy policy;
};

/* campaign_read: the whole file.
 *   gives  *ret with slices into the arena (texts are copied; id, version and the site's number
 * stay 0; topics are still names) fails  ERR_BAD_JSON, ERR_NO_MEMORY, or ERR_FIELD_BAD with every
 * fault listed; *ret is then not to be used Checked: unknown fields, types, ranges, times (end
 * after start), shares sum to 100, names unique, amounts right for the currency and ascending,
 * preselected amount offered, a text in every locale for each variant that speaks, values in texts
 * known and with what they need, lengths, no control or bidi characters. */
MUST enum err campaign_read(
	struct str json, struct arena *a, struct campaign_doc *ret, struct campaign_faults *faults);

/* campaign_bind: turn the names of topics into the bits of the site's policy; a topic that the
 * policy does not know matches nothing. Then decide_prepare.
 *   gives  the first unknown name, or the empty text */
struct str campaign_bind(struct campaign *c, const struct policy *p);

#endif

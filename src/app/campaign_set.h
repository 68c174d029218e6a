/* app/campaign_set.h: what must hold between the campaigns of a site. Floor 3. */
#ifndef APP_CAMPAIGN_SET_H
#define APP_CAMPAIGN_SET_H

#include "app/campaign.h"

/* campaign_set_check: all documents that will stand beside each other, told apart by doc->site.
 *   gives  faults with paths that begin with the campaign's name: a topic that the policy does not
 *          know; a blackout for a campaign that is not there; two identifiers of caps with one key
 */
void campaign_set_check(
	const struct campaign_doc *const *docs, size_t n, struct campaign_faults *faults);

#endif

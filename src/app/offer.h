/* app/offer.h: what a campaign lets a donor add to a gift. Floor 3. */
#ifndef APP_OFFER_H
#define APP_OFFER_H

#include "app/money.h"

/* Whose offer: that of a decision; or (campaign 0) of a name; or (no name either) of the plain
 * form. */
struct offer {
	int16_t site;
	int32_t campaign, version;
	struct str name;
	struct str shown; /* the fee that the donor saw, e.g. "1.5 0.25"; empty: not told */
	utc_t now;
};

/* offer_cover: what covers the fee of this gift.
 *   gives  *ret, in the gift's currency
 *   fails  ERR_FIELD_BAD (cover): nothing is offered there in this currency; ERR_FEE_CHANGED: not
 *          what the donor saw; ERR_AMOUNT_TOO_LARGE: both together are above the largest gift;
 *          ERR_STORE_* */
MUST enum err offer_cover(struct app_money *m, const struct offer *o, const struct money *gift,
	struct money *ret, struct fault *f);

#endif

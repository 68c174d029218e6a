/* web/goal.h: how far a campaign is, from the ledger. Floor 4. Both write nothing for a campaign
 * without a goal, and while its figures are not known. */
#ifndef WEB_GOAL_H
#define WEB_GOAL_H

#include "web/copy.h"

bool goal_is_known(const struct web_copy *c);
/* The bar with its words, in our own language of that locale; c->locale is that of the text around
 * it. */
void goal_html(struct buf *b, const struct web_copy *c, struct str locale);
/* Members of an object, the first without a comma: raised, goal, currency, percent, supporters, and
 * days_left of a campaign with an end. */
void goal_members(struct buf *b, const struct web_copy *c);

#endif

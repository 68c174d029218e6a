/* app/campaign_own.h: the parts of a campaign file, a function a part. Not for others.
 * Floor 3. */
#ifndef APP_CAMPAIGN_OWN_H
#define APP_CAMPAIGN_OWN_H

#include "app/walk.h"

#define SMALL_AND_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789-"

extern const struct walk_word CAMPAIGN_NAME;
extern const struct walk_words CAMPAIGN_NAMES; /* a list of such names */
extern const struct walk_words CAMPAIGN_COUNTRIES;

/* campaign_target.c */
void campaign_target_read(struct walk *w, const json_t *root, struct campaign *c);
void campaign_pages_read(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, struct page_kind *ret);

/* campaign_offer.c: amounts and goal */
void campaign_amounts_read(struct walk *w, const json_t *root, struct campaign *c);
void campaign_goal_read(struct walk *w, const json_t *root, struct campaign *c);

/* campaign_text.c */
void campaign_variants_read(struct walk *w, const json_t *root, struct campaign *c);
bool campaign_is_locale(struct str s);

/* campaign_policy.c */
void campaign_policy_read(struct walk *w, const json_t *root, struct campaign_doc *doc);

/* campaign.c */
void campaign_cap_read(struct walk *w, const json_t *root, struct campaign_cap *cap, bool policy);

#endif

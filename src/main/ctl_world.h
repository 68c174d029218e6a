/* main/ctl_world.h: sites, calendar and campaigns as the view role has them, for commands that ask
 * the rules. Floor 5. */
#ifndef MAIN_CTL_WORLD_H
#define MAIN_CTL_WORLD_H

#include "app/campaign.h"
#include "app/snapshot.h"
#include "main/ctl.h"

#define CTL_WORLD_DOCS 2100

struct ctl_world {
	struct arena arena;
	struct snapshot *snap;
	size_t n;
	struct campaign_doc *doc[CTL_WORLD_DOCS];
};

/* ctl_world_open: what is published, with the calendar around `now`; files, each with slug and site
 * as it names them, stand in place of what has their names. Returns CTL_OK, or the exit code when
 * it has told why not. ret is to be given to ctl_world_close, also then. */
int ctl_world_open(struct ctl *c, utc_t now, struct campaign_doc *const *files, size_t n,
	struct ctl_world *ret);
void ctl_world_close(struct ctl_world *w);

/* The site of that name, or the only one when it is empty; NULL when it has told why not. */
const struct site *ctl_world_site(const struct ctl_world *w, struct str name);
/* "NAME" or "SITE/NAME" among all campaigns; NULL when it has told why not. */
const struct campaign *ctl_world_campaign(const struct ctl_world *w, const char *name);

#endif

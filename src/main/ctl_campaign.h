/* main/ctl_campaign.h: what the commands of pledgectl campaign share.
 * Floor 5. */
#ifndef MAIN_CTL_CAMPAIGN_H
#define MAIN_CTL_CAMPAIGN_H

#include "app/campaign.h"
#include "main/ctl.h"

#define CTL_CAMPAIGNS_MAX 200          /* in one command; and in the database, of those not over */
#define CTL_ARENA_BYTES   (256u << 20) /* pages are taken as they are used */

/* A campaign on its way into the database. */
struct ctl_doc {
	const char *path;            /* how faults call it */
	struct str text, slug, site; /* text ends with NUL */
	struct campaign_doc *read;   /* after ctl_doc_check */
	int64_t of_version;          /* the version that is taken up again, else 0 */
	int64_t version;             /* after ctl_publish: in force */
	bool changed;                /* after ctl_publish: is new */
	struct rows *conflicts;      /* after ctl_publish: what that made doubtful; to be freed */
};

/* ctl_doc_read: text from the file at path. ctl_doc_check: slug and site from text, when all of it
 * is right. False when they have told what is wrong. What they gather lives in the arena. */
bool ctl_doc_read(struct arena *a, struct ctl_doc *doc);
bool ctl_doc_check(struct arena *a, struct ctl_doc *doc);

void ctl_faults(const char *path, const struct campaign_faults *faults); /* tells them */

/* Files of a command line. */
struct ctl_pile {
	struct arena arena;
	size_t n, bad;
	struct ctl_doc doc[CTL_CAMPAIGNS_MAX];
	struct campaign_doc *file[CTL_CAMPAIGNS_MAX]; /* doc[i].read */
};
/* ctl_pile_new: reads and checks every file and folder that argv[1 …] names; all faults of all
 * files are told. NULL when there is one. */
struct ctl_pile *ctl_pile_new(int argc, char **argv);
void ctl_pile_free(struct ctl_pile *p); /* NULL is fine */

/* ctl_publish: checked campaigns, all or none, in the name of the login.
 *   tx     one
 *   fails  ERR_STATE (there is no such site), ERR_RANGE (too many campaigns), as
 *          store_call */
MUST enum err ctl_publish(struct store *s, struct ctl_doc *docs, size_t n, struct fault *f);
void ctl_published(const struct ctl_doc *doc); /* tells how it went, warnings too */

/* ctl_conflicts: what the latest act on a campaign made doubtful. ctl_warn: tells it. */
MUST enum err ctl_conflicts(struct store *s, struct str name, struct rows **ret, struct fault *f);
void ctl_warn(struct str slug, const struct rows *conflicts);

/* The fault of a call by name: none of that name (OK, no row), or more than one (the call failed).
 */
MUST enum err ctl_no_campaign(struct fault *f, const char *name);
MUST enum err ctl_name_fault(enum err e, struct fault *f, const char *name);

#endif

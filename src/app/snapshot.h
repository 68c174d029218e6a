/* app/snapshot.h: sites, calendar, policies and campaigns as they were at one epoch; immutable,
 * counted, replaced as a whole. Floor 3. A campaign that cannot be read makes the new snapshot
 * fail; the last good one stays. */
#ifndef APP_SNAPSHOT_H
#define APP_SNAPSHOT_H

#include "base/arena.h"
#include "core/decide.h"
#include "store/pg.h"

struct site {
	struct str host, slug, currency, locale, gift_label, thanks_path, cancel_path, origin;
	int16_t id;
	uint8_t article_key[32];
};

struct snapshot;

/* A snapshot is filled in three steps from the answers of view_campaigns, view_sites and
 * view_calendar, in this order. fails  ERR_NO_MEMORY, ERR_STORE (an answer that cannot be read; *f
 * names the campaign) */
MUST enum err snapshot_new(struct snapshot **ret);
/* lenient: for who has no last good one: what cannot be read is logged and left out. */
MUST enum err snapshot_campaigns(
	struct snapshot *s, const struct rows *rows, bool lenient, struct fault *f);
MUST enum err snapshot_sites(struct snapshot *s, const struct rows *rows);
MUST enum err snapshot_calendar(struct snapshot *s, const struct rows *rows);
/* For pledgectl: one row of view_campaigns as a document (fails as campaign_read; *f names it); and
 * in place of snapshot_campaigns, documents that need not be published, sorted here. A document's
 * id, version, site and live stand in its campaign, also of a policy. */
struct campaign_doc;
MUST enum err snapshot_read(const struct rows *rows, int row, struct arena *a,
	struct campaign_doc *ret, struct fault *f);
MUST enum err snapshot_files(struct snapshot *s, struct campaign_doc *const *docs, size_t n);

struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s); /* NULL is fine; the last one frees */

const struct site *snapshot_site(
	const struct snapshot *s, struct str host); /* host in any case; NULL when unknown */
bool snapshot_is_host(const struct snapshot *s, struct str host, int16_t site); /* of this site? */
const struct site *snapshot_site_named(const struct snapshot *s, struct str slug); /* or NULL */
const struct site *snapshot_site_id(const struct snapshot *s, int16_t id); /* its first host */
const struct site *snapshot_site_only(const struct snapshot *s); /* NULL: not exactly one */
const struct campaign_set *snapshot_campaign_set(const struct snapshot *s);
/* NULL when there is none; paused ones are there too. */
const struct campaign *snapshot_campaign(const struct snapshot *s, int32_t id);
/* Never NULL: a site without a policy has an empty one. */
const struct policy *snapshot_policy(const struct snapshot *s, int16_t site);
int64_t snapshot_epoch(const struct snapshot *s);
size_t snapshot_left_out(const struct snapshot *s); /* documents that could not be read */
/* Does the calendar of that site know this moment? */
bool snapshot_reaches(const struct snapshot *s, int16_t site, utc_t at);
/* The day that holds now; after the calendar's end, its last one. False before its begin. */
bool snapshot_day(const struct snapshot *s, int16_t site, utc_t now, struct decide_calendar *ret);
/* True when fewer than two known days are left, or now lies before all of them. */
bool snapshot_is_stale(const struct snapshot *s, utc_t now);

#endif

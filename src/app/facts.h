/* app/facts.h: what a decision was made from, as JSON and back: one in n decisions leaves it in
 * pledged.decision_sample, and `pledgectl replay` asks changed campaigns with it. Floor 3.
 *
 * {"now":…, "cal":[day, week_from, month_from, weekday, hour, day_starts], "page":{…}, "art":…,
 *  "topics":…, "counted":…, "signed_in":…, "consent":…, "draw":…,
 *  "reader":{"stored":…, "first":…, "views":…, "gift":…, "gave":…, "until":…, "minor":…,
 *  "currency":…, "seen":"hex", "marks":"hex"}}
 * Times are seconds. No reader's id: draw is a random number in place of the reader's hash, so that
 * two samples of one reader cannot be told by it. */
#ifndef APP_FACTS_H
#define APP_FACTS_H

#include "base/arena.h"
#include "base/json.h"
#include "core/decide.h"

#define FACTS_BYTES_MAX 24576 /* more than the longest: every character escaped, full lists */

/* facts_article, facts_draw: keyed by the site's article_key: the hash that names an article in
 * readers' rows (READER_ART_BITS, never 0), and the one that a reader's variants are drawn by. */
uint64_t facts_article(const uint8_t key[32], struct str article);
uint64_t facts_draw(const uint8_t key[32], const struct uuid *reader);

void facts_format(struct buf *b, const struct decide_facts *f, uint64_t draw);
/* facts_read: *ret with slices into the arena and *reader.
 *   fails  ERR_FIELD_BAD (not of this form), ERR_NO_MEMORY */
MUST enum err facts_read(
	const json_t *o, struct arena *a, struct decide_facts *ret, struct reader *reader);

#endif

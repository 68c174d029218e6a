/* app/robots.h: what a view worker knows of robots: the addresses that are verified, read anew now
 * and then, and the claims that were made since the last tally. Floor 3. Never asks anybody: who is
 * not known yet meets the normal gate, and the clerk finds out (app/robots_ask.h). Until the first
 * list is there nobody is verified. */
#ifndef APP_ROBOTS_H
#define APP_ROBOTS_H

#include "core/robot.h"
#include "store/batch.h"

#define ROBOTS_CLAIMS_MAX                                                                          \
	64 /* between two tallies; more are claimed again by whoever comes again */

struct robots;
MUST enum err robots_new(struct robots **ret); /* fails ERR_NO_MEMORY */
void robots_free(struct robots *r);            /* NULL is fine */

/* robots_is_verified: is this address what it claims to be? claim is a name of robot.def, anything
 * else is no claim; address is the client's, as nginx knows it. Counts the claim, and notes it when
 * DNS could prove it. cost  about 100 ns, no allocation */
bool robots_is_verified(struct robots *r, struct str claim, struct str address);

/* robots_load: ask for the addresses when it is time; every_s seconds later again. True while an
 * answer is awaited: the batch takes one question at a time. */
bool robots_load(struct robots *r, struct batch *b, utc_t utc, mono_t now, int64_t every_s);

/* The claims since robots_clear, as the JSON that pledged.robot_claims_put takes: at most
 * ROBOTS_CLAIMS_MAX * 70 + 2 bytes. fails ERR_TOO_LONG */
MUST enum err robots_format(const struct robots *r, struct buf *b);
void robots_clear(struct robots *r);

#endif

/* app/settle.h: fetch an object from the provider and apply what it says. The one way in which the
 * program moves a pledge. Floor 3. A webhook is a hint, the fetch is the truth; the fetch happens
 * outside of any transaction. */
#ifndef APP_SETTLE_H
#define APP_SETTLE_H

#include "base/arena.h"
#include "pay/pay.h"
#include "store/pg.h"

struct settled {
	bool known, paid_new, held;
}; /* known: the pledge was found and the snapshot applied; held: nothing was sent, for now nobody
    * calls the provider */

/* app_fetch: an object's neutral picture, a new reference. fails  ERR_PROVIDER_DOWN, ERR_PROVIDER,
 * ERR_NOT_FOUND: as app_settle */
MUST enum err app_fetch(struct store *s, struct pay *p, enum pay_kind kind, struct str id,
	int64_t timeout_ms, struct arena *a, json_t **ret, struct fault *f);

/* app_settle: kind and id name the object; inbox is the webhook that asked for it, 0 = none (it
 * becomes done in the same transaction). fails  ERR_PROVIDER_DOWN: try again later; ERR_PROVIDER:
 * the answer cannot be used (park); ERR_BAD_EVENT: it leads to no pledge (park); ERR_NOT_FOUND: no
 * such object there; ERR_STORE_*: try again. Repeating is harmless. */
MUST enum err app_settle(struct store *s, struct pay *p, int64_t inbox, const char *cause,
	enum pay_kind kind, struct str id, int64_t timeout_ms, struct arena *a, struct settled *ret,
	struct fault *f);

/* settle_count: for the metrics: a pledge came to this state. currency: anything that we do not
 * take counts as none. */
void settle_count(enum pledge_status to, struct str currency);

#endif

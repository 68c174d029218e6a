/* app/lockout.h: calls to a provider that wait while it refuses our key or account (401, 403):
 * after one such answer the others are held back, and one asks now and then. Floor 3. What is known
 * stands in the database, so a refusal in one process holds up all of them. */
#ifndef APP_LOCKOUT_H
#define APP_LOCKOUT_H

#include "base/arena.h"
#include "pay/pay.h"
#include "store/pg.h"

/* lockout_call: one exchange as pay_call, noting a refusal, and that one is over.
 *   gives  false when calls wait: nothing was sent, *ret reads as a failure that is to be tried
 * again. A database that does not answer holds nothing back. */
bool lockout_call(struct store *s, struct pay *p, const struct pay_request *q, int64_t timeout_ms,
	struct arena *a, struct pay_answer *ret);

/* lockout_waits: is work at this provider not worth beginning now? */
bool lockout_waits(struct store *s, const struct pay *p);

#endif

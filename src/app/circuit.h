/* app/circuit.h: whether a provider is asked at all. After failures in a row nobody calls it but
 * for a probe now and then; the row pledged.circuit says so to all processes. Stored calls are held
 * back where they are leased, and noted by the outbox itself; here is what is asked beside them.
 * Floor 3. */
#ifndef APP_CIRCUIT_H
#define APP_CIRCUIT_H

#include "pay/pay.h"
#include "store/pg.h"

/* circuit_call: lockout_call for whatever is no stored call, if the circuit lets it; else *ret is
 * an answer that nothing was sent. gives  false when nothing was sent. trips: 1, and 1 more after a
 * failure. */
bool circuit_call(struct store *s, struct pay *p, const struct pay_request *q, int64_t timeout_ms,
	struct arena *a, struct pay_answer *ret);

#endif

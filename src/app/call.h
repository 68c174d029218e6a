/* app/call.h: send one stored call of the outbox and note how it ended. money does so while the
 * donor waits, the clerk later. Floor 3. */
#ifndef APP_CALL_H
#define APP_CALL_H

#include "base/arena.h"
#include "pay/pay.h"
#include "store/pg.h"

/* A call as it stands in the outbox. */
struct call {
	int64_t outbox;
	const char *method;
	struct str path, idem_key, body;
};

/* call_of: read the request columns of row `row`; bytes are copied into the arena. fails
 * ERR_NO_MEMORY, ERR_STORE */
MUST enum err call_of(const struct rows *rows, int row, struct arena *a, struct call *ret);

/* call_create: send the call that opens a checkout, and commit what came of it. One exchange, at
 * most timeout_ms. gives  *ret_url when the page is open (arena), else empty fails  ERR_UNKNOWN:
 * not known yet, the clerk goes on; ERR_PROVIDER_REFUSED: refused for good; ERR_STORE_*: could not
 * be noted, the clerk repeats it with the same bytes */
MUST enum err call_create(struct store *s, struct pay *p, const struct call *c, int64_t timeout_ms,
	struct arena *a, struct str *ret_url, struct fault *f);

#endif

/* app/call.h: send one stored call of the outbox and note how it ended. money does so while the
 * donor waits, the clerk later. Floor 3. */
#ifndef APP_CALL_H
#define APP_CALL_H

#include "base/arena.h"
#include "pay/pays.h"
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

/* call_pay: the provider of a row, by its column of that name. fails ERR_PROVIDER_DOWN: it is not
 * configured any more, so what is asked of it waits */
MUST enum err call_pay(const struct pays *pays, const struct rows *rows, int row, struct pay **ret,
	struct fault *f);

/* call_note: how it ended: retry, unknown, permanent, config or done. status 0: no answer. fails
 * ERR_STORE_* */
MUST enum err call_note(struct store *s, const struct call *c, const char *outcome, long status,
	const char *error, struct fault *f);

/* call_create: send the call that opens a checkout, and commit what came of it. One exchange, at
 * most timeout_ms. gives  *ret_url when the page is open (arena), else empty fails  ERR_UNKNOWN:
 * not known yet, the clerk goes on; ERR_PROVIDER_DOWN: our key or account is refused
 * (now, or since before: then it was not sent); ERR_PROVIDER_REFUSED: refused for good;
 * ERR_STORE_*: could not be noted, the clerk repeats it with the same bytes */
MUST enum err call_create(struct store *s, struct pay *p, const struct call *c, int64_t timeout_ms,
	struct arena *a, struct str *ret_url, struct fault *f);

#endif

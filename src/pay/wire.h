/* pay/wire.h: what the providers' wires have in common: texts that may stand in a request, and the
 * first look at an answer. Floor 2, pure. */
#ifndef PAY_WIRE_H
#define PAY_WIRE_H

#include "pay/pay_ops.h"

bool wire_is_key(struct str key);
bool wire_is_url(struct str s); /* of ours, to come back to */
/* wire_is_page: may a donor be sent there? Only to this host (or host:port), by https; by
 * http when the provider is on loopback. */
bool wire_is_page(const struct pay_set *set, const char *host, struct str url);

/* wire_post: a POST from what was written. fails ERR_RANGE (the key), ERR_TOO_LONG,
 * ERR_NO_MEMORY; *ret untouched */
MUST enum err wire_post(const struct buf *path, const struct buf *body, struct str idem_key,
	struct arena *a, struct pay_request *ret);

/* wire_bare: a request without a body or a key. fails ERR_TOO_LONG, ERR_NO_MEMORY; *ret untouched
 */
MUST enum err wire_bare(
	const char *method, const struct buf *path, struct arena *a, struct pay_request *ret);

/* What a status means, when the body says nothing more of it. */
enum pay_outcome wire_status(long status);

/* wire_read_json: the JSON of an answer 2xx. gives a new reference. fails ERR_PROVIDER,
 * ERR_NO_MEMORY */
MUST enum err wire_read_json(const struct pay_answer *ans, json_t **ret, struct fault *f);

/* A provider's word, and ours for it; lists end with {0}. */
struct wire_word {
	const char *from, *to;
};
const char *wire_word(const struct wire_word *list, struct str word); /* NULL: not in the list */

#endif

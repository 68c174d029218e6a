/* app/list.h: one page of what the provider has. Floor 3. */
#ifndef APP_LIST_H
#define APP_LIST_H

#include "base/arena.h"
#include "pay/pay.h"
#include "store/pg.h"

#define LIST_AFTER_MAX 256

/* list_page: made since then, newest first.
 *   after  where the page begins, empty for the first; then where the next one does, empty for none
 *   gives  *ret_items as pay_parse_list, a new reference; the answer's memory is in a
 *   fails  ERR_PROVIDER_DOWN: try again later; ERR_PROVIDER: it cannot be used, or does not go on
 */
MUST enum err list_page(struct store *s, struct pay *p, enum pay_list what, utc_t since,
	char after[LIST_AFTER_MAX], int64_t timeout_ms, struct arena *a, json_t **ret_items,
	struct fault *f);

#endif

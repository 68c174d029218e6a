/* pay/pays.h: the providers that are configured, and what each can do. Floor 2. */
#ifndef PAY_PAYS_H
#define PAY_PAYS_H

#include "pay/pay.h"

#define PAYS_MAX 2 /* as many as there are rows */

/* In the order of pay.providers: the first one that takes a gift takes it when none is named. */
struct pays {
	struct pay *of[PAYS_MAX];
	size_t n;
};

/* fails ERR_CONF (an unknown name too, or none), ERR_SECRET, ERR_NO_MEMORY; *ret untouched */
MUST enum err pays_open(const struct conf *c, struct pays *ret, struct fault *f);
void pays_close(struct pays *p); /* also one that holds nothing; wipes secrets */
struct pay *pays_find(
	const struct pays *p, struct str name); /* NULL: it is not configured, or there is none */

/* One alone. fails as pays_open. */
MUST enum err pay_open(const struct conf *c, struct str name, struct pay **ret, struct fault *f);
void pay_close(struct pay *p); /* NULL is fine; wipes secrets */
/* The setting of its ways to pay, as written; NULL: there is no provider of that name. */
const char *pay_methods_of(const struct conf *c, struct str name);

/* All that there are, configured or not, in the order of pay_no; NULL behind the last. */
const char *pays_name(size_t no);
size_t pay_no(const struct pay *p);

/* What it can do. */
bool pay_takes(const struct pay *p, enum campaign_interval interval, struct str currency);
/* Where the provider decides on the ways to pay: can a checkout do without cards? By what it must
 * not offer (pay_checkout.without), or, where that cannot be said, by what it may (pay_instead,
 * else empty). */
bool pay_excludes(const struct pay *p);
struct str pay_instead(const struct pay *p);
bool pay_lists(const struct pay *p, enum pay_list what);
bool pay_fetches(const struct pay *p, enum pay_kind kind); /* by the object's own id alone */
int64_t pay_key_life_s(const struct pay *p);               /* an older key may be a new request */

/* scheme://host of its checkout pages, or of its portal, for a page's policy; behind a space when
 * something stands there already; nothing when it has none. */
void pay_origin(const struct pay *p, bool portal, struct buf *out);

#endif

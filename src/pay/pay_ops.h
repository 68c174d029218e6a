/* pay/pay_ops.h: what a provider must be able to do: one row of functions, all of them pure.
 * Floor 2, private to pay. pay.c holds the rows, checks the settings, and makes the one call. */
#ifndef PAY_PAY_OPS_H
#define PAY_PAY_OPS_H

#include "pay/pay_list.h"
#include "pay/pay_wish.h"

#define PAY_SECRETS_MAX 4
#define PAY_METHODS_MAX 201

/* The settings of an open provider, checked. Texts are C strings. */
struct pay_set {
	char base[201]; /* scheme://host[:port], no slash at the end */
	bool plain;     /* base is http on loopback; then a checkout page may be plain http too */
	char checkout_host[201], portal_host[201];
	char version[41], methods[PAY_METHODS_MAX];
	char instead[PAY_METHODS_MAX]; /* of cards, where methods is empty and none can be left out
					*/
	bool livemode;
	int64_t tolerance_s;
	char auth[320]; /* the whole Authorization header */
	char head[64];  /* one more header with each call, whole; may be empty */
	size_t secret_n;
	struct str secret[PAY_SECRETS_MAX];
	char *secrets; /* what they point into: freed and wiped by pay_close */
	size_t secrets_n;
};

struct pay_ops {
	const char *name;
	const char *type, *accept; /* of bodies, ours and theirs */
	const char *should_retry;  /* a header of theirs, lower case; NULL: there is none */
	int64_t key_life_s;        /* how long the same key is surely the same request */
	enum conf_key methods;     /* the setting that names its ways to pay */
	bool excludes;             /* a checkout can be told what it must not offer */
	enum err (*load)(const struct conf *c, struct pay_set *ret, struct fault *f);
	bool (*takes)(enum campaign_interval interval, struct str currency);
	enum err (*build_checkout)(const struct pay_checkout *in, struct str idem_key,
		struct arena *a, struct pay_request *ret);
	enum err (*build_again)(const struct pay_request *old, struct str idem_key,
		utc_t expires_at, struct arena *a, struct pay_request *ret);
	bool (*fetches)(enum pay_kind kind);
	enum err (*build_fetch)(
		enum pay_kind kind, struct str id, struct arena *a, struct pay_request *ret);
	enum pay_outcome (*outcome)(const struct pay_answer *ans);
	void (*error_text)(const struct pay_answer *ans, char out[120]);
	enum err (*parse_checkout)(const struct pay_set *set, const struct pay_answer *ans,
		struct arena *a, struct pay_opened *ret, struct fault *f);
	enum err (*parse_snapshot)(const struct pay_set *set, enum pay_kind kind,
		const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f);
	enum err (*build_refund)(const struct pay_refund *in, struct str idem_key, struct arena *a,
		struct pay_request *ret);
	/* the next one, and those of the portal, may be missing: then there is no such thing */
	enum err (*build_change)(const struct pay_changed *in, struct str idem_key, struct arena *a,
		struct pay_request *ret);
	enum err (*build_expire)(
		struct str id, struct str idem_key, struct arena *a, struct pay_request *ret);
	enum err (*build_portal)(struct str customer, struct str return_url, struct str idem_key,
		struct arena *a, struct pay_request *ret);
	enum err (*parse_portal)(const struct pay_set *set, const struct pay_answer *ans,
		struct arena *a, struct str *ret_url, struct fault *f);
	bool (*lists)(enum pay_list what);
	enum err (*build_list)(enum pay_list what, utc_t since, utc_t until, struct str after,
		struct arena *a, struct pay_request *ret);
	enum err (*parse_list)(const struct pay_set *set, enum pay_list what,
		const struct pay_answer *ans, json_t **ret_items, struct str *ret_next,
		struct arena *a, struct fault *f);
	enum err (*webhook)(const struct pay_set *set, struct str signature, struct str body,
		utc_t now, struct arena *a, struct pay_event *ret, struct fault *f);
};

#endif

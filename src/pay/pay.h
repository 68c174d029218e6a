/* pay/pay.h: what the rest of the program knows of payment providers: one table of functions, build
 * and parse apart. Floor 2. build_* fill a request and do no I/O (the outbox stores the bytes,
 * tests compare them); parse_* turn an answer into values. pay_call is the one way out (libcurl).
 * No URL from a user or from a webhook ever reaches it: path is made here, the base from conf. */
#ifndef PAY_PAY_H
#define PAY_PAY_H

#include <jansson.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/label.h"
#include "base/uuid.h"
#include "core/pledge.h"

/* How a call ended. The class decides what happens to the attempt; nothing else does.
 * RETRY: surely not done, same key again. UNKNOWN: may be done, same key and same bytes again.
 * PERMANENT: refused. CONFIG: our key or account is wrong: park and alarm. GONE: the object does
 * not exist. */
enum pay_outcome {
	PAY_OK,
	PAY_RETRY,
	PAY_UNKNOWN,
	PAY_PERMANENT,
	PAY_CONFIG,
	PAY_NEEDS_DONOR,
	PAY_GONE
};
/* ok retry unknown permanent config needs_donor gone */
const char *pay_outcome_name(enum pay_outcome o);

enum pay_kind {
	PAY_KIND_NONE,
	PAY_KIND_CHECKOUT,
	PAY_KIND_INVOICE,
	PAY_KIND_SUBSCRIPTION,
	PAY_KIND_PAYMENT,
	PAY_KIND_REFUND,
	PAY_KIND_DISPUTE,
	PAY_KIND_WARNING /* of fraud, by the card network */
};
const char *pay_kind_name(
	enum pay_kind k); /* none checkout invoice subscription payment refund dispute warning */
MUST enum err pay_kind_parse(struct str s, enum pay_kind *ret);

struct pay_ops;
struct pay_request {
	const char *method;  /* "GET" "POST" "DELETE" */
	struct str path;     /* begins with /; query included */
	struct str body;     /* empty for GET */
	struct str idem_key; /* empty: none */
	enum label_op op;    /* for the metrics; fetches, lists and portals know theirs */
};

struct pay_answer {
	const struct pay_ops *from; /* whose words the body has; set whenever curl is 0 */
	bool read; /* the request was a GET: nothing can have happened, and 404 means gone */
	bool sent; /* at least one byte of the request left, or that cannot be excluded */
	int curl;  /* CURLcode, 0 = an HTTP answer came */
	long status;
	struct str body;                     /* whole, at most PAY_ANSWER_MAX, in the arena */
	struct str request_id, should_retry; /* headers, may be empty */
	int64_t retry_after_s;               /* -1 = absent */
	char error[200]; /* for the log: no secret, no body; empty when an answer came */
};
#define PAY_ANSWER_MAX (2 * 1024 * 1024) /* the longest is a page of a list */

/* A provider with its settings. pay/pays.h has all of them, and what each can do. */
struct pay;
const char *pay_name(const struct pay *p); /* stripe mollie */
bool pay_livemode(const struct pay *p);
struct str pay_methods(const struct pay *p); /* of the setting, as in pay_checkout */

/* pay_call: one guarded HTTP exchange (no redirects, no proxy from the environment, body limit,
 * total deadline). repeat: safe with an idem_key or for GET and DELETE. Never retries by itself.
 * Memory of the answer is in a. */
void pay_call(struct pay *p, const struct pay_request *q, int64_t timeout_ms, struct arena *a,
	struct pay_answer *ret);
enum pay_outcome pay_outcome(const struct pay_answer *a);

/* build_*: into the arena; fails ERR_NO_MEMORY, ERR_TOO_LONG, ERR_RANGE. */
struct pay_checkout {
	struct uuid pledge;
	struct money money;
	enum campaign_interval interval;
	struct str label; /* what the donor sees: 1 to 250 printable bytes */
	struct str email; /* may be empty */
	struct str success_url,
		cancel_url; /* success may hold {CHECKOUT_SESSION_ID}; cancel may be empty */
	utc_t expires_at;   /* 0: the provider's default, by its own clock */
	struct str methods; /* ways to pay, as the provider calls them, with commas between; empty:
			       the provider decides */
	struct str without, locale; /* then: what it must not offer (pay_excludes); the donor's */
	struct str webhook_url; /* where this provider tells us; needed by those that are told so
				   with each payment */
};
MUST enum err pay_build_checkout(const struct pay *p, const struct pay_checkout *in,
	struct str idem_key, struct arena *a, struct pay_request *ret);
/* pay_build_again: the call that opens the same checkout once more: a stored one's bytes but for
 * the time at which the page closes (0: none is told), and a key of its own */
MUST enum err pay_build_again(const struct pay *p, const struct pay_request *old,
	struct str idem_key, utc_t expires_at, struct arena *a, struct pay_request *ret);
MUST enum err pay_build_fetch(const struct pay *p, enum pay_kind kind, struct str id,
	struct arena *a, struct pay_request *ret); /* id is checked: ^[A-Za-z0-9_]{3,255}$ */

struct pay_opened {
	struct str object_id, url;
	utc_t expires_at;
	bool livemode;
};
/* parse_checkout: answer 200 of create. fails ERR_PROVIDER (not JSON, no id, no url, url not https
 * on the checkout host of its settings; plain http only for a loopback base) */
MUST enum err pay_parse_checkout(const struct pay *p, const struct pay_answer *ans, struct arena *a,
	struct pay_opened *ret, struct fault *f);
/* parse_snapshot: answer 200 of a fetch, or of a POST or DELETE that gives the object back -> the
 * neutral picture that pledged.settle takes, a new reference; see pay/snap.h for what it says.
 * fetched_at: when the call began. fails ERR_PROVIDER; ERR_BAD_EVENT when it is sound and all
 * references that lead to the pledge are missing */
MUST enum err pay_parse_snapshot(const struct pay *p, enum pay_kind kind,
	const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f);
/* of a refusal, for the log and the attempt: type/code/decline code, param; never the message */
void pay_error_text(const struct pay_answer *ans, char out[120]);

/* pay_webhook: verify over the raw bytes, then read the envelope.
 *   gives  *ret with slices into the arena; kind NONE and ignored true = nothing we act on (unknown
 * types, thin events, events of connected accounts). livemode is only told: the caller compares it
 * with pay_livemode fails  ERR_SECRET (this role holds no webhook secret), ERR_NO_MEMORY,
 *          ERR_BAD_SIGNATURE (header missing, malformed, stale or future beyond tolerance, no v1
 * that fits), ERR_BAD_EVENT (JSON, id, type) */
struct pay_event {
	struct str id, type;
	bool declined;      /* a payment was refused that a donor had just tried */
	struct uuid pledge; /* of the event's own metadata, for what is declined; nil: not told */
	struct str card;    /* that was declined, by one word on all pages; empty: not told */
	enum pay_kind kind;
	struct str object_id;
	bool livemode, ignored;
	bool hint;                /* anybody may have sent it: it says no more than where to look */
	utc_t created, signed_at; /* signed_at: by the sender's clock; 0: not signed */
	struct str version;       /* of the interface that wrote it; may be empty */
	bool other_version;       /* told, and not the one of our calls: worth a warning */
};
MUST enum err pay_webhook(const struct pay *p, struct str signature, struct str body, utc_t now,
	struct arena *a, struct pay_event *ret, struct fault *f);

/* The rest of the same table, so that whoever has this header has it all. */
#include "pay/pay_list.h"
#include "pay/pay_wish.h"
#endif

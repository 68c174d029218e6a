/* tests/unit/mollie_made.h: Mollie's payments and what was taken back, made up for tests. */
#ifndef TEST_MOLLIE_MADE_H
#define TEST_MOLLIE_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pay/pay_ops.h"

#define PLEDGE "01890a5d-ac96-774b-bcce-b302099a8057"
#define REFUND "01890a5d-ac96-774b-bcce-b302099a8059"
#define PAGE   "https://www.mollie.com/checkout/select-method/1"

static const struct pay_set set = {.checkout_host = "www.mollie.com"};

static inline json_t *payment(const char *status)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s},s:{s:s},s:{s:{s:s}}}", "resource",
		"payment", "id", "tr_1", "mode", "test", "status", status, "createdAt",
		"2026-11-26T12:00:00+00:00", "amount", "value", "25.00", "currency", "EUR",
		"metadata", "pledge", PLEDGE, "_links", "checkout", "href", PAGE);

	assert_non_null(o);
	if (strcmp(status, "paid") == 0)
		json_object_set_new(o, "paidAt", json_string("2026-11-26T13:05:00+01:00"));
	return o;
}

static inline json_t *taken(const char *resource, const char *id, const char *value)
{
	return json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s}", "resource", resource, "id", id,
		"paymentId", "tr_1", "amount", "value", value, "currency", "EUR", "createdAt",
		"2026-11-26T14:00:00Z");
}

static inline json_t *with(const char *status, const char *key, json_t *v)
{
	json_t *o = payment(status);

	assert_int_equal(json_object_set_new(o, key, v), 0);
	return o;
}

static inline json_t *with_amount(const char *value, const char *cur)
{
	return with("paid", "amount", json_pack("{s:s,s:s}", "value", value, "currency", cur));
}

static inline void text_at(const json_t *o, const char *path, const char *word)
{
	struct str t = json_text(o, path);

	if (!str_is(t, word))
		fail_msg("%s is %.*s, not %s", path, STR_FMT(t), word);
}

#endif

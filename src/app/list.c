/* app/list.c: ask for a page, read it, remember where the next one begins. */
#include "app/list.h"
#include "app/circuit.h"
#include "base/json.h"

/* Not every list can be asked for a time: it is newest first, so it ends with the first entry that
 * is too old. gives whether there was one */
static bool drop_older(json_t *items, utc_t since)
{
	utc_t at;
	size_t n = 0;
	while (n < json_array_size(items) &&
		(clock_parse(json_text(json_array_get(items, n), "created"), &at) != OK ||
			utc_s(at) >= utc_s(since)))
		n++;
	if (n == json_array_size(items))
		return false;
	while (json_array_size(items) > n)
		json_array_remove(items, json_array_size(items) - 1);
	return true;
}

enum err list_page(struct store *s, struct pay *p, enum pay_list what, utc_t since,
	char after[LIST_AFTER_MAX], int64_t timeout_ms, struct arena *a, json_t **ret_items,
	struct fault *f)
{
	struct pay_request q;
	struct pay_answer ans;
	json_auto_t *items = NULL;
	struct str next;
	char text[120];
	enum err e = pay_build_list(p, what, since, (utc_t){0}, str_c(after), a, &q);
	if (e != OK)
		return fault_set(f, e, NULL, "the list cannot be asked for");
	(void)circuit_call(s, p, &q, timeout_ms, a, &ans);
	enum pay_outcome outcome = pay_outcome(&ans);
	if (outcome != PAY_OK) {
		pay_error_text(&ans, text);
		e = outcome == PAY_RETRY || outcome == PAY_UNKNOWN ? ERR_PROVIDER_DOWN
								   : ERR_PROVIDER;
		return fault_set(f, e, NULL, "%s", text);
	}
	e = pay_parse_list(p, what, &ans, &items, &next, a, f);
	if (e == OK && since.us > 0 && drop_older(items, since))
		next = (struct str){0};
	if (e == OK && next.n && str_is(next, after))
		e = fault_set(f, ERR_PROVIDER, NULL, "the list does not go on");
	if (e == OK)
		e = str_copy(next, after, LIST_AFTER_MAX);
	if (e == OK)
		*ret_items = json_incref(items);
	return e;
}

/* pay/wire.c: what the providers' wires have in common. */
#include <string.h>

#include "base/json.h"
#include "pay/wire.h"

#define URL_MAX      2048
#define PAGE_URL_MAX 4000 /* what the database takes is a little more */

/* --- build ------------------------------------------------------------------------------------ */

bool wire_is_url(struct str s)
{
	return s.n <= URL_MAX && str_is_clean(s, false) && !memchr(s.p, ' ', s.n) &&
	       (str_starts(s, "https://") || str_starts(s, "http://"));
}

bool wire_is_key(struct str key)
{
	return key.n > 0 && key.n <= 255 && str_is_word(key, ":-_.");
}

enum err wire_post(const struct buf *path, const struct buf *body, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	struct pay_request q = {.method = "POST"};
	enum err e = wire_is_key(idem_key) ? buf_done(path) : ERR_RANGE;

	if (e == OK)
		e = buf_done(body);
	if (e == OK)
		e = arena_dup(a, buf_str(path), &q.path);
	if (e == OK)
		e = arena_dup(a, buf_str(body), &q.body);
	if (e == OK)
		e = arena_dup(a, idem_key, &q.idem_key);
	if (e == OK)
		*ret = q;
	return e;
}

enum err wire_bare(
	const char *method, const struct buf *path, struct arena *a, struct pay_request *ret)
{
	struct pay_request q = {.method = method};
	enum err e = buf_done(path);

	if (e == OK)
		e = arena_dup(a, buf_str(path), &q.path);
	if (e == OK)
		*ret = q;
	return e;
}

/* --- answers ---------------------------------------------------------------------------------- */

static const struct status {
	long from, to;
	enum pay_outcome outcome;
} statuses[] = {
	{200, 299, PAY_OK},
	{300, 399, PAY_CONFIG}, /* a provider does not redirect: something stands between */
	{401, 401, PAY_CONFIG},
	{402, 402, PAY_NEEDS_DONOR},
	{403, 403, PAY_CONFIG},
	{409, 409, PAY_RETRY},
	{424, 424, PAY_RETRY},
	{429, 429, PAY_RETRY},
	{400, 499, PAY_PERMANENT},
	{502, 504, PAY_RETRY},
};

enum pay_outcome wire_status(long status)
{
	for (size_t i = 0; i < ARRAY_N(statuses); i++)
		if (status >= statuses[i].from && status <= statuses[i].to)
			return statuses[i].outcome;
	return PAY_UNKNOWN;
}

enum err wire_read_json(const struct pay_answer *ans, json_t **ret, struct fault *f)
{
	struct fault why = {0};

	if (ans->curl != 0 || ans->status < 200 || ans->status > 299)
		return fault_set(f, ERR_PROVIDER, NULL, "there is no answer to read");
	enum err e = json_read(ans->body, ret, &why);
	if (e == ERR_NO_MEMORY)
		return fault_set(f, e, NULL, "reading JSON");
	if (e != OK)
		return fault_set(f, ERR_PROVIDER, NULL, "not JSON: %s", why.detail);
	return OK;
}

/* The donor is sent there: only to the host we know, and nothing that a header or HTML could trip
 * over. */
bool wire_is_page(const struct pay_set *set, const char *host, struct str url)
{
	size_t skip = str_starts(url, "https://")                ? 8
		      : set->plain && str_starts(url, "http://") ? 7
								 : 0;
	size_t n = strlen(host);

	if (skip == 0 || n == 0 || url.n > PAGE_URL_MAX || url.n < skip + n)
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~' || strchr("\"'<>\\`", url.p[i]))
			return false;
	struct str rest = {url.p + skip + n, url.n - skip - n};
	return str_is_nocase((struct str){url.p + skip, n}, host) &&
	       (rest.n == 0 || rest.p[0] == '/');
}

const char *wire_word(const struct wire_word *list, struct str word)
{
	for (; list->from; list++)
		if (str_is(word, list->from))
			return list->to;
	return NULL;
}

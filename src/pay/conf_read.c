/* pay/conf_read.c: hosts, ways to pay, the key. */
#include <string.h>

#include "pay/conf_read.h"
#include "pay/http.h"

enum err conf_read_base(const char *text, const char *field, struct pay_set *set, struct fault *f)
{
	struct str host, base = str_c(text);

	if (base.n && base.p[base.n - 1] == '/')
		base.n--;
	if (http_base(base, &host, &set->plain) != OK ||
		str_copy(base, set->base, sizeof set->base) != OK)
		return fault_set(f, ERR_CONF, field, "must be https://host or https://host:port");
	if (set->plain && !http_is_loopback(host))
		return fault_set(f, ERR_CONF, field, "plain http only on loopback");
	return OK;
}

/* A host (or host:port) that a page for the donor must have. */
enum err conf_read_host(const char *text, const char *field, char *out, size_t cap, struct fault *f)
{
	struct str host, page = str_c(text);
	char url[220];
	struct buf b;
	bool plain;

	buf_init(&b, url, sizeof url - 1);
	buf_addc(&b, "https://");
	buf_add(&b, page);
	if (buf_done(&b) != OK || http_base(buf_str(&b), &host, &plain) != OK ||
		str_copy(page, out, cap) != OK)
		return fault_set(f, ERR_CONF, field, "must be host or host:port");
	return OK;
}

enum err conf_read_methods(
	const char *text, const char *field, char out[PAY_METHODS_MAX], struct fault *f)
{
	struct str rest = str_c(text), one;
	bool sound = str_copy(rest, out, PAY_METHODS_MAX) == OK;

	while (sound && str_cut(&rest, ',', &one))
		sound = one.n > 0 && one.n <= 40 && str_is_word(one, "_");
	return sound ? OK
		     : fault_set(f, ERR_CONF, field,
			       "must be words such as card,sepa_debit with commas between");
}

enum err conf_read_auth(
	struct str key, size_t prefix_n, const char *field, struct pay_set *set, struct fault *f)
{
	struct buf b;

	if (key.n <= prefix_n || key.n > 255 || !str_is_word(key, "_"))
		return fault_set(
			f, ERR_SECRET, field, "the key is empty, too long or has odd characters");
	buf_init(&b, set->auth, sizeof set->auth - 1);
	buf_addc(&b, "Authorization: Bearer ");
	buf_add(&b, key);
	return buf_done(&b);
}

/* app/money.c: what the money role's use cases share. */
#include "app/money.h"
#include "base/log.h"

enum err money_site(
	struct app_money *m, struct str host, struct rows **ret, int *ret_row, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	enum err e = store_call(m->store, STMT_view_sites, &a, ret, f);
	if (e != OK)
		return e;
	for (int i = 0; i < rows_n(*ret); i++)
		if (str_eq(row_str(*ret, i, "host"), host)) {
			*ret_row = i;
			return OK;
		}
	return fault_set(f, ERR_UNKNOWN_SITE, NULL, "this host is not one of ours");
}

bool money_cookie(
	const struct app_money *m, struct str text, int16_t site, struct ticket_cookie *ret)
{
	return form_cookie(m->ring, text, site, ret);
}

enum err money_token(const struct app_money *m, struct str text, int16_t site,
	struct ticket_token *ret, struct fault *f)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	struct ticket_token token;
	size_t n;
	bool old;
	if (seal_open(m->ring, TICKET_TOKEN_PURPOSE, text, bytes, sizeof bytes, &n, &old) != OK ||
		ticket_token_unpack(bytes, n, &token) != OK || token.site != site)
		return fault_set(f, ERR_BAD_TOKEN, "token", "not a token of this site");
	*ret = token;
	return OK;
}

void money_failed(const char *what, struct str request_id, enum err e, const struct fault *f)
{
	struct log_line l;
	if (err_class(e) < ERR_CLASS_HARD)
		return;
	log_open(&l, LOG_ERROR, what);
	log_str(&l, "request_id", request_id);
	log_err(&l, e, f);
	log_emit(&l);
}

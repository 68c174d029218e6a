/* app/money.c: what the money role's use cases share. */
#include "app/money.h"

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

/* app/manage_portal.c: the provider's own pages for a donor: another card, invoices. */
#include "app/call.h"
#include "app/manage_own.h"
#include "pay/pay_wish.h"

static enum err call_portal(struct app_money *m, struct pay *p, const struct manage_ask *ask,
	const struct manage_site *site, struct str customer, struct str *ret, struct fault *f)
{
	struct pay_request q;
	struct pay_answer ans;
	struct uuid id;
	char text[120], name[37];
	BUF_ON(back, 400);
	BUF_ON(idem, 64);
	enum err e = uuid_new4(&id);
	if (e != OK)
		return e;
	uuid_format(&id, name);
	buf_addf(&idem, "v1:portal:%s", name);
	buf_add(&back, site->origin);
	buf_addc(&back, "/manage/back");
	e = buf_done(&back);
	if (e == OK)
		e = pay_build_portal(p, customer, buf_str(&back), buf_str(&idem), ask->arena, &q);
	if (e != OK)
		return fault_set(f, ERR_PROVIDER, NULL, "no portal for such a customer");
	/* not by lockout_call: a key that may not open portals still takes money */
	pay_call(p, &q, conf_int(m->conf, CONF_money_wait_ms), ask->arena, &ans);
	enum pay_outcome o = pay_outcome(&ans);
	if (o == PAY_OK)
		return pay_parse_portal(p, &ans, ask->arena, ret, f);
	pay_error_text(&ans, text);
	return fault_set(f, o == PAY_RETRY || o == PAY_UNKNOWN ? ERR_PROVIDER_DOWN : ERR_PROVIDER,
		NULL, "%s", text);
}

enum err app_manage_portal(struct app_money *m, const struct manage_ask *ask, struct str gift,
	struct manage_answer *ret, struct str *ret_url, struct fault *f)
{
	struct manage_at at;
	struct uuid id;
	struct pay *p;
	ROWS_AUTO rows = NULL;
	enum err e = manage_begin_form(m, ask, &at, ret, f);
	if (e == OK && uuid_parse(gift, &id) != OK)
		e = fault_set(f, ERR_NOT_FOUND, "gift", "not a gift of this visit");
	if (e == OK)
		e = manage_find(m, ask, &at, &id, &rows, f);
	if (e == OK && row_str(rows, 0, "customer").n == 0)
		e = fault_set(f, ERR_STATE, NULL, "no_portal");
	if (e == OK)
		e = call_pay(&m->pays, rows, 0, &p, f);
	if (e == OK)
		e = call_portal(m, p, ask, &at.site, row_str(rows, 0, "customer"), ret_url, f);
	manage_log(ask, "donor's portal", "made", e, f);
	return e;
}

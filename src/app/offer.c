/* app/offer.c: the cover of the fee, by the campaign that asked. */
#include "app/offer.h"

/* A part that the file does not name is 0. */
static struct str or_zero(struct str s)
{
	return s.n > 0 ? s : STR("0");
}

static enum err read_cover(
	const struct rows *rows, struct str currency, struct cover *ret, struct fault *f)
{
	struct money fixed;
	enum err e = cover_percent_parse(or_zero(row_str(rows, 0, "percent")), &ret->percent_e2);
	if (e == OK)
		e = money_parse_part(or_zero(row_str(rows, 0, "fixed")), currency, &fixed, NULL);
	if (e != OK) /* it was checked when it was published */
		return fault_set(f, ERR_STORE, "cover", "a published fee cannot be read");
	ret->fixed_minor = fixed.minor;
	return OK;
}

/* The sum that the donor agreed to was counted by the fee on the page: another one in force by now
 * is not added unasked. */
static bool is_as_shown(const struct cover *c, struct str currency, struct str shown)
{
	BUF_ON(text, 60);
	cover_format(&text, c, currency);
	return shown.n == 0 || str_eq(buf_str(&text), shown);
}

enum err offer_cover(struct app_money *m, const struct offer *o, const struct money *gift,
	struct money *ret, struct fault *f)
{
	struct store_args a;
	struct cover c;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_int(&a, o->site);
	if (o->campaign) {
		arg_int(&a, o->campaign);
		arg_int(&a, o->version);
	} else {
		arg_null(&a);
		arg_null(&a);
	}
	arg_opt(&a, o->name);
	arg_c(&a, gift->cur);
	arg_utc(&a, o->now);
	enum err e = store_call(m->store, STMT_campaign_cover, &a, &rows, f);
	if (e == OK && rows_n(rows) != 1 && o->shown.n > 0)
		e = fault_set(f, ERR_FEE_CHANGED, "cover", "%s", "");
	else if (e == OK && rows_n(rows) != 1)
		e = fault_set(f, ERR_FIELD_BAD, "cover", "not offered by this campaign for %s",
			gift->cur);
	if (e == OK)
		e = read_cover(rows, str_c(gift->cur), &c, f);
	if (e != OK)
		return e;
	if (!is_as_shown(&c, str_c(gift->cur), o->shown))
		return fault_set(f, ERR_FEE_CHANGED, "cover", "%s", "");
	e = cover_of(&c, gift, ret);
	return e == OK ? OK
		       : fault_set(f, e, "amount", "with the fee above the largest gift in %s",
				 gift->cur);
}

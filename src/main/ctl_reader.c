/* main/ctl_reader.c: the words of app/suppose.def as options, and readers that are stored. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl_reader.h"

#define ARGUMENT_TEXT     required_argument
#define ARGUMENT_TIME     required_argument
#define ARGUMENT_NUMBER   required_argument
#define ARGUMENT_COUNTRY  required_argument
#define ARGUMENT_REFERRER required_argument
#define ARGUMENT_CONSENT  required_argument
#define ARGUMENT_MARK     required_argument
#define ARGUMENT_FLAG     no_argument

const struct option CTL_READER_OPTIONS[] = {
	{"site", required_argument, NULL, 'r'},
	{"reader", required_argument, NULL, 'r'},
#define X(name, member, kind, most) {name, ARGUMENT_##kind, NULL, 'r'},
#include "app/suppose.def"
#undef X
	{"campaigns", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, 'j'},
	{NULL, 0, NULL, 0},
};

static int complain(const struct fault *f)
{
	fprintf(stderr, "pledgectl: --%s %s\n", f->field, f->detail);
	return CTL_USAGE;
}

bool ctl_reader_option(struct ctl_reader_words *w, const char *name, const char *value)
{
	struct fault f = {0};
	if (strcmp(name, "site") == 0)
		w->site = str_c(value);
	else if (strcmp(name, "reader") == 0)
		w->reader = value;
	else if (suppose_word(&w->said, str_c(name), value ? str_c(value) : STR(""), &f) != OK)
		return complain(&f) == CTL_OK;
	return true;
}

static enum err look_up(struct ctl *c, const struct uuid *id, const struct site *site,
	struct suppose *r, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	size_t seen = 0, marks = 0;
	store_args_init(&a);
	arg_uuid(&a, id);
	enum err e = store_call(c->store, STMT_reader_look, &a, &rows, f);
	if (e == OK && rows_n(rows) == 0)
		e = fault_set(f, ERR_NOT_FOUND, "reader", "there is no such reader");
	if (e == OK && row_int(rows, 0, "site_id") != site->id)
		e = fault_set(f, ERR_STATE, "reader", "that reader is not one of site %.*s",
			STR_FMT(site->slug));
	if (e == OK)
		e = row_bytes(rows, 0, "seen", r->seen, sizeof r->seen - READER_SEEN_BYTES, &seen);
	if (e == OK)
		e = row_bytes(rows, 0, "marks", r->marks, sizeof r->marks, &marks);
	if (e != OK)
		return e;
	struct str currency = row_str(rows, 0, "gift_currency");
	r->reader = (struct reader){
		.id = row_uuid(rows, 0, "reader_id"), /* whom it was joined to */
		.stored = true,
		.seen = {(const char *)r->seen, seen},
		.marks = {(const char *)r->marks, marks},
		.first_at = row_utc(rows, 0, "first_at"),
		.views = row_int(rows, 0, "views"),
		.gift = (enum reader_gift)row_int(rows, 0, "gift"),
		.gave_at = row_utc(rows, 0, "gave_at"),
		.gift_until = row_utc(rows, 0, "gift_until"),
		.gift_minor = row_int(rows, 0, "gift_minor"),
	};
	if (currency.n == 3)
		memcpy(r->reader.gift_currency, currency.p, 3);
	return OK;
}

/* A word that would say nothing beside the others is a mistake. */
static enum err fit_together(const struct ctl_reader_words *w, struct fault *f)
{
	const struct suppose_words *said = &w->said;
	bool made_up = said->articles > 0 || said->is_new || said->gift.n > 0 || said->mark_n > 0;
	return w->reader && made_up
		       ? fault_set(f, ERR_FIELD_BAD, "reader",
				 "%.40s: is looked up: no --articles, --new, --gift or --mark "
				 "beside it",
				 w->reader)
		       : OK;
}

static enum err look_up_named(struct ctl *c, const char *name, const struct site *site,
	struct suppose *r, struct fault *f)
{
	struct uuid id;
	return uuid_parse(str_c(name), &id) == OK
		       ? look_up(c, &id, site, r, f)
		       : fault_set(f, ERR_FIELD_BAD, "reader", "%.40s is not a reader's id", name);
}

int ctl_reader_make(struct ctl *c, const struct ctl_world *world, const struct site *site,
	const struct ctl_reader_words *w, struct suppose *ret)
{
	struct fault f = {0};
	if (fit_together(w, &f) != OK)
		return complain(&f);
	if (!w->reader) {
		enum err e = suppose_make(world->snap, site, &w->said, ret, &f);
		return e == OK ? CTL_OK : complain(&f);
	}
	if (suppose_page(world->snap, site, &w->said, ret, &f) != OK)
		return complain(&f);
	enum err e = look_up_named(c, w->reader, site, ret, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	struct uuid id = ret->reader.id;
	suppose_open(site, &id, &w->said, ret);
	return CTL_OK;
}

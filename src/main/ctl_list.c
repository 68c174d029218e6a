/* main/ctl_list.c: pledgectl campaign list: a table for people, JSON for programs. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl.h"

enum kind { TEXT, NUMBER, TIME };

static const struct column {
	const char *name, *title;
	enum kind kind;
} COLUMNS[] = {
	{"site", "SITE", TEXT},
	{"slug", "CAMPAIGN", TEXT},
	{"state", "STATE", TEXT},
	{"version", "VERSION", NUMBER},
	{"kind", "KIND", TEXT},
	{"priority", "PRIORITY", NUMBER},
	{"starts", "START", TEXT},
	{"ends", "END", TEXT},
	{"published_at", "PUBLISHED", TIME},
	{"author", "BY", TEXT},
};

/* What stands in a cell; "-" for nothing. */
static void cell(struct buf *b, const struct rows *r, int row, const struct column *c)
{
	if (row_null(r, row, c->name))
		buf_byte(b, '-');
	else if (c->kind == TIME)
		clock_format(b, utc_of_s(utc_s(row_utc(r, row, c->name))));
	else
		buf_add(b, row_str(r, row, c->name));
}

static void table(const struct rows *r)
{
	for (int row = -1; row < rows_n(r); row++) {
		for (size_t i = 0; i < ARRAY_N(COLUMNS); i++) {
			const struct column *c = &COLUMNS[i];
			size_t width = strlen(c->title);
			for (int k = 0; k < rows_n(r); k++) {
				BUF_ON(other, 128);
				cell(&other, r, k, c);
				width = other.n > width ? other.n : width;
			}
			BUF_ON(b, 128);
			if (row < 0)
				buf_addc(&b, c->title);
			else
				cell(&b, r, row, c);
			int pad = i + 1 == ARRAY_N(COLUMNS) ? 0 : (int)(width - b.n);
			printf("%s%*s%.*s%*s", i ? "  " : "", c->kind == NUMBER ? pad : 0, "",
				STR_FMT(buf_str(&b)), c->kind == NUMBER ? 0 : pad, "");
		}
		printf("\n");
	}
}

static enum err as_json(const struct rows *r)
{
	json_auto_t *all = json_array();
	for (int row = 0; row < rows_n(r); row++) {
		json_t *one = json_object();
		for (size_t i = 0; i < ARRAY_N(COLUMNS); i++) {
			const struct column *c = &COLUMNS[i];
			BUF_ON(b, 128);
			cell(&b, r, row, c);
			json_t *v = row_null(r, row, c->name) ? json_null()
				    : c->kind == NUMBER
					    ? json_integer(row_int(r, row, c->name))
					    : json_stringn(buf_str(&b).p, buf_str(&b).n);
			if (json_object_set_new(one, c->name, v) != 0)
				return ERR_NO_MEMORY;
		}
		if (json_array_append_new(all, one) != 0)
			return ERR_NO_MEMORY;
	}
	return json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && printf("\n") == 1 ? OK : ERR_IO;
}

int ctl_campaign_list(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"json", no_argument, NULL, 'j'}, {0}};
	bool json = false;
	for (int o; (o = getopt_long(argc, argv, "j", OPTIONS, NULL)) != -1; json = true)
		if (o != 'j')
			return ctl_usage(c);
	if (optind != argc)
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	store_args_init(&a);
	enum err e = store_script(c->store, "SET ROLE pledged_owner", NULL, &f);
	if (e == OK)
		e = store_call(c->store, STMT_campaign_list, &a, &r, &f);
	if (e == OK && json)
		e = as_json(r);
	else if (e == OK)
		table(r);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

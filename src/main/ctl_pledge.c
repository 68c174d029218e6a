/* main/ctl_pledge.c: pledgectl pledge show, pledge events; how a pledge is named, and who acts. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "main/ctl_pledge.h"

#define TOKEN_N 32 /* characters of a pledge's public token */

/* --- who, and which -----------------------------------------------------------------------------
 */

int ctl_author(struct ctl *c, const char *given, char ret[CTL_AUTHOR_MAX])
{
	struct fault f = {0};
	ROWS_AUTO r = NULL;
	enum err e = OK;
	if (!given)
		e = store_script(c->store, "SELECT session_user AS author", &r, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	struct str name = given ? str_c(given) : row_str(r, 0, "author");
	/* these two mean somebody else in the books */
	if (name.n == 0 || !str_is_clean(name, false) || str_is(name, "donor") ||
		str_is(name, "clerk") || str_copy(name, ret, CTL_AUTHOR_MAX) != OK) {
		fprintf(stderr, "pledgectl: the author must be a name of 1 to 100 characters, not "
				"donor or clerk\n");
		return CTL_USAGE;
	}
	return CTL_OK;
}

void ctl_shield(int argc, char **argv, char mem[CTL_SHIELD_MAX])
{
	for (int i = 1; i < argc; i++) {
		struct str s = str_c(argv[i]);
		if (s.n != TOKEN_N || s.p[0] != '-' || !str_is_word(s, "-_"))
			continue;
		mem[0] = '=';
		if (str_copy(s, mem + 1, CTL_SHIELD_MAX - 1) == OK)
			argv[i] = mem;
		return;
	}
}

static int ambiguous(const struct rows *r)
{
	fprintf(stderr, "pledgectl: that is said of %d pledges, name one of them:\n", rows_n(r));
	for (int i = 0; i < rows_n(r) && i < 20; i++)
		fprintf(stderr, "  %.*s\n", STR_FMT(row_str(r, i, "pledge")));
	return CTL_FAILED;
}

static int find(struct ctl *c, const char *word, struct ctl_pledge *ret)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	word += word[0] == '=';
	store_args_init(&a);
	arg_c(&a, word);
	enum err e = store_call(c->store, STMT_pledge_find, &a, &r, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	if (rows_n(r) == 0) {
		fprintf(stderr, "pledgectl: no pledge is known by %.80s\n", word);
		return CTL_FAILED;
	}
	for (int i = 1; i < rows_n(r); i++)
		if (!str_eq(row_str(r, i, "pledge"), row_str(r, 0, "pledge")))
			return ambiguous(r);
	ret->pledge = row_uuid(r, 0, "pledge");
	ret->has_payment = rows_n(r) == 1 && !row_null(r, 0, "payment");
	if (ret->has_payment)
		ret->payment = row_uuid(r, 0, "payment");
	return CTL_OK;
}

int ctl_pledge_open(struct ctl *c, const char *word, bool personal, struct ctl_pledge *ret)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	*ret = (struct ctl_pledge){0};
	int code = ctl_owner(c);
	if (code == CTL_OK)
		code = find(c, word, ret);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_uuid(&a, &ret->pledge);
	arg_bool(&a, personal);
	enum err e = store_call(c->store, STMT_pledge_show, &a, &r, &f);
	if (e == OK && rows_n(r) != 1)
		e = fault_set(&f, ERR_NOT_FOUND, NULL, "the pledge is gone");
	if (e == OK)
		e = json_read(row_str(r, 0, "body"), &ret->doc, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

void ctl_pledge_close(struct ctl_pledge *p)
{
	json_decref(p->doc);
	p->doc = NULL;
}

/* --- text ---------------------------------------------------------------------------------------
 */

void ctl_put(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		putchar((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

void ctl_put_time(struct str s)
{
	/* "2026-03-01T12:00:00.123456+00:00": the session's zone is UTC */
	ctl_put((struct str){s.p, s.n < 19 ? s.n : 19});
	printf("Z");
}

/* --- show ---------------------------------------------------------------------------------------
 */

int ctl_pledge_show(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {
		{"json", no_argument, NULL, 'j'}, {"personal", no_argument, NULL, 'p'}, {0}};
	bool json = false, personal = false;
	char mem[CTL_SHIELD_MAX];
	struct ctl_pledge p;
	ctl_shield(argc, argv, mem);
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o != 'j' && o != 'p')
			return ctl_usage(c);
		json = json || o == 'j';
		personal = personal || o == 'p';
	}
	if (optind + 1 != argc)
		return ctl_usage(c);
	int code = ctl_pledge_open(c, argv[optind], personal, &p);
	if (code == CTL_OK && !json)
		ctl_pledge_tell(&p);
	else if (code == CTL_OK &&
		 (json_dumpf(p.doc, stdout, JSON_INDENT(2)) != 0 || printf("\n") != 1))
		code = ctl_fail(ERR_IO, NULL);
	ctl_pledge_close(&p);
	return code;
}

/* --- events -------------------------------------------------------------------------------------
 */

static void put_cell(const struct rows *r, int i, const char *before, const char *col)
{
	struct str s = row_str(r, i, col);
	if (s.n == 0)
		return;
	printf("%s", before);
	ctl_put(s);
}

static void tell_event(const struct rows *r, int i)
{
	BUF_ON(at, 40);
	clock_format(&at, utc_of_s(utc_s(row_utc(r, i, "at"))));
	printf("%.*s  ", STR_FMT(buf_str(&at)));
	ctl_put(row_str(r, i, "object"));
	put_cell(r, i, " ", "name");
	if (str_eq(row_str(r, i, "was"), row_str(r, i, "became"))) {
		printf(": noted"); /* no state moved */
	} else {
		put_cell(r, i, ": ", "was");
		put_cell(r, i, row_null(r, i, "was") ? ": " : " -> ", "became");
	}
	if (!row_null(r, i, "giver")) {
		put_cell(r, i, ", ", "amount");
		put_cell(r, i, " ", "currency");
		put_cell(r, i, " from ", "giver");
		put_cell(r, i, " to ", "taker");
	}
	put_cell(r, i, "  (", "cause");
	put_cell(r, i, ", webhook ", "inbox");
	put_cell(r, i, " ", "event");
	put_cell(r, i, ", call ", "outbox");
	put_cell(r, i, " ", "call");
	printf(")\n");
}

static const char *const EVENT[] = {"at", "object", "id", "name", "was", "became", "giver", "taker",
	"amount", "currency", "cause", "inbox", "event", "outbox", "call"};

static enum err events_json(const struct rows *r)
{
	json_auto_t *all = json_array();
	for (int i = 0; i < rows_n(r); i++) {
		json_t *one = json_object();
		for (size_t k = 0; k < ARRAY_N(EVENT); k++) {
			struct str s = row_str(r, i, EVENT[k]);
			BUF_ON(at, 40);
			if (k == 0) {
				clock_format(&at, row_utc(r, i, "at"));
				s = buf_str(&at);
			}
			if (json_object_set_new(one, EVENT[k],
				    row_null(r, i, EVENT[k]) ? json_null()
							     : json_stringn(s.p, s.n)) != 0)
				return ERR_NO_MEMORY;
		}
		if (json_array_append_new(all, one) != 0)
			return ERR_NO_MEMORY;
	}
	return json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && printf("\n") == 1 ? OK : ERR_IO;
}

int ctl_pledge_events(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"json", no_argument, NULL, 'j'}, {0}};
	struct fault f = {0};
	struct store_args a;
	struct ctl_pledge p = {0};
	ROWS_AUTO r = NULL;
	char mem[CTL_SHIELD_MAX];
	bool json = false;
	ctl_shield(argc, argv, mem);
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1; json = true)
		if (o != 'j')
			return ctl_usage(c);
	if (optind + 1 != argc)
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code == CTL_OK)
		code = find(c, argv[optind], &p);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_uuid(&a, &p.pledge);
	enum err e = store_call(c->store, STMT_pledge_events, &a, &r, &f);
	if (e == OK && json)
		e = events_json(r);
	for (int i = 0; e == OK && !json && i < rows_n(r); i++)
		tell_event(r, i);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

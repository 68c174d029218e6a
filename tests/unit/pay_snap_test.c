/* tests/unit/pay_snap_test.c: strict reading of what a provider answered, and the pieces of the
 * neutral picture, each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pay/snap.h"

#define P "01890a5d-ac96-774b-bcce-b302099a8057"
#define Q "01890a5d-ac96-774b-bcce-b302099a8058"

static const struct pay_set set;

/* JSON is written with ' in this file. */
static json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_error_t je;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *v = json_loads(copy, 0, &je);
	if (!v)
		fail_msg("%s: %s", je.text, text);
	free(copy);
	return v;
}

static struct snap opened(struct fault *f)
{
	struct snap s = {.set = &set, .f = f};

	*f = (struct fault){0};
	assert_int_equal(snap_open(&s, "stripe", false, utc_of_s(1900000000)), OK);
	return s;
}

static void is(const json_t *got, const char *want)
{
	json_auto_t *w = json_of(want);

	if (!json_equal(got, w)) {
		char *text = json_dumps(got, JSON_ENCODE_ANY);
		fail_msg("%s, not %s", text ? text : "(none)", want);
	}
}

/* --- reading -----------------------------------------------------------------------------------
 */

static void ids(void **state)
{
	char word[256];

	(void)state;
	memset(word, 'a', sizeof word);
	assert_true(snap_is_id(STR("a_1")));
	assert_false(snap_is_id(STR("a_")));
	assert_false(snap_is_id(STR("a-1")));
	assert_false(snap_is_id(STR("../x")));
	assert_true(snap_is_id((struct str){word, 255}));
	assert_false(snap_is_id((struct str){word, 256}));
}

static void numbers_and_times(void **state)
{
	static const struct {
		const char *in;
		enum err e;
		int64_t n;
		bool has;
	} rows[] = {
		{"{'v':5}", OK, 5, true},
		{"{'v':0}", OK, 0, true},
		{"{'v':9}", OK, 9, true},
		{"{'v':null}", OK, -7, false},
		{"{}", OK, -7, false},
		{"{'v':10}", ERR_PROVIDER, -7, true},
		{"{'v':-1}", ERR_PROVIDER, -7, true},
		{"{'v':5.0}", ERR_PROVIDER, -7, true},
		{"{'v':'5'}", ERR_PROVIDER, -7, true},
		{"{'v':true}", ERR_PROVIDER, -7, true},
	};
	struct fault f = {0};
	struct snap s = {.f = &f};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *o = json_of(rows[i].in);
		int64_t n = -7;
		utc_t t = {-7};
		bool has;
		assert_int_equal(snap_int(&s, o, "v", 0, 9, &n, &has), rows[i].e);
		assert_int_equal(n, rows[i].n);
		assert_int_equal(has, rows[i].has);
		if (rows[i].e != OK)
			continue;
		assert_int_equal(snap_time(&s, o, "v", &t), OK);
		assert_int_equal(utc_s(t), rows[i].has ? rows[i].n : 0);
	}
	json_auto_t *late = json_of("{'v':253402300800}");
	utc_t t;
	assert_int_equal(snap_time(&s, late, "v", &t), ERR_PROVIDER);
	assert_string_equal(f.field, "v");
}

static void money_has_an_amount_and_three_letters(void **state)
{
	static const struct {
		const char *in, *cur, *field;
		int64_t minor;
	} rows[] = {
		{"{'amount':0,'currency':'eur'}", "EUR", NULL, 0},
		{"{'amount':1000000000000,'currency':'EUR'}", "EUR", NULL, SNAP_AMOUNT_MAX},
		{"{'amount':1000000000001,'currency':'eur'}", NULL, "amount", 0},
		{"{'amount':-1,'currency':'eur'}", NULL, "amount", 0},
		{"{'amount':null,'currency':'eur'}", NULL, "amount", 0},
		{"{'currency':'eur'}", NULL, "amount", 0},
		{"{'amount':1}", NULL, "currency", 0},
		{"{'amount':1,'currency':'eu'}", NULL, "currency", 0},
		{"{'amount':1,'currency':'euro'}", NULL, "currency", 0},
		{"{'amount':1,'currency':'@ur'}", NULL, "currency", 0},
		{"{'amount':1,'currency':'eu{'}", NULL, "currency", 0},
		{"{'amount':1,'currency':978}", NULL, "currency", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *o = json_of(rows[i].in);
		struct fault f = {0};
		struct snap s = {.f = &f};
		struct money m;
		enum err e = snap_money(&s, o, "amount", &m);
		assert_int_equal(e, rows[i].cur ? OK : ERR_PROVIDER);
		assert_string_equal(f.field, rows[i].field ? rows[i].field : "");
		if (e != OK)
			continue;
		assert_int_equal(m.minor, rows[i].minor);
		assert_string_equal(m.cur, rows[i].cur);
	}
	/* what is given back is below nothing, as far as it may be above */
	json_auto_t *back = json_of("{'fee':-1000000000000,'currency':'chf'}"),
		    *more = json_of("{'fee':-1000000000001,'currency':'chf'}");
	struct fault f = {0};
	struct snap s = {.f = &f};
	struct money m;
	assert_int_equal(snap_signed(&s, back, "fee", &m), OK);
	assert_int_equal(m.minor, -SNAP_AMOUNT_MAX);
	assert_int_equal(snap_signed(&s, more, "fee", &m), ERR_PROVIDER);
}

static void references(void **state)
{
	static const char *const both[] = {"a", "b", NULL};
	static const struct {
		const char *in, *id;
		enum err e;
	} rows[] = {
		{"{'a':'pi_1','b':'ch_1'}", "pi_1", OK},
		{"{'a':{'id':'pi_1'}}", "pi_1", OK},
		{"{'a':null,'b':'ch_1'}", "ch_1", OK},
		{"{'b':{'id':'ch_1'}}", "ch_1", OK},
		{"{}", "", OK},
		{"{'a':'','b':'ch_1'}", "", ERR_PROVIDER},
		{"{'a':{},'b':'ch_1'}", "", ERR_PROVIDER},
		{"{'a':7,'b':'ch_1'}", "", ERR_PROVIDER},
		{"{'a':['pi_1'],'b':'ch_1'}", "", ERR_PROVIDER},
		{"{'a':'pi 1','b':'ch_1'}", "", ERR_PROVIDER},
		{"{'b':'../x'}", "", ERR_PROVIDER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *o = json_of(rows[i].in);
		struct fault f = {0};
		struct snap s = {.f = &f};
		struct str id = STR("before");
		enum err e = snap_ref_in(&s, o, both, &id);
		if (e != rows[i].e || !str_is(id, rows[i].id))
			fail_msg("%s: %s, %.*s", rows[i].in, err_slug(e), STR_FMT(id));
	}
}

/* --- our own id --------------------------------------------------------------------------------
 */

static void one_pledge_or_none(void **state)
{
	static const char *const places[] = {"a", "b.c", NULL};
	static const struct {
		const char *first, *second, *pledge; /* NULL: refused */
	} rows[] = {
		{"{}", "{}", "null"},
		{"{'a':'" P "'}", "{}", "'" P "'"},
		{"{'a':'shop 7','b':{'c':'" P "'}}", "{'a':7}", "'" P "'"},
		{"{'a':'" P "','b':{'c':'" P "'}}", "{'a':'" P "'}", "'" P "'"},
		{"{'a':'01890A5D-AC96-774B-BCCE-B302099A8057'}", "{'a':'" P "'}", "'" P "'"},
		{"{'a':'" P "','b':{'c':'" Q "'}}", NULL, NULL},
		{"{'a':'" P "'}", "{'b':{'c':'" Q "'}}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f;
		struct snap s = opened(&f);
		json_auto_t *first = json_of(rows[i].first),
			    *second = json_of(rows[i].second ? rows[i].second : "{}");
		enum err e = snap_pledge(&s, first, places);
		if (e == OK)
			e = snap_pledge(&s, second, places);
		if (e != (rows[i].pledge ? OK : ERR_PROVIDER))
			fail_msg("row %zu: %s", i, err_slug(e));
		if (e == OK) {
			char want[80];
			snprintf(want, sizeof want, "{'pledge':%s}", rows[i].pledge);
			json_auto_t *w = json_of(want);
			assert_true(json_equal(
				json_object_get(s.out, "pledge"), json_object_get(w, "pledge")));
		} else {
			assert_string_equal(f.field, "b.c");
		}
		json_decref(s.out);
	}
}

/* --- writing -----------------------------------------------------------------------------------
 */

/* What the donor typed at the provider is kept only when it can be an address at all. */
static void addresses(void **state)
{
	char at_most[300] = "", over[300] = "";
	struct {
		const char *text;
		bool kept;
	} rows[] = {{"a@b.example", true}, {"a@b", true}, {at_most, true}, {over, false},
		{"", false}, {"a@", false}, {"a.b.example", false}, {"a b@c.example", false},
		{"a@b.example\n", false}, {"a@b\xe2\x80\xae.example", false}};

	(void)state;
	memset(over, 'a', 255);
	over[1] = '@';
	memcpy(at_most, over, 254);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f;
		struct snap s = opened(&f);
		json_auto_t *o = json_pack("{s:s}", "email", rows[i].text);
		snap_email(&s, o, "email");
		const char *kept = json_string_value(json_at(s.out, "email"));
		if ((kept != NULL) != rows[i].kept || (kept && strcmp(kept, rows[i].text) != 0))
			fail_msg("%s", rows[i].text);
		json_decref(s.out);
	}
}

static void words_of_theirs(void **state)
{
	char at_most[62] = "";
	struct {
		struct str in;
		const char *out;
	} rows[] = {{STR("card_declined"), "'card_declined'"}, {STR("a.b-c"), "'a.b-c'"},
		{STR(""), "null"}, {STR("a@b.example said no"), "'other'"},
		{{at_most, 61}, "'other'"}};

	(void)state;
	memset(at_most, 'a', 61);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		char want[80];
		snprintf(want, sizeof want, "[%s]", rows[i].out);
		json_auto_t *got = json_pack("[o]", snap_code(rows[i].in));
		is(got, want);
	}
	json_auto_t *whole = snap_code((struct str){at_most, 60});
	assert_int_equal(json_string_length(whole), 60);
}

static void ids_and_times_or_null(void **state)
{
	json_auto_t *got = json_pack("[o,o,o,o,o,o]", snap_text(STR("")), snap_text(STR("x")),
		snap_at((utc_t){0}), snap_at(utc_of_s(1900000000)), snap_uuid(STR("7")),
		snap_uuid(STR("01890A5D-AC96-774B-BCCE-B302099A8057")));

	(void)state;
	is(got, "[null,'x',null,'2030-03-17T17:46:40Z',null,'" P "']");
}

/* A payment that says nothing, or nothing of money, is not in the picture. */
static void payments(void **state)
{
	struct fault f;
	struct snap s = opened(&f);
	struct snap_paid p = {.id = STR("pi_1"), .state = NULL, .money = {500, "EUR"}};

	(void)state;
	p.at = utc_of_s(1900000000);
	snap_payment(&s, &p);
	p.state = "paid";
	p.money.minor = 0;
	snap_payment(&s, &p);
	assert_int_equal(json_array_size(json_at(s.out, "payments")), 0);
	p.money.minor = 500;
	snap_payment(&s, &p);
	p.state = "failed"; /* has no time of being paid */
	p.method = STR("card");
	p.country = STR("DE");
	p.intent = STR("pi_2");
	snap_payment(&s, &p);
	p.country = STR("DEU");
	p.method = STR("a b");
	snap_payment(&s, &p);
	is(json_at(s.out, "payments"),
		"[{'id':'pi_1','state':'paid','amount':500,'currency':'EUR',"
		"'paid_at':'2030-03-17T17:46:40Z','intent':null},"
		"{'id':'pi_1','state':'failed','amount':500,'currency':'EUR','paid_at':null,"
		"'intent':'pi_2','method':'card','country':'DE'},"
		"{'id':'pi_1','state':'failed','amount':500,'currency':'EUR','paid_at':null,"
		"'intent':'pi_2','method':'other'}]");
	assert_false(s.no_memory);
	json_decref(s.out);
}

static void fees_and_declines(void **state)
{
	struct fault f;
	struct snap s = opened(&f);

	(void)state;
	snap_fee(&s, STR("txn_1"), STR("pi_1"), "refund", &(struct money){0, "CHF"}, (utc_t){0});
	snap_fee(&s, STR("txn_1"), STR("pi_1"), "refund", &(struct money){-5, "CHF"}, (utc_t){0});
	snap_decline(&s, STR("pi_1"), STR(""), true);
	snap_decline(&s, STR("pi_1"), STR("no no"), false);
	is(json_at(s.out, "fees"),
		"[{'id':'txn_1','payment':'pi_1','what':'refund','amount':-5,'currency':'CHF'}]");
	is(json_at(s.out, "declines"), "[{'payment':'pi_1','code':'other','told':false}]");
	json_decref(s.out);
}

/* What an object does not tell is not in the picture: what is known stays. */
static void recurring_gifts(void **state)
{
	struct fault f;
	struct snap s = opened(&f);
	struct snap_recur r = {.id = STR("sub_1"), .state = "active"};

	(void)state;
	snap_recurring(&s, &r);
	is(json_at(s.out, "recurring"),
		"{'id':'sub_1','state':'active','until':null,'customer':null}");
	r.has_terms = true;
	snap_recurring(&s, &r);
	is(json_at(s.out, "recurring"),
		"{'id':'sub_1','state':'active','until':null,'customer':null,'item':null,"
		"'product':null,'amount':null,'currency':null,'interval':null,'ends_at':null,'"
		"paused_until':null}");
	r.has_terms = false;
	r.has_tries = true;
	r.failure = STR("expired_card");
	r.failures = 2;
	snap_recurring(&s, &r);
	is(json_at(s.out, "recurring"),
		"{'id':'sub_1','state':'active','until':null,'customer':null,"
		"'failure':'expired_card','failures':2,'next_try_at':null}");
	r.has_terms = true;
	r.money = (struct money){1500, "EUR"};
	snap_recurring(&s, &r);
	assert_int_equal(json_integer_value(json_at(s.out, "recurring.amount")), 1500);
	assert_true(str_is(json_text(s.out, "recurring.currency"), "EUR"));
	json_decref(s.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(numbers_and_times),
		cmocka_unit_test(money_has_an_amount_and_three_letters),
		cmocka_unit_test(references),
		cmocka_unit_test(one_pledge_or_none),
		cmocka_unit_test(addresses),
		cmocka_unit_test(words_of_theirs),
		cmocka_unit_test(ids_and_times_or_null),
		cmocka_unit_test(payments),
		cmocka_unit_test(fees_and_declines),
		cmocka_unit_test(recurring_gifts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

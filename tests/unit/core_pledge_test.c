/* What a request for a pledge may hold, field by field, and what makes two requests one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/pledge.h"

#define TEN(c) c c c c c c c c c c

static const struct pledge_form good = {.amount = {"25.00", 5},
	.currency = {"EUR", 3},
	.interval = {"once", 4},
	.email = {"a@b.example", 11},
	.campaign = {"support", 7},
	.locale = {"en", 2},
	.key = {"0123456789abcdef", 16}};

/* One change to the good form, and what is said to it. */
static void check(struct str *slot, const struct pledge_form *f, struct str v, enum err want,
	const char *field)
{
	struct str before = *slot;
	struct pledge_want w = {.locale = {"untouched", 9}};
	struct fault fault = {0};

	*slot = v;
	enum err e = pledge_check(f, &w, &fault);
	if (e != want)
		fail_msg("%.*s: %s, not %s", STR_FMT(v), err_slug(e), err_slug(want));
	if (want == OK) {
		assert_false(str_is(w.locale, "untouched"));
	} else {
		assert_int_equal(fault.err, want);
		assert_string_equal(fault.field, field);
		assert_true(fault.detail[0]);
		assert_true(str_is(w.locale, "untouched"));
		assert_int_equal(pledge_check(f, &w, NULL), want);
	}
	*slot = before;
}

static void check_all(struct str *slot, const struct pledge_form *f, const struct str *v, size_t n,
	enum err want, const char *field)
{
	for (size_t i = 0; i < n; i++)
		check(slot, f, v[i], want, field);
}

static void a_good_one(void **state)
{
	struct pledge_want w;
	struct fault fault;

	(void)state;
	assert_int_equal(pledge_check(&good, &w, &fault), OK);
	assert_int_equal(w.money.minor, 2500);
	assert_string_equal(w.money.cur, "EUR");
	assert_int_equal(w.interval, INTERVAL_ONCE);
	assert_ptr_equal(w.email.p, good.email.p);
	assert_true(str_is(w.campaign, "support"));
	assert_true(str_is(w.locale, "en"));
	assert_ptr_equal(w.key.p, good.key.p);
}

static void the_least(void **state)
{
	const struct pledge_form f = {.amount = STR("500"),
		.currency = STR("jpy"),
		.interval = STR("year"),
		.key = STR("0123456789abcdef")};
	struct pledge_want w;

	(void)state;
	assert_int_equal(pledge_check(&f, &w, NULL), OK);
	assert_int_equal(w.money.minor, 500);
	assert_string_equal(w.money.cur, "JPY");
	assert_int_equal(w.interval, INTERVAL_YEAR);
	assert_int_equal(w.email.n, 0);
	assert_int_equal(w.campaign.n, 0);
	assert_true(str_is(w.locale, "en"));
}

static void other_amount(void **state)
{
	struct pledge_form f = good;
	struct pledge_want w;

	(void)state;
	f.amount = STR("other");
	f.other_amount = STR("7.50");
	assert_int_equal(pledge_check(&f, &w, NULL), OK);
	assert_int_equal(w.money.minor, 750);
	check(&f.other_amount, &f, STR(""), ERR_FIELD_MISSING, "other_amount");
	check(&f.other_amount, &f, STR(" 5"), ERR_AMOUNT_BAD, "other_amount");
	check(&f.other_amount, &f, STR("5,00"), ERR_AMOUNT_BAD, "other_amount");
	check(&f.other_amount, &f, STR("other"), ERR_AMOUNT_BAD, "other_amount");
	check(&f.other_amount, &f, STR("0.50"), ERR_AMOUNT_TOO_SMALL, "other_amount");
	check(&f.other_amount, &f, STR("20000"), ERR_AMOUNT_TOO_LARGE, "other_amount");
	check(&f.other_amount, &f, STR("5.001"), ERR_AMOUNT_FRACTION, "other_amount");
	check(&f.currency, &f, STR("XXX"), ERR_CURRENCY_UNKNOWN, "currency");
	/* a preset amount leaves the other field alone */
	f.amount = STR("25.00");
	f.other_amount = STR("rubbish");
	assert_int_equal(pledge_check(&f, &w, NULL), OK);
	assert_int_equal(w.money.minor, 2500);
}

static void amounts(void **state)
{
	static const struct str bad[] = {STR("-1"), STR("1e3"), STR(" 5"), STR("5,00"),
		STR("\xd9\xa5"), STR("NaN"), STR("OTHER"), STR("other "), STR("5\0")};
	struct pledge_form f = good;

	(void)state;
	check_all(&f.amount, &f, bad, ARRAY_N(bad), ERR_AMOUNT_BAD, "amount");
	check(&f.amount, &f, STR(""), ERR_FIELD_MISSING, "amount");
	check(&f.amount, &f, STR("0"), ERR_AMOUNT_TOO_SMALL, "amount");
	check(&f.amount, &f, STR("0.001"), ERR_AMOUNT_FRACTION, "amount");
	check(&f.amount, &f, STR("99999999999999999999"), ERR_AMOUNT_TOO_LARGE, "amount");
	check(&f.currency, &f, STR(""), ERR_FIELD_MISSING, "currency");
	check(&f.currency, &f, STR("EU"), ERR_CURRENCY_UNKNOWN, "currency");
	check(&f.currency, &f, STR("EURO"), ERR_CURRENCY_UNKNOWN, "currency");
	check(&f.currency, &f, STR("eur"), OK, NULL);
}

static void keys(void **state)
{
	static const struct str bad[] = {STR("0123456789abcde"),
		STR(TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") "aaaaa"),
		STR("0123456789abcde "), STR("0123456789abcde."), STR("0123456789abcde/"),
		STR("0123456789abcde\0"), STR("0123456789abcde\n"), STR("0123456789abcd\xc3\xa9"),
		STR("0123456789abcde=")};
	static const struct str fine[] = {STR("0123456789-_AZaz"),
		STR(TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") "aaaa"),
		STR("----------------")};
	struct pledge_form f = good;

	(void)state;
	check(&f.key, &f, STR(""), ERR_KEY_MISSING, "key");
	check_all(&f.key, &f, bad, ARRAY_N(bad), ERR_KEY_BAD, "key");
	check_all(&f.key, &f, fine, ARRAY_N(fine), OK, NULL);
}

static void words(void **state)
{
	static const struct str bad_intervals[] = {
		STR(""), STR("Once"), STR("monthly"), STR("once "), STR("week")};
	static const struct str bad_slugs[] = {STR("Support"), STR("sup_port"), STR("a b"),
		STR("a/b"), STR("a\0b"), STR("\xc3\xa9"), STR("a\n")};
	static const struct str bad_locales[] = {
		STR("e"), STR("en US"), STR("en;q=1"), STR("en\0"), STR("e\xc3\xa9"), STR("../en")};
	static const struct str good_locales[] = {
		STR(""), STR("pt-BR"), STR("pt_BR"), STR("zh-Hant-TW"), STR("abcdefghijklmnop")};
	struct pledge_form f = good;

	(void)state;
	check_all(&f.interval, &f, bad_intervals, ARRAY_N(bad_intervals), ERR_INTERVAL_BAD,
		"interval");
	check_all(&f.campaign, &f, bad_slugs, ARRAY_N(bad_slugs), ERR_FIELD_BAD, "campaign");
	check_all(&f.locale, &f, bad_locales, ARRAY_N(bad_locales), ERR_FIELD_BAD, "locale");
	check_all(&f.locale, &f, good_locales, ARRAY_N(good_locales), OK, NULL);
	check(&f.locale, &f, STR("abcdefghijklmnopq"), ERR_FIELD_TOO_LONG, "locale");
	check(&f.campaign, &f, STR(TEN("a") TEN("0") TEN("-") TEN("z") TEN("9") TEN("a") "aaaa"),
		OK, NULL);
	check(&f.campaign, &f, STR(TEN("a") TEN("0") TEN("-") TEN("z") TEN("9") TEN("a") "aaaaa"),
		ERR_FIELD_TOO_LONG, "campaign");
	check(&f.campaign, &f, STR(""), OK, NULL);
}

#define LABEL63 TEN("d") TEN("d") TEN("d") TEN("d") TEN("d") TEN("d") "ddd"
#define LOCAL64 TEN("l") TEN("l") TEN("l") TEN("l") TEN("l") TEN("l") "llll"

static void good_addresses(void **state)
{
	static const struct str fine[] = {STR(""), STR("a@b.example"),
		STR("first.last+tag@mail.example.org"), STR("a@localhost"),
		STR("o'brien@b.example"), STR("!#$%&'*+-/=?^_`{|}~@b.example"), STR("1@2.example"),
		STR("A@B.EXAMPLE"), STR("a@xn--bcher-kva.example"), STR("a@b-c.d-e.example"),
		STR("a@1.2.3.4a"), STR(LOCAL64 "@b.example"), STR("a@" LABEL63 ".example"),
		STR(LOCAL64 "@" LABEL63 "." LABEL63 "." TEN("d") TEN("d") TEN("d") TEN("d")
				TEN("d") ".example.or")};
	struct pledge_form f = good;

	(void)state;
	assert_int_equal(fine[ARRAY_N(fine) - 1].n, 254);
	check_all(&f.email, &f, fine, ARRAY_N(fine), OK, NULL);
}

/* None of these may reach a mail server's command or a header. */
static void bad_addresses(void **state)
{
	static const struct str bad[] = {
		STR("@"),
		STR("a"),
		STR("a@"),
		STR("@b.example"),
		STR("a@b"),
		STR("a@b@c.example"),
		STR("a@@b.example"),
		STR("a b@c.example"),
		STR(" a@b.example"),
		STR("a@b.example "),
		STR("a@b. example"),
		STR("a@b.example\n"),
		STR("a@b.example\r\nBcc: c@d.example"),
		STR("a\r@b.example"),
		STR("a@b.example\0"),
		STR("\0@b.example"),
		STR("a\0b@c.example"),
		STR("a\t@b.example"),
		STR("a\x7f@b.example"),
		STR("\"a\"@b.example"),
		STR("a\"b@c.example"),
		STR("<a@b.example>"),
		STR("a<b@c.example"),
		STR("a>b@c.example"),
		STR("A <a@b.example>"),
		STR("a,b@c.example"),
		STR("a@b.example,c@d.example"),
		STR("a;b@c.example"),
		STR("a@b.example;c@d.example"),
		STR("a:b@c.example"),
		STR("a(b)@c.example"),
		STR("a[b]@c.example"),
		STR("a\\b@c.example"),
		STR("\xc3\xa9@b.example"),
		STR("a@b\xc3\xa9.example"),
		STR("\xe2\x80\xae"
		    "a@b.example"),
		STR("a@b\xe2\x80\xae.example"),
		STR("a@b.example\xe2\x81\xa9"),
		STR("\xff@b.example"),
		STR("a@b\xef\xbc\x8e"
		    "example"),
		STR("a\xef\xbc\xa0"
		    "b.example"),
		STR(".a@b.example"),
		STR("a.@b.example"),
		STR("a..b@c.example"),
		STR("a@.b.example"),
		STR("a@b.example."),
		STR("a@b..example"),
		STR("a@-b.example"),
		STR("a@b-.example"),
		STR("a@b.-example"),
		STR("a@b.example-"),
		STR("a@b_c.example"),
		STR("a@b!c.example"),
		STR("a@[127.0.0.1]"),
		STR("a@127.0.0.1"),
		STR("a@b.123"),
		STR("a@b.99999999999999999999999"),
		STR("a@LOCALHOST"),
		STR("a@localhost."),
		STR("a@."),
		STR(LOCAL64 "l@b.example"),
		STR("l." LOCAL64 "@b.example"),
		STR("a@" LABEL63 "d.example"),
		STR(LOCAL64 "@" LABEL63 "." LABEL63 "." TEN("d") TEN("d") TEN("d") TEN("d")
				TEN("d") ".example.org"),
	};
	struct pledge_form f = good;

	(void)state;
	check_all(&f.email, &f, bad, ARRAY_N(bad), ERR_EMAIL_BAD, "email");
}

/* A detail goes to logs and answers: nothing of the reader stands in it. */
static void the_address_is_not_told(void **state)
{
	struct pledge_form f = good;
	struct pledge_want w;
	struct fault fault;

	(void)state;
	f.email = STR("planted secret@b.example");
	assert_int_equal(pledge_check(&f, &w, &fault), ERR_EMAIL_BAD);
	assert_null(strstr(fault.detail, "planted"));
}

/* With every field wrong, mended one by one. */
static void in_order(void **state)
{
	struct pledge_form f = {.amount = STR("x"),
		.currency = STR("x"),
		.interval = STR("x"),
		.email = STR("x"),
		.campaign = STR("X"),
		.locale = STR(" "),
		.key = STR("x")};
	const struct {
		struct str *slot, mended;
		const char *field;
	} steps[] = {{&f.key, good.key, "key"}, {&f.currency, good.currency, "currency"},
		{&f.amount, good.amount, "amount"}, {&f.interval, good.interval, "interval"},
		{&f.email, good.email, "email"}, {&f.campaign, good.campaign, "campaign"},
		{&f.locale, good.locale, "locale"}};
	struct pledge_want w;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(steps); i++) {
		assert_int_not_equal(pledge_check(&f, &w, &fault), OK);
		assert_string_equal(fault.field, steps[i].field);
		*steps[i].slot = steps[i].mended;
	}
	assert_int_equal(pledge_check(&f, &w, &fault), OK);
}

/* The same rules for a form that is no pledge; there an address must be given. */
static void single_fields(void **state)
{
	struct fault fault = {0};

	(void)state;
	assert_int_equal(pledge_check_email(STR("a@b.example"), &fault), OK);
	assert_int_equal(pledge_check_email(STR("a@b"), &fault), ERR_EMAIL_BAD);
	assert_int_equal(pledge_check_email(STR(""), &fault), ERR_EMAIL_BAD);
	assert_string_equal(fault.field, "email");
	assert_int_equal(pledge_check_locale(STR("ru-LV"), &fault), OK);
	assert_int_equal(pledge_check_locale(STR("r"), &fault), ERR_FIELD_BAD);
	assert_int_equal(pledge_check_locale(STR("../en"), &fault), ERR_FIELD_BAD);
	assert_int_equal(pledge_check_locale(STR("xxxxxxxxxxxxxxxxx"), &fault), ERR_FIELD_TOO_LONG);
	assert_string_equal(fault.field, "locale");
}

static struct str print_of(const struct pledge_form *f, struct buf *b)
{
	struct pledge_want w;

	assert_int_equal(pledge_check(f, &w, NULL), OK);
	b->n = 0;
	assert_int_equal(pledge_fingerprint(&w, b), OK);
	return buf_str(b);
}

static void fingerprints(void **state)
{
	struct pledge_form f = good;
	const struct {
		struct str *slot, v;
		bool same;
	} cases[] = {{&f.amount, STR("25"), true}, {&f.currency, STR("eur"), true},
		{&f.locale, STR("ru"), true}, {&f.token, STR("v1.x"), true},
		{&f.key, STR("fedcba9876543210"), true}, {&f.other_amount, STR("9"), true},
		{&f.amount, STR("25.01"), false}, {&f.currency, STR("USD"), false},
		{&f.interval, STR("month"), false}, {&f.email, STR("A@b.example"), false},
		{&f.email, STR(""), false}, {&f.campaign, STR("other"), false},
		{&f.campaign, STR(""), false}, {&f.cover, STR("0"), true},
		{&f.cover, STR("1"), false}, {&f.cover, STR("true"), false}};
	BUF_ON(first, 400);
	BUF_ON(second, 400);
	struct str want = print_of(&good, &first);

	(void)state;
	assert_true(str_is(want, "pledge 1\nEUR\n2500\nonce\na@b.example\nsupport\n"));
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		struct str before = *cases[i].slot;
		*cases[i].slot = cases[i].v;
		assert_int_equal(str_eq(print_of(&f, &second), want), cases[i].same);
		*cases[i].slot = before;
	}
}

static void covers(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		bool covers;
	} ROW[] = {
		{"", OK, false},
		{"0", OK, false},
		{"false", OK, false},
		{"1", OK, true},
		{"true", OK, true},
		{"yes", ERR_FIELD_BAD, false},
		{"2", ERR_FIELD_BAD, false},
		{"0.41", ERR_FIELD_BAD, false},
	};
	struct pledge_form f = good;
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct pledge_want w = {0};
		struct fault fault = {0};
		f.cover = str_c(ROW[i].text);
		assert_int_equal(pledge_check(&f, &w, &fault), ROW[i].e);
		assert_int_equal(w.covers, ROW[i].covers);
		if (ROW[i].e != OK)
			assert_string_equal(fault.field, "cover");
		else /* the amount is still the one that was chosen */
			assert_int_equal(w.money.minor, 2500);
	}
}

static void no_room_for_a_fingerprint(void **state)
{
	struct pledge_want w;
	char mem[64];
	struct buf b;

	(void)state;
	assert_int_equal(pledge_check(&good, &w, NULL), OK);
	for (size_t cap = 0; cap < 43; cap++) {
		buf_init(&b, mem, cap);
		assert_int_equal(pledge_fingerprint(&w, &b), ERR_TOO_LONG);
	}
	buf_init(&b, mem, sizeof mem);
	assert_int_equal(pledge_fingerprint(&w, &b), OK);
}

static void states(void **state)
{
	static const char *const open[] = {"new", "offered", "processing"};
	enum pledge_status s = PLEDGE_N;

	(void)state;
	for (unsigned i = 0; i < PLEDGE_N; i++) {
		const char *name = pledge_status_name((enum pledge_status)i);
		bool final = true;
		for (size_t k = 0; k < ARRAY_N(open); k++)
			final = final && strcmp(name, open[k]) != 0;
		assert_int_equal(pledge_status_is_final((enum pledge_status)i), final);
		assert_int_equal(pledge_status_parse(str_c(name), &s), OK);
		assert_int_equal(s, i);
	}
	s = PLEDGE_paid;
	assert_int_equal(pledge_status_parse(STR(""), &s), ERR_FIELD_BAD);
	assert_int_equal(pledge_status_parse(STR("Paid"), &s), ERR_FIELD_BAD);
	assert_int_equal(pledge_status_parse(STR("paid\0"), &s), ERR_FIELD_BAD);
	assert_int_equal(s, PLEDGE_paid);
	assert_string_equal(pledge_status_name(PLEDGE_N), "unknown");
	assert_false(pledge_status_is_final(PLEDGE_N));
}

/* Lists the pairs that nobody thought of. */
static void every_pair_is_answered(void **state)
{
	unsigned missing = 0;

	(void)state;
	for (int s = 0; s < PLEDGE_N; s++)
		for (int ev = 0; ev < PLEDGE_EVENT_N; ev++) {
			enum pledge_status next = PLEDGE_N;
			const char *why = "untouched";
			enum pledge_answer a = pledge_next(
				(enum pledge_status)s, (enum pledge_event)ev, &next, &why);
			if (a == PLEDGE_UNANSWERED) {
				print_error("%s in %s: no answer\n",
					pledge_event_name((enum pledge_event)ev),
					pledge_status_name((enum pledge_status)s));
				missing++;
			}
			assert_true((unsigned)next < PLEDGE_N);
			assert_int_equal(a == PLEDGE_MOVE, (int)next != s);
			assert_int_equal(a == PLEDGE_REFUSE, why && strlen(why) > 10);
		}
	assert_int_equal(missing, 0);
}

static enum pledge_status after(enum pledge_status s, enum pledge_event ev, enum pledge_answer want)
{
	enum pledge_status next;

	assert_int_equal(pledge_next(s, ev, &next, NULL), want);
	return next;
}

/* The promises that matter most, told here a second time. */
static void paid_is_left_by_claims_alone(void **state)
{
	(void)state;
	for (int ev = 0; ev < PLEDGE_EVENT_N; ev++) {
		enum pledge_status next;
		const char *name = pledge_event_name((enum pledge_event)ev);
		enum pledge_answer a = pledge_next(PLEDGE_paid, (enum pledge_event)ev, &next, NULL);
		assert_true(a != PLEDGE_MOVE || strstr(name, "refund") || strstr(name, "dispute"));
		for (int s = 0; s < PLEDGE_N; s++)
			if (ev == PLEDGE_ON_paid &&
				pledge_next((enum pledge_status)s, (enum pledge_event)ev, &next,
					NULL) == PLEDGE_MOVE)
				assert_int_equal(next, PLEDGE_paid);
	}
	assert_int_equal(after(PLEDGE_lapsed, PLEDGE_ON_paid, PLEDGE_MOVE), PLEDGE_paid);
	assert_int_equal(after(PLEDGE_paid, PLEDGE_ON_page_expired, PLEDGE_STAY), PLEDGE_paid);
	assert_int_equal(after(PLEDGE_paid, PLEDGE_ON_paid_odd, PLEDGE_REFUSE), PLEDGE_paid);
	assert_int_equal(
		after(PLEDGE_offered, PLEDGE_ON_attempt_anew, PLEDGE_REFUSE), PLEDGE_offered);
	assert_int_equal(after(PLEDGE_N, PLEDGE_ON_paid, PLEDGE_UNANSWERED), PLEDGE_N);
	assert_int_equal(after(PLEDGE_paid, PLEDGE_EVENT_N, PLEDGE_UNANSWERED), PLEDGE_paid);
	assert_string_equal(pledge_event_name(PLEDGE_EVENT_N), "unknown");
}

static void moves(void **state)
{
	(void)state;
	assert_true(pledge_moves(PLEDGE_new, PLEDGE_paid));
	assert_true(pledge_moves(PLEDGE_refunded, PLEDGE_paid));
	assert_false(pledge_moves(PLEDGE_paid, PLEDGE_lapsed));
	assert_false(pledge_moves(PLEDGE_paid, PLEDGE_offered));
	assert_false(pledge_moves(PLEDGE_paid, PLEDGE_paid));
	assert_false(pledge_moves(PLEDGE_offered, PLEDGE_new));
	for (int s = 0; s < PLEDGE_N; s++) {
		assert_false(pledge_moves(PLEDGE_N, (enum pledge_status)s));
		assert_false(pledge_moves((enum pledge_status)s, PLEDGE_N));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one),
		cmocka_unit_test(the_least),
		cmocka_unit_test(other_amount),
		cmocka_unit_test(amounts),
		cmocka_unit_test(keys),
		cmocka_unit_test(words),
		cmocka_unit_test(good_addresses),
		cmocka_unit_test(bad_addresses),
		cmocka_unit_test(the_address_is_not_told),
		cmocka_unit_test(in_order),
		cmocka_unit_test(single_fields),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(covers),
		cmocka_unit_test(no_room_for_a_fingerprint),
		cmocka_unit_test(states),
		cmocka_unit_test(every_pair_is_answered),
		cmocka_unit_test(paid_is_left_by_claims_alone),
		cmocka_unit_test(moves),
	};

	return cmocka_run_group_tests_name("core_pledge", tests, NULL, NULL);
}

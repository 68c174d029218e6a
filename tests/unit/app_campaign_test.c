/* tests/unit/app_campaign_test.c: every way a campaign file can be wrong is told with its place.
 * Run from the top of the tree. */
#include "campaign_file.h"
#include <cmocka.h>

#define GOOD file_good
#define TEXT FILE_TEXT
#define T32  FILE_T32
#define R200 FILE_R200
#define W64  FILE_W64

static const struct file_fault FAULTY[] = {
	/* the top */
	{"colour", "1", "colour", "is not a field here"},
	{"col\x1bour", "1", "?", "is not a field here"},
	{"campaign", NULL, "campaign", "is missing"},
	{"campaign", "null", "campaign", "is missing"},
	{"campaign", "7", "campaign", "must be a text"},
	{"campaign", "''", "campaign", "must be a-z, 0-9 and -, 1 to 64"},
	{"campaign", "'Support'", "campaign", "must be a-z"},
	{"campaign", "'sup port'", "campaign", "must be a-z"},
	{"campaign", "'" T32 T32 "x'", "campaign", "1 to 64"},
	{"site", NULL, "site", "is missing"},
	{"site", "'demo/'", "site", "must be a-z"},
	{"kind", NULL, "kind", "is missing"},
	{"kind", "'bar'", "kind", "must be appeal, wall or policy"},
	{"priority", NULL, "priority", "is missing"},
	{"priority", "-1", "priority", "must be 0 to 1000"},
	{"priority", "1001", "priority", "must be 0 to 1000"},
	{"priority", "1.0", "priority", "must be a whole number"},
	{"priority", "'100'", "priority", "must be a whole number"},
	{"start", NULL, "start", "is missing"},
	{"start", "'2026-02-29T00:00:00Z'", "start", "must be a time such as"},
	{"start", "'2026-01-01'", "start", "must be a time such as"},
	{"start", "1767225600", "start", "must be a text"},
	{"end", "'2026-01-01T00:00:00Z'", "end", "must be later than start"},
	{"end", "'2025-01-01T00:00:00Z'", "end", "must be later than start"},
	{"end", "'soon'", "end", "must be a time such as"},
	/* where and how often */
	{"sections", "{}", "sections", "is not a field here"},
	{"target", "[]", "target", "must be an object"},
	{"target.section", "[]", "target.section", "must be an object"},
	{"target.section.out", "[]", "target.section.out", "is not a field here"},
	{"target.section.in", "'news'", "target.section.in", "must be a list"},
	{"target.section.in.0", "1", "target.section.in[0]", "must be a text"},
	{"target.section.in.0", "'News'", "target.section.in[0]", "must be a-z"},
	{"target.section.in", "['a','b','a']", "target.section.in[2]", "stands there twice"},
	{"target.section.in", "['obituaries']", "target.section",
		"obituaries is both in and not_in"},
	{"target.section.not_in", "[" W64 ",'one-more']", "target.section.not_in",
		"has more than 64 words"},
	{"min_views", "1", "min_views", "must be 2 to 1000"},
	{"min_views", "1001", "min_views", "must be 2 to 1000"},
	{"cap", "4", "cap", "must be an object"},
	{"cap.views", NULL, "cap.views", "is missing"},
	{"cap.views", "0", "cap.views", "must be 1 to 100"},
	{"cap.views", "101", "cap.views", "must be 1 to 100"},
	{"cap.days", "0", "cap.days", "must be 1 to 365"},
	{"cap.days", "366", "cap.days", "must be 1 to 365"},
	{"cap.hours", "1", "cap.hours", "is not a field here"},
	{"pause", "7", "pause", "must be an object"},
	{"pause.close_days", "-1", "pause.close_days", "must be 0 to 3650"},
	{"pause.later_days", "3651", "pause.later_days", "must be 0 to 3650"},
	{"pause.already_gave_days", "'1'", "pause.already_gave_days", "must be a whole number"},
	{"pause.never_days", "99999999999999", "pause.never_days", "must be 0 to 3650"},
	{"pause.gave_once_days", "true", "pause.gave_once_days", "must be a whole number"},
	{"pause.gave_recurring_days", "-5", "pause.gave_recurring_days", "must be 0 to 3650"},
	{"pause.days", "1", "pause.days", "is not a field here"},
	/* the meter */
	{"kind", "'wall'", "meter", "kind wall needs a meter with then wall"},
	{"meter", "{'window':'month','allowance':5,'then':'wall'}", "meter",
		"then wall needs kind wall"},
	{"meter", "{'window':'year','allowance':5,'then':'prompt'}", "meter.window",
		"must be day, week, month or rolling"},
	{"meter", "{'allowance':5,'then':'prompt'}", "meter.window", "is missing"},
	{"meter", "{'window':'month','then':'prompt'}", "meter.allowance", "is missing"},
	{"meter", "{'window':'month','allowance':201,'then':'prompt'}", "meter.allowance",
		"must be 0 to 200"},
	{"meter", "{'window':'month','allowance':5,'then':'stop'}", "meter.then",
		"must be prompt or wall"},
	{"meter", "{'window':'month','allowance':5,'then':'prompt','x':1}", "meter.x",
		"is not a field here"},
	/* amounts */
	{"amounts", NULL, "amounts", "is missing"},
	{"amounts.week", "[]", "amounts.week", "is not a field here"},
	{"amounts.currency", NULL, "amounts.currency", "is missing"},
	{"amounts.currency", "'XXX'", "amounts.currency", "is not a currency that we take"},
	{"amounts.currency", "'eur'", "amounts.currency", "is not a currency that we take"},
	{"amounts.once", "{}", "amounts.once", "must be a list"},
	{"amounts.once.0", "5", "amounts.once[0]", "must be a text"},
	{"amounts.once.0", "'0.50'", "amounts.once[0]",
		"0.50 is below the smallest gift in EUR (1.00)"},
	{"amounts.once.2", "'10000.01'", "amounts.once[2]",
		"10000.01 is above the largest gift in EUR (10000.00)"},
	{"amounts.once.2", "'25.001'", "amounts.once[2]", "has more decimals than EUR"},
	{"amounts.once.2", "'25,00'", "amounts.once[2]", "must be a plain number such as"},
	{"amounts.once.2", "''", "amounts.once[2]", "must be a plain number such as"},
	{"amounts.once.2", "'10.00'", "amounts.once[2]", "must be larger than the one before"},
	{"amounts.once.2", "'7'", "amounts.once[2]", "must be larger than the one before"},
	{"amounts.month", "['1','2','3','4','5','6','7']", "amounts.month",
		"has more than 6 amounts"},
	{"amounts.preselect", NULL, "amounts.preselect", "is missing"},
	{"amounts.preselect.interval", "'week'", "amounts.preselect.interval",
		"must be once, month or year"},
	{"amounts.preselect.interval", "'year'", "amounts.preselect.amount",
		"is not among the amounts of its interval"},
	{"amounts.preselect.amount", "'11.00'", "amounts.preselect.amount", "is not among"},
	{"amounts.preselect.amount", "11", "amounts.preselect.amount", "must be a text"},
	{"amounts.preselect.x", "1", "amounts.preselect.x", "is not a field here"},
	/* variants and texts */
	{"variants", NULL, "variants", "is missing"},
	{"variants", "{}", "variants", "must be a list"},
	{"variants", "[]", "variants", "must be 1 to 8"},
	{"variants", "[1,2,3,4,5,6,7,8,9]", "variants", "must be 1 to 8"},
	{"variants.0", "1", "variants[0]", "must be an object"},
	{"variants.0.weight", "1", "variants[0].weight", "is not a field here"},
	{"variants.0.variant", NULL, "variants[0].variant", "is missing"},
	{"variants.0.variant", "'" T32 "x'", "variants[0].variant", "1 to 32"},
	{"variants.1.variant", "'a'", "variants[1].variant", "is the name of an earlier variant"},
	{"variants.0.share", NULL, "variants[0].share", "is missing"},
	{"variants.0.share", "101", "variants[0].share", "must be 0 to 100"},
	{"variants.0.share", "40", "variants", "shares add up to 90, not 100"},
	{"variants.0.text", NULL, "variants[0].text", "is missing"},
	{"variants.0.text", "{}", "variants[0].text", "must have 1 to 8 languages"},
	{"variants.0.text.ru", NULL, "variants[0].text.ru", "is missing, another variant has it"},
	{"variants.1.text.lv", TEXT("l"), "variants[0].text.lv",
		"is missing, another variant has it"},
	{"variants.0.text.e", TEXT("e"), "variants[0].text.e", "is not a language"},
	{"variants.0.text.en_GB", TEXT("e"), "variants[0].text.en_GB", "is not a language"},
	{"variants.0.text.en", "'hello'", "variants[0].text.en", "must be an object"},
	{"variants.0.text.en.colour", "'red'", "variants[0].text.en.colour", "is not a field here"},
	{"variants.0.text.en.title", NULL, "variants[0].text.en.title", "is missing"},
	{"variants.0.text.en.title", "'  '", "variants[0].text.en.title", "is empty"},
	{"variants.0.text.en.title", "'" R200 "x'", "variants[0].text.en.title",
		"is longer than 200 characters"},
	{"variants.0.text.en.title", "'a\\nb'", "variants[0].text.en.title",
		"holds a character that cannot be shown"},
	{"variants.0.text.en.title", "'a\\u202eb'", "variants[0].text.en.title",
		"holds a character that cannot be shown"},
	{"variants.0.text.en.body", "'a\\u0007b'", "variants[0].text.en.body",
		"holds a character that cannot be shown"},
	{"variants.0.text.en.body", "7", "variants[0].text.en.body", "must be a text"},
	{"variants.0.text.en.topline", "''", "variants[0].text.en.topline", "is empty"},
	{"variants.0.text.en.button", "'" T32 T32 "'", "variants[0].text.en.button",
		"is longer than 60 characters"},
	{"variants.0.text.en.later", "'" T32 T32 "'", "variants[0].text.en.later",
		"is longer than 60 characters"},
	{"variants.0.text.en.later", NULL, "variants[0].text.en.later", "is missing"},
};

/* What just fits. */
static const struct file_fine FINE[] = {
	{"campaign", "'" T32 T32 "'"},
	{"priority", "0"},
	{"priority", "1000"},
	{"end", "null"},
	{"end", NULL},
	{"target", NULL},
	{"target.section.in", "null"},
	{"target.section.in", "[" W64 "]"},
	{"min_views", "2"},
	{"min_views", "1000"},
	{"cap", NULL},
	{"cap", "null"},
	{"cap", "{'views':100,'days':365}"},
	{"pause", NULL},
	{"pause.never_days", "3650"},
	{"pause.later_days", "0"},
	{"meter", NULL},
	{"meter", "{'window':'month','allowance':0,'then':'prompt'}"},
	{"amounts.month", NULL},
	{"amounts.month", "['1','2','3','4','5','10000.00']"},
	{"variants.0.text.en.title", "'" R200 "'"},
	{"variants.0.text.en.body", "'" R200 R200 R200 R200 R200 R200 R200 R200 R200 R200 "'"},
	{"variants.0.variant", "'" T32 "'"},
};

static void faulty(void **state)
{
	(void)state;
	file_check_faults(GOOD, FAULTY, ARRAY_N(FAULTY));
}

static void fine(void **state)
{
	(void)state;
	file_check_fine(GOOD, FINE, ARRAY_N(FINE));
}

static void good_values(void **state)
{
	(void)state;
	assert_int_equal(file_read_json(file_json(GOOD)), OK);
	const struct campaign *c = &file_doc.campaign;
	const struct target *t = &c->target;
	assert_false(file_doc.is_policy);
	assert_true(str_is(file_doc.site, "demo") && str_is(file_doc.slug, "support") &&
		    str_is(c->slug, "support"));
	assert_true(c->live);
	assert_int_equal(c->kind, CAMPAIGN_APPEAL);
	assert_int_equal(c->priority, 100);
	assert_int_equal(utc_s(c->start), 1767225600);
	assert_int_equal(utc_s(c->end), 1798761600);
	assert_int_equal(t->list[TARGET_section].in.n, 1);
	assert_int_equal(t->list[TARGET_section].not_in.n, 1);
	assert_true(str_is(t->list[TARGET_section].in.v[0], "news"));
	assert_true(str_is(t->list[TARGET_section].not_in.v[0], "obituaries"));
	assert_int_equal(c->min_views, 3);
	assert_int_equal(c->cap.views, 4);
	assert_int_equal(c->cap.days, 30);
	assert_int_equal(c->meter.window, WINDOW_NONE);
	assert_true(str_is(c->set[0].currency, "EUR"));
	assert_int_equal(c->set[0].amount_n[INTERVAL_ONCE], 3);
	assert_true(str_is(c->set[0].amount[INTERVAL_ONCE][1], "10.00"));
	assert_int_equal(c->set[0].amount_n[INTERVAL_YEAR], 0);
	assert_int_equal(c->set[0].preselect, INTERVAL_ONCE);
	assert_true(str_is(c->set[0].preselect_amount, "10.00"));
	assert_int_equal(c->variant_n, 2);
	for (size_t i = 0; i < 2;
		i++) { /* languages stand in byte order, whatever the file's order */
		const struct campaign_variant *v = &c->variant[i];
		assert_int_equal(v->share, 50);
		assert_int_equal(v->text_n, 2);
		assert_true(str_is(v->text[0].locale, "en") && str_is(v->text[0].topline, "e"));
		assert_true(str_is(v->text[1].locale, "ru") && str_is(v->text[1].topline, "r"));
		assert_true(str_is(v->text[0].body, "Line one.\nLine two."));
	}
}

static void defaults(void **state)
{
	(void)state;
	const struct campaign *c = &file_doc.campaign;
	static const char *const TAKE_OUT[] = {
		"end", "target", "min_views", "cap", "pause", "meter"};
	json_t *root = file_json(GOOD);
	for (size_t i = 0; i < ARRAY_N(TAKE_OUT); i++)
		file_change(root, TAKE_OUT[i], NULL);
	assert_int_equal(file_read_json(root), OK);
	assert_int_equal(c->end.us, 0);
	for (size_t i = 0; i < TARGET_N; i++)
		assert_int_equal(c->target.list[i].in.n + c->target.list[i].not_in.n, 0);
	assert_int_equal(c->min_views, 2);
	assert_int_equal(c->cap.views + c->cap.days, 0);
	assert_int_equal(c->close_days, 7);
	assert_int_equal(c->later_days, 3);
	assert_int_equal(c->already_gave_days, 30);
	assert_int_equal(c->never_days, 365);
	assert_int_equal(c->gave_once_days, 90);
	assert_int_equal(c->gave_recurring_days, 395);
	assert_false(c->meter.wall);
}

/* A wall stands in the article's place: no line on top, nothing to put off. */
static void wall_needs_fewer_texts(void **state)
{
	(void)state;
	const struct campaign *c = &file_doc.campaign;
	json_t *root = file_json(GOOD);
	file_change(root, "kind", "'wall'");
	file_change(root, "meter", "{'window':'month','allowance':5,'then':'wall'}");
	file_change(root, "variants.0.text.en.topline", "''");
	file_change(root, "variants.0.text.en.later", NULL);
	assert_int_equal(file_read_json(root), OK);
	assert_int_equal(c->kind, CAMPAIGN_WALL);
	assert_int_equal(c->meter.window, WINDOW_MONTH);
	assert_int_equal(c->meter.allowance, 5);
	assert_true(c->meter.wall);
	assert_int_equal(c->variant[0].text[0].topline.n, 0);
}

static void amounts_needs_one(void **state)
{
	(void)state;
	assert_int_equal(file_read_changed(GOOD, "amounts",
				 "{'currency':'EUR','preselect':{'interval':'once','amount':'5'}}"),
		ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 2);
	assert_string_equal(file_faults.fault[0].what, "offers no amount");
}

static void other_currencies_keep_their_decimals(void **state)
{
	(void)state;
	assert_int_equal(file_read_changed(GOOD, "amounts",
				 "{'currency':'JPY','once':['500','1000'],"
				 "'preselect':{'interval':'once','amount':'500'}}"),
		OK);
	assert_true(str_is(file_doc.campaign.set[0].amount[INTERVAL_ONCE][1], "1000"));
	assert_int_equal(file_read_changed(GOOD, "amounts.currency", "'JPY'"), ERR_FIELD_BAD);
	assert_string_equal(file_faults.fault[0].path, "amounts.once[0]");
	assert_string_equal(file_faults.fault[0].what, "has more decimals than JPY");
}

static void bad_json(void **state)
{
	(void)state;
	static const char *const BAD[] = {"", "{", "[]", "[{}]", "7", "\"x\"",
		"{\"campaign\":\"a\",\"campaign\":\"b\"}", "{} {}", "{\"campaign\":\"\xff\"}",
		"{\"a\":\"\\u0000\"}", "{'a':1}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}"};
	for (size_t i = 0; i < ARRAY_N(BAD); i++) {
		enum err e = file_read(BAD[i]);
		if (e != ERR_BAD_JSON)
			print_error("%s: %s\n", BAD[i], err_slug(e));
		assert_int_equal(e, ERR_BAD_JSON);
		assert_int_equal(file_faults.n, 1);
		assert_string_equal(file_faults.fault[0].path, "");
		assert_true(file_faults.fault[0].what[0] != '\0');
	}
}

static void all_at_once(void **state)
{
	(void)state;
	static const char *const PATHS[] = {"campaign", "site", "kind", "x", "priority", "start",
		"cap.views", "amounts", "variants"};
	assert_int_equal(file_read("{\"x\":1,\"campaign\":\"A\",\"cap\":{\"views\":0,\"days\":1}}"),
		ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, ARRAY_N(PATHS));
	for (size_t i = 0; i < ARRAY_N(PATHS); i++)
		assert_string_equal(file_faults.fault[i].path, PATHS[i]);
}

static void counts_beyond_the_list(void **state)
{
	(void)state;
	char text[2000] = "{";
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), 20, "%s\"x%d\":1", i ? "," : "", i);
	strcat(text, "}");
	assert_int_equal(file_read(text), ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 107);                   /* and seven fields are missing */
	assert_string_equal(file_faults.fault[63].path, "x60"); /* three are told before */
}

static void longest_path_fits(void **state)
{
	(void)state;
	assert_int_equal(file_read_changed(GOOD, "variants.0.text.en." T32, "1"), ERR_FIELD_BAD);
	assert_string_equal(file_faults.fault[0].path, "variants[0].text.en." T32);
}

static void memory_ends(void **state)
{
	(void)state;
	char *text = file_text(file_json(GOOD));
	long n = 1;
	for (enum err e = ERR_NO_MEMORY; e != OK; n++) {
		assert_true(n < 1000);
		arena_reset(&file_arena);
		arena_fail_at(&file_arena, n);
		e = campaign_read(str_c(text), &file_arena, &file_doc, &file_faults);
		assert_true(e == OK || e == ERR_NO_MEMORY);
	}
	arena_fail_at(&file_arena, 0);
	free(text);
	assert_true(n > 30); /* each text is an allocation */
}

static void shipped(void **state)
{
	(void)state;
	static const char *const FILES[] = {"conf/campaigns/support.json",
		"conf/campaigns/year-end.json", "conf/campaigns/meter.json",
		"conf/campaigns/policy.json"};
	for (size_t i = 0; i < ARRAY_N(FILES); i++) {
		char *text = file_load(FILES[i]);
		enum err e = file_read(text);
		if (e != OK)
			file_tell(FILES[i], NULL, e);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faulty),
		cmocka_unit_test(fine),
		cmocka_unit_test(good_values),
		cmocka_unit_test(defaults),
		cmocka_unit_test(wall_needs_fewer_texts),
		cmocka_unit_test(amounts_needs_one),
		cmocka_unit_test(other_currencies_keep_their_decimals),
		cmocka_unit_test(bad_json),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(counts_beyond_the_list),
		cmocka_unit_test(longest_path_fits),
		cmocka_unit_test(memory_ends),
		cmocka_unit_test(shipped),
	};
	if (arena_init(&file_arena, 1 << 20) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("app_campaign", tests, NULL, NULL);
	arena_fini(&file_arena);
	return failed;
}

/* tests/unit/app_policy_test.c: what holds for a whole site: what may stand in a policy, and every
 * way to get it wrong. */
#include "campaign_file.h"

static const char GOOD[] =
	"{'campaign':'policy','site':'demo','kind':'policy',"
	"'topics':[{'topic':'ice','tag':['ice','sea ice'],'url':['/live/']},"
	"{'topic':'culture','section':['culture']}],"
	"'free':{'referrer':['search'],'source':['newsletter']},"
	"'sensitive':{'section':['obituaries'],'flag':['disaster']},"
	"'cap':{'views':8,'days':30,'gap_hours':1,'daily':3},"
	"'blackouts':[{'start':'2026-12-24T00:00:00Z','end':'2026-12-27T00:00:00Z',"
	"'campaigns':['support']}],"
	"'holdout':{'share':2,'walls':true},"
	"'supporter':{'once_days':120,'recurring_days':400},"
	"'countries':{'EE':{'en':'Estonia','ru':'Эстония'},'*':{'en':'your country'}}}";

#define TOPIC(n) "{'topic':'t" n "'}"
#define TEN_TOPICS                                                                                 \
	TOPIC("0")                                                                                 \
	"," TOPIC("1") "," TOPIC("2") "," TOPIC("3") "," TOPIC("4") "," TOPIC("5") "," TOPIC(      \
		"6") "," TOPIC("7") "," TOPIC("8") "," TOPIC("9")
#define DAY(d) "{'start':'2026-01-" d "T00:00:00Z','end':'2026-01-" d "T12:00:00Z'}"
#define EIGHT_DAYS(t)                                                                              \
	DAY(t "1")                                                                                 \
	"," DAY(t "2") "," DAY(t "3") "," DAY(t "4") "," DAY(t "5") "," DAY(t "6") "," DAY(        \
		t "7") "," DAY(t "8")

static const struct file_fault FAULTY[] = {
	/* the name */
	{"campaign", NULL, "campaign", "is missing"},
	{"campaign", "'rules'", "campaign", "a policy is named policy"},
	{"campaign", "'Policy'", "campaign", "must be a-z"},
	{"site", NULL, "site", "is missing"},
	{"site", "'Demo'", "site", "must be a-z"},
	/* what only campaigns have */
	{"priority", "1", "priority", "is not a field here"},
	{"variants", "[]", "variants", "is not a field here"},
	{"target", "{}", "target", "is not a field here"},
	{"blackout", "[]", "blackout", "is not a field here"},
	/* topics */
	{"topics", "{}", "topics", "must be a list"},
	{"topics", "[" TEN_TOPICS "," TOPIC("10") "]", "topics",
		"has more than 10 topics"},
	{"topics.0", "'ice'", "topics[0]", "must be an object"},
	{"topics.0.topic", NULL, "topics[0].topic", "is missing"},
	{"topics.0.topic", "'Ice'", "topics[0].topic", "must be a-z, 0-9 and -, 1 to 64"},
	{"topics.1.topic", "'ice'", "topics[1].topic", "is the name of an earlier topic"},
	{"topics.0.country", "['EE']", "topics[0].country", "is not a field here"},
	{"topics.0.tag", "'ice'", "topics[0].tag", "must be a list"},
	{"topics.0.tag", "['a,b']", "topics[0].tag[0]", "a word without a comma"},
	{"topics.0.url", "['live']", "topics[0].url[0]", "the beginning of a path"},
	{"topics.0.section", "['News']", "topics[0].section[0]", "a-z, 0-9 and -"},
	{"topics.0.flag", "['']", "topics[0].flag[0]", "a word without a comma"},
	{"topics.0.referrer", "['serach']", "topics[0].referrer[0]", "a class (direct"},
	{"topics.0.source", "[' x']", "topics[0].source[0]", "a word without a comma"},
	/* free and sensitive pages */
	{"free", "[]", "free", "must be an object"},
	{"free.topic", "'ice'", "free.topic", "is not a field here"},
	{"free.referrer", "['search','search']", "free.referrer[1]", "stands there twice"},
	{"free.section", "[" FILE_W64 ",'x']", "free.section", "has more than 64 words"},
	{"sensitive", "true", "sensitive", "must be an object"},
	{"sensitive.section.0", "1", "sensitive.section[0]", "must be a text"},
	{"sensitive.sections", "['obituaries']", "sensitive.sections", "is not a field here"},
	/* the cap of the site */
	{"cap", "8", "cap", "must be an object"},
	{"cap.views", "0", "cap.views", "must be 1 to 100"},
	{"cap.days", NULL, "cap.days", "is missing"},
	{"cap.days", "366", "cap.days", "must be 1 to 365"},
	{"cap.gap_hours", "0", "cap.gap_hours", "must be 1 to 8760"},
	{"cap.daily", "101", "cap.daily", "must be 1 to 100"},
	{"cap.id", "'x'", "cap.id", "is not a field here"},
	{"cap.cycle", "{'views':3}", "cap.cycle", "is not a field here"},
	/* blackouts */
	{"blackouts", "{}", "blackouts", "must be a list"},
	{"blackouts", "[" EIGHT_DAYS("0") "," EIGHT_DAYS("1") "," DAY("20") "]", "blackouts",
		"has more than 16 windows"},
	{"blackouts.0", "'Christmas'", "blackouts[0]", "must be an object"},
	{"blackouts.0.start", NULL, "blackouts[0].start", "is missing"},
	{"blackouts.0.end", NULL, "blackouts[0].end", "is missing"},
	{"blackouts.0.end", "'2026-12-23T00:00:00Z'", "blackouts[0].end",
		"must be later than start"},
	{"blackouts.0.end", "'2026-12-24T00:00:00Z'", "blackouts[0].end",
		"must be later than start"},
	{"blackouts.0.end", "'Sunday'", "blackouts[0].end", "must be a time such as"},
	{"blackouts.0.start", "'2026-02-30T00:00:00Z'", "blackouts[0].start",
		"must be a time such as"},
	{"blackouts.0.why", "'x'", "blackouts[0].why", "is not a field here"},
	{"blackouts.0.campaigns", "'support'", "blackouts[0].campaigns", "must be a list"},
	{"blackouts.0.campaigns", "['Support']", "blackouts[0].campaigns[0]", "a-z, 0-9 and -"},
	/* the hold-out */
	{"holdout", "2", "holdout", "must be an object"},
	{"holdout.share", NULL, "holdout.share", "is missing"},
	{"holdout.share", "0", "holdout.share", "must be 1 to 50"},
	{"holdout.share", "51", "holdout.share", "must be 1 to 50"},
	{"holdout.share", "2.5", "holdout.share", "must be a whole number"},
	{"holdout.walls", "'no'", "holdout.walls", "must be true or false"},
	{"holdout.salt", "'x'", "holdout.salt", "is not a field here"},
	/* supporters */
	{"supporter", "90", "supporter", "must be an object"},
	{"supporter.once_days", "-1", "supporter.once_days", "must be 0 to 3650"},
	{"supporter.recurring_days", "3651", "supporter.recurring_days", "must be 0 to 3650"},
	{"supporter.days", "1", "supporter.days", "is not a field here"},
	/* countries */
	{"countries", "[]", "countries", "must be an object"},
	{"countries.ee", "{'en':'Estonia'}", "countries.ee",
		"is neither a country of two capitals nor *"},
	{"countries.EST", "{'en':'Estonia'}", "countries.EST", "is neither a country"},
	{"countries.LV", "'Latvia'", "countries.LV", "must be an object"},
	{"countries.LV", "null", "countries.LV", "must be an object"},
	{"countries.LV", "{'e':'Latvia'}", "countries.LV.e",
		"is not a language such as en or pt-BR"},
	{"countries.LV", "{'en':7}", "countries.LV.en", "must be a text"},
	{"countries.LV", "{'en':''}", "countries.LV.en", "is empty"},
	{"countries.LV", "{'en':'a\\nb'}", "countries.LV.en",
		"holds a character that cannot be shown"},
	{"countries.LV", "{'en':'" FILE_T32 FILE_T32 "'}", "countries.LV.en",
		"is longer than 60 characters"},
	{"countries.*", "{'en':' '}", "countries.*.en", "is empty"},
};

static const struct file_fine FINE[] = {
	{"topics", NULL},
	{"topics", "[]"},
	{"topics", "[" TEN_TOPICS "]"},
	{"free", NULL},
	{"free", "{}"},
	{"sensitive", "null"},
	{"cap", NULL},
	{"cap", "{}"},
	{"cap", "{'gap_hours':8760}"},
	{"blackouts", NULL},
	{"blackouts", "[" EIGHT_DAYS("0") "," EIGHT_DAYS("1") "]"},
	{"blackouts.0.campaigns", NULL},
	{"holdout", NULL},
	{"holdout", "{'share':1}"},
	{"holdout", "{'share':50,'walls':null}"},
	{"supporter", NULL},
	{"supporter", "{}"},
	{"supporter", "{'once_days':0,'recurring_days':3650}"},
	{"countries", NULL},
	{"countries", "{}"},
	{"countries.LV", "{}"},
	{"countries.BR", "{'pt-BR':'Brasil'}"},
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

static const struct policy *read_root(json_t *root)
{
	enum err e = file_read_json(root);
	if (e != OK)
		file_tell("a policy", NULL, e);
	assert_true(file_doc.is_policy);
	return &file_doc.policy;
}

static void values(void **state)
{
	const struct policy *p = read_root(file_json(GOOD));
	(void)state;
	assert_true(str_is(file_doc.slug, "policy") && str_is(p->slug, "policy"));
	assert_true(str_is(file_doc.site, "demo"));
	assert_int_equal(p->topic_n, 2);
	assert_true(str_is(p->topic[0].name, "ice") && str_is(p->topic[1].name, "culture"));
	assert_true(str_is(p->topic[0].pages.tags.v[1], "sea ice"));
	assert_true(str_is(p->topic[0].pages.urls.v[0], "/live/"));
	assert_int_equal(p->topic[0].pages.sections.n, 0);
	assert_true(str_is(p->topic[1].pages.sections.v[0], "culture"));
	assert_true(str_is(p->free.referrers.v[0], "search"));
	assert_true(str_is(p->free.sources.v[0], "newsletter"));
	assert_true(str_is(p->sensitive.sections.v[0], "obituaries"));
	assert_true(str_is(p->sensitive.flags.v[0], "disaster"));
	assert_int_equal(p->cap.key, 0); /* every prompt counts */
	assert_int_equal(p->cap.views, 8);
	assert_int_equal(p->cap.days, 30);
	assert_int_equal(p->cap.gap_hours, 1);
	assert_int_equal(p->cap.daily, 3);
	assert_int_equal(p->blackout_n, 1);
	assert_int_equal(utc_s(p->blackout[0].start), 1798070400);
	assert_int_equal(utc_s(p->blackout[0].end), 1798329600);
	assert_true(str_is(p->blackout[0].campaigns.v[0], "support"));
	assert_int_equal(p->holdout_share, 2);
	assert_true(p->holdout_walls);
	assert_int_equal(p->supporter_once_days, 120);
	assert_int_equal(p->supporter_recurring_days, 400);
	assert_int_equal(p->country_n, 3);
}

static void defaults(void **state)
{
	const struct policy *p =
		read_root(file_json("{'campaign':'policy','site':'demo','kind':'policy'}"));
	(void)state;
	assert_int_equal(p->topic_n + p->blackout_n + p->country_n, 0);
	assert_int_equal(p->cap.views + p->cap.days + p->cap.gap_hours + p->cap.daily, 0);
	assert_int_equal(p->holdout_share, 0);
	assert_false(p->holdout_walls);
	assert_int_equal(p->supporter_once_days, 90);
	assert_int_equal(p->supporter_recurring_days, 395);
	assert_false(policy_holds_out(p, 1));
}

static void names_of_countries(void **state)
{
	static const struct {
		const char *country, *locale, *name;
	} ROW[] = {
		{"EE", "en", "Estonia"},
		{"EE", "en-GB", "Estonia"},
		{"EE", "ru", "Эстония"},
		{"EE", "RU", "Эстония"},
		{"EE", "lv", "EE"},
		{"LV", "en", "your country"},
		{"LV", "ru", "LV"},
		{"", "en", "your country"},
	};
	const struct policy *p = read_root(file_json(GOOD));
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		assert_true(
			str_is(policy_country_name(p, str_c(ROW[i].country), str_c(ROW[i].locale)),
				ROW[i].name));
	assert_true(str_is(policy_country_name(NULL, STR("EE"), STR("en")), "EE"));
}

/* The name makes the policy, and the policy has that name. */
static void a_campaign_is_not_named_policy(void **state)
{
	(void)state;
	assert_int_equal(file_read_changed(file_good, "campaign", "'policy'"), ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 1);
	assert_true(file_told("campaign", "policy is the name of a policy"));
	assert_int_equal(file_read_changed(file_good, "kind", "'policy'"), ERR_FIELD_BAD);
	assert_true(file_told("campaign", "a policy is named policy"));
}

/* More names of countries than a policy holds. */
static void too_many_countries(void **state)
{
	(void)state;
	for (int n = 299; n <= 301; n++) {
		json_t *root = file_json("{'campaign':'policy','site':'demo','kind':'policy'}");
		for (int i = 0; i < n; i++) {
			char member[20];
			snprintf(member, sizeof member, "countries.%c%c.%s", 'A' + i / 2 / 26,
				'A' + i / 2 % 26, i % 2 ? "en" : "ru");
			file_change(root, member, "'x'");
		}
		assert_int_equal(file_read_json(root), n < 300 ? OK : ERR_FIELD_BAD);
		assert_int_equal(file_faults.n, n >= 300);
		assert_true(n < 300 || file_told("countries", "has 300 names or more"));
	}
}

/* Fourteen faults in one policy, each told once with its place. */
static void each_fault_is_told_at_once(void **state)
{
	static const struct {
		const char *member, *value, *path, *what;
	} WRONG[] = {
		{"campaign", "'rules'", "campaign", "a policy is named policy"},
		{"site", "'Demo'", "site", "must be a-z"},
		{"pages", "{}", "pages", "is not a field here"},
		{"topics.0.url", "['live']", "topics[0].url[0]", "the beginning of a path"},
		{"topics.1.topic", "'ice'", "topics[1].topic", "is the name of an earlier topic"},
		{"free.referrer", "['serach']", "free.referrer[0]", "a class"},
		{"sensitive.section.0", "1", "sensitive.section[0]", "must be a text"},
		{"cap.views", "0", "cap.views", "must be 1 to 100"},
		{"blackouts.0.end", "'2026-12-01T00:00:00Z'", "blackouts[0].end",
			"must be later than start"},
		{"holdout.share", "60", "holdout.share", "must be 1 to 50"},
		{"holdout.walls", "1", "holdout.walls", "must be true or false"},
		{"supporter.once_days", "'90'", "supporter.once_days", "must be a whole number"},
		{"countries.ee", "{'en':'x'}", "countries.ee", "is neither a country"},
		{"countries.*.en", "7", "countries.*.en", "must be a text"},
	};
	json_t *root = file_json(GOOD);
	(void)state;
	for (size_t i = 0; i < ARRAY_N(WRONG); i++)
		file_change(root, WRONG[i].member, WRONG[i].value);
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	for (size_t i = 0; i < ARRAY_N(WRONG); i++)
		if (!file_told(WRONG[i].path, WRONG[i].what))
			fail_msg("%s is not told", WRONG[i].path);
	assert_int_equal(file_faults.n, ARRAY_N(WRONG));
}

static void memory_ends(void **state)
{
	char *text = file_text(file_json(GOOD));
	long n = 1;
	(void)state;
	for (enum err e = ERR_NO_MEMORY; e != OK; n++) {
		assert_true(n < 1000);
		arena_reset(&file_arena);
		arena_fail_at(&file_arena, n);
		e = campaign_read(str_c(text), &file_arena, &file_doc, &file_faults);
		assert_true(e == OK || e == ERR_NO_MEMORY);
	}
	arena_fail_at(&file_arena, 0);
	assert_true(n > 20);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faulty),
		cmocka_unit_test(fine),
		cmocka_unit_test(values),
		cmocka_unit_test(defaults),
		cmocka_unit_test(names_of_countries),
		cmocka_unit_test(a_campaign_is_not_named_policy),
		cmocka_unit_test(too_many_countries),
		cmocka_unit_test(each_fault_is_told_at_once),
		cmocka_unit_test(memory_ends),
	};
	if (arena_init(&file_arena, 1 << 20) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("app_policy", tests, NULL, NULL);
	arena_fini(&file_arena);
	return failed;
}

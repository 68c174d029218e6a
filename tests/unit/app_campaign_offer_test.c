/* tests/unit/app_campaign_offer_test.c: what a campaign offers and says: other amounts for some
 * readers, a goal, variants and their languages, values in texts; and every way to get it wrong. */
#include "campaign_file.h"

#define GOOD file_good

/* An amount set with this in front of its amounts. */
#define SET(more)                                                                                  \
	"[{" more "'currency':'GBP','month':['4','8.00'],"                                         \
	"'preselect':{'interval':'month','amount':'4.00'}}]"
#define WHEN(when) SET("'when':{" when "},")
#define SIXTEEN_COUNTRIES                                                                          \
	"{country}{country}{country}{country}{country}{country}{country}{country}"                 \
	"{country}{country}{country}{country}{country}{country}{country}{country}"
#define EN   "variants.0.text.en."
#define PATH "variants[0].text.en."

static const struct file_fault FAULTY[] = {
	/* amounts for some */
	{"amount_sets", "{}", "amount_sets", "must be a list"},
	{"amount_sets", "[1,2,3,4,5,6,7,8]", "amount_sets", "has more than 7 sets"},
	{"amount_sets", "[1]", "amount_sets[0]", "must be an object"},
	{"amount_sets", SET(""), "amount_sets[0].when", "is missing"},
	{"amount_sets", SET("'when':null,"), "amount_sets[0].when", "is missing"},
	{"amount_sets", SET("'when':'EE',"), "amount_sets[0].when", "must be an object"},
	{"amount_sets", WHEN(""), "amount_sets[0].when", "says nothing"},
	{"amount_sets", WHEN("'country':[],'gift':[]"), "amount_sets[0].when", "says nothing"},
	{"amount_sets", WHEN("'country':['EE'],'x':1"), "amount_sets[0].when.x",
		"is not a field here"},
	{"amount_sets", WHEN("'country':'EE'"), "amount_sets[0].when.country", "must be a list"},
	{"amount_sets", WHEN("'country':['ee']"), "amount_sets[0].when.country[0]",
		"must be a country of two capitals such as EE"},
	{"amount_sets", WHEN("'gift':'once'"), "amount_sets[0].when.gift", "must be a list"},
	{"amount_sets", WHEN("'gift':['once','week']"), "amount_sets[0].when.gift[1]",
		"must be none, once, month or year"},
	{"amount_sets", WHEN("'gift':[1]"), "amount_sets[0].when.gift[0]",
		"must be none, once, month or year"},
	{"amount_sets", WHEN("'gift_min':5"), "amount_sets[0].when.gift_min", "must be a text"},
	{"amount_sets", WHEN("'gift_min':'5.001'"), "amount_sets[0].when.gift_min",
		"has more decimals than GBP"},
	{"amount_sets", WHEN("'gift_max':'0.10'"), "amount_sets[0].when.gift_max",
		"0.10 is below the smallest gift in GBP (1.00)"},
	{"amount_sets", WHEN("'gift_min':'9','gift_max':'8.99'"), "amount_sets[0].when",
		"gift_max is below gift_min"},
	{"amount_sets", WHEN("'country':['EE'],'gift_min':'x','gift_max':'2'"),
		"amount_sets[0].when.gift_min", "must be a plain number such as"},
	{"amount_sets", SET("'when':{'country':['EE']},'name':'x',"), "amount_sets[0].name",
		"is not a field here"},
	{"amount_sets", "[{'when':{'gift_min':'5'},'month':['4']}]", "amount_sets[0].currency",
		"is missing"},
	{"amount_sets", "[{'when':{'gift_min':'5'},'currency':'XXX'}]", "amount_sets[0].currency",
		"is not a currency that we take"},
	{"amount_sets",
		"[{'when':{'country':['EE']},'currency':'EUR','once':['4','3'],"
		"'preselect':{'interval':'once','amount':'4'}}]",
		"amount_sets[0].once[1]", "must be larger than the one before"},
	{"amount_sets", "[{'when':{'country':['EE']},'currency':'EUR','once':['4']}]",
		"amount_sets[0].preselect", "is missing"},
	{"amount_sets",
		"[{'when':{'country':['EE']},'currency':'EUR','once':['4'],"
		"'preselect':{'interval':'month','amount':'4'}}]",
		"amount_sets[0].preselect.amount", "is not among the amounts of its interval"},
	/* where it stands, and manners */
	{"format", "'popup'", "format", "must be appeal, line, bar, inline or modal"},
	{"format", "'wall'", "format", "must be appeal, line, bar, inline or modal"},
	{"format", "1", "format", "must be a text"},
	{"monthly_step", "1", "monthly_step", "must be true or false"},
	{"remind", "'no'", "remind", "must be true or false"},
	/* what covers the fee */
	{"cover", "'1.5'", "cover", "must be an object"},
	{"cover", "{}", "cover", "covers nothing"},
	{"cover", "{'percent':'0','fixed':'0.00'}", "cover", "covers nothing"},
	{"cover", "{'percent':'1','x':'1'}", "cover.x", "is not a field here"},
	{"cover", "{'percent':1.5}", "cover.percent", "must be a text"},
	{"cover", "{'percent':'1,5'}", "cover.percent", "must be 0 to 20, such as 1.5"},
	{"cover", "{'percent':'20.01'}", "cover.percent", "must be 0 to 20, such as 1.5"},
	{"cover", "{'percent':'1.505'}", "cover.percent", "has more than two decimals"},
	{"cover", "{'fixed':'0.255'}", "cover.fixed", "has more decimals than EUR"},
	{"cover", "{'fixed':'-1'}", "cover.fixed", "must be a plain number such as"},
	{"cover", "{'fixed':'1.01'}", "cover.fixed", "is more than the smallest gift in EUR"},
	{"amount_sets", SET("'when':{'country':['GB']},'cover':{'fixed':'0.205'},"),
		"amount_sets[0].cover.fixed", "has more decimals than GBP"},
	{"amount_sets",
		"[{'when':{'country':['EE']},'currency':'EUR','once':['4'],'cover':{'percent':'2'},"
		"'preselect':{'interval':'once','amount':'4'}}]",
		"amount_sets[0].cover", "must be that of the first amounts in EUR"},
	/* a goal */
	{"goal", "50000", "goal", "must be an object"},
	{"goal", "{'currency':'EUR'}", "goal.amount", "is missing"},
	{"goal", "{'amount':'50000'}", "goal.currency", "is missing"},
	{"goal", "{'amount':'50000','currency':'Eur'}", "goal.currency", "is not a currency"},
	{"goal", "{'amount':50000,'currency':'EUR'}", "goal.amount", "must be a text"},
	{"goal", "{'amount':'0','currency':'EUR'}", "goal.amount",
		"must be a whole number such as 50000"},
	{"goal", "{'amount':'500.00','currency':'EUR'}", "goal.amount", "must be a whole number"},
	{"goal", "{'amount':'-5','currency':'EUR'}", "goal.amount", "must be a whole number"},
	{"goal", "{'amount':'','currency':'EUR'}", "goal.amount", "must be a whole number"},
	{"goal", "{'amount':'1000000001','currency':'EUR'}", "goal.amount",
		"must be a whole number"},
	{"goal", "{'amount':'5','currency':'EUR','from':'May'}", "goal.from",
		"must be a time such as"},
	{"goal", "{'amount':'5','currency':'EUR','to':'x'}", "goal.to", "is not a field here"},
	/* variants and languages */
	{"fallback", "1", "fallback", "must be a text"},
	{"fallback", "'e'", "fallback", "is not a language such as en or pt-BR"},
	{"fallback", "'en_GB'", "fallback", "is not a language such as en or pt-BR"},
	{"variants.0.control", "'no'", "variants[0].control", "must be true or false"},
	{"variants.0.control", "true", "variants[0].text", "a control shows nothing"},
	{"variants",
		"[{'variant':'a','share':50,'control':true},"
		"{'variant':'b','share':50,'control':true}]",
		"variants", "all of them show nothing"},
	{"variants", "[{'variant':'a','share':100}]", "variants[0].text", "is missing"},
	/* values */
	{EN "title", "'You, {reader}'", PATH "title",
		"{reader} is not a value; the values are articles country raised goal percent "
		"supporters days_left"},
	{EN "title", "'{}'", PATH "title", "{} is not a value"},
	{EN "title", "'{ articles }'", PATH "title", "{ articles } is not a value"},
	{EN "title", "'{Articles}'", PATH "title", "{Articles} is not a value"},
	{EN "title", "'{articles'", PATH "title", "{articles is not a value"},
	{EN "title", "'Lone { brace'", PATH "title", "{ brace is not a value"},
	{EN "title", "'Lone } brace'", PATH "title", "} is not a value"},
	{EN "title", "'{articles}}'", PATH "title", "} is not a value"},
	{EN "title", "'{art{icles}'", PATH "title", "{art{icles} is not a value"},
	{EN "body", "'{one\\n\\ntwo three'", PATH "body", "{one is not a value"},
	{EN "title", "'{яяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяя}'", PATH "title",
		"{яяяяяяяяяяяяяяяяяяяя is not a value"}, /* no half of a letter */
	{EN "title", "'{country|country|countries}'", PATH "title", "is not a value"},
	{EN "title", "'{articles|}'", PATH "title", "{articles|} is not a value"},
	{EN "title", "'{articles|article|}'", PATH "title", "is not a value"},
	{EN "title", "'{articles||articles}'", PATH "title", "is not a value"},
	{EN "title", "'{articles|{article|articles}'", PATH "title", "is not a value"},
	{EN "title", "'{articles|a|b|c|d|e|f|g}'", PATH "title", "is not a value"},
	{EN "title", "'{articles|articles}'", PATH "title",
		"a word by a number has 2 forms in en, not 1"},
	{EN "title", "'{articles|a|b|c}'", PATH "title",
		"a word by a number has 2 forms in en, not 3"},
	{"variants.0.text.ru.title", "'{articles|статья|статьи}'", "variants[0].text.ru.title",
		"a word by a number has 3 forms in ru, not 2"},
	{EN "title", "'{raised}'", PATH "title", "speaks of a goal, the campaign has none"},
	{EN "title", "'of {goal}'", PATH "title", "speaks of a goal, the campaign has none"},
	{EN "body", "'{percent}%'", PATH "body", "speaks of a goal, the campaign has none"},
	{EN "button", "'{supporters}'", PATH "button", "speaks of a goal, the campaign has none"},
	{EN "body", "'" SIXTEEN_COUNTRIES " {articles}'", PATH "body", "has more than 16 values"},
	{EN "topline", "'{x}'", PATH "topline", "{x} is not a value"},
	{EN "later", "'{x}'", PATH "later", "{x} is not a value"},
};

static const struct file_fine FINE[] = {
	{"amount_sets", "[]"},
	{"amount_sets", "null"},
	{"amount_sets", WHEN("'country':['GB','IE']")},
	{"amount_sets", WHEN("'gift':['none','once','month','year']")},
	{"amount_sets", WHEN("'gift_min':'1','gift_max':'1.00'")},
	{"amount_sets", WHEN("'gift_max':'10000'")},
	{"goal", "{'amount':'1000000000','currency':'KWD'}"},
	{"format", "'modal'"},
	{"format", "null"},
	{"cover", "null"},
	{"cover", "{'percent':'20','fixed':'1.00'}"},
	{"cover", "{'percent':null,'fixed':'0.01'}"},
	{"amount_sets", SET("'when':{'country':['GB']},'cover':{'percent':'2.5','fixed':'0.20'},")},
	{"monthly_step", "true"},
	{"remind", "false"},
	{"goal", "{'amount':'1','currency':'JPY','from':null}"},
	{"fallback", "'ru'"},
	{"fallback", "null"},
	{"variants.0.control", "false"},
	{"variants.0", "{'variant':'none','share':50,'control':true,'text':null}"},
	{EN "title", "'{articles} {articles|article|articles} {country} {days_left|day|days}'"},
	{EN "title", "'{{braces}} and }}{{'"},
	{EN "body", "'" SIXTEEN_COUNTRIES "'"},
	{"variants.0.text.ru.body", "'{articles|статья|статьи|статей}'"},
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

static const struct campaign *read_root(json_t *root)
{
	enum err e = file_read_json(root);
	if (e != OK)
		file_tell("a file", NULL, e);
	return &file_doc.campaign;
}

static void other_amounts(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, "amount_sets",
		"[{'when':{'country':['GB','IE'],'gift':['none','month']},'currency':'GBP',"
		"'once':['4'],'preselect':{'interval':'once','amount':'4'}},"
		"{'when':{'gift_min':'20','gift_max':'50.00'},'currency':'EUR','year':['60','120'],"
		"'preselect':{'interval':'year','amount':'120'}}]");
	const struct campaign *c = read_root(root);
	assert_int_equal(c->set_n, 3);
	const struct campaign_amounts *s = c->set;
	assert_true(str_is(s[0].currency, "EUR") && s[0].countries.n == 0 && s[0].gifts == 0);
	assert_false(s[0].has_gift_range);
	assert_int_equal(s[1].countries.n, 2);
	assert_true(str_is(s[1].countries.v[1], "IE") && str_is(s[1].currency, "GBP"));
	assert_int_equal(s[1].gifts, 1 << GIFT_NONE | 1 << GIFT_MONTH);
	assert_true(str_is(s[1].preselect_amount, "4.00"));
	assert_true(s[2].has_gift_range && s[2].gift_min == 2000 && s[2].gift_max == 5000);
	assert_int_equal(s[2].preselect, INTERVAL_YEAR);
	assert_int_equal(s[2].amount_n[INTERVAL_YEAR], 2);
	/* and who gets which */
	struct reader r = {.gift = GIFT_ONCE, .gift_minor = 2500, .gift_currency = "EUR"};
	assert_int_equal(campaign_set_pick(c, STR("IE"), NULL), 1);
	assert_int_equal(campaign_set_pick(c, STR("EE"), NULL), 0);
	assert_int_equal(campaign_set_pick(c, STR("IE"), &r), 2);
}

/* All that is left out: an open end on either side. */
static void open_bounds(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, "amount_sets", WHEN("'gift_min':'20'"));
	const struct campaign *c = read_root(root);
	assert_true(c->set[1].gift_min == 2000 && c->set[1].gift_max == INT64_MAX);
	root = file_json(GOOD);
	file_change(root, "amount_sets", WHEN("'gift_max':'20'"));
	c = read_root(root);
	assert_true(c->set[1].gift_min == 0 && c->set[1].gift_max == 2000);
}

static void formats(void **state)
{
	static const char *const NAMES[] = {"appeal", "line", "bar", "inline", "modal"};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(NAMES); i++) {
		char value[20];
		json_t *root = file_json(GOOD);
		snprintf(value, sizeof value, "'%s'", NAMES[i]);
		file_change(root, "format", value);
		assert_string_equal(format_name(read_root(root)->format), NAMES[i]);
	}
	json_t *root = file_json(GOOD);
	const struct campaign *c = read_root(root);
	assert_int_equal(c->format, FORMAT_appeal);
	assert_true(c->remind && !c->monthly_step && !cover_is_offered(&c->set[0].cover));
	root = file_json(GOOD);
	file_change(root, "kind", "'wall'");
	file_change(root, "meter", "{'window':'month','allowance':5,'then':'wall'}");
	file_change(root, "remind", "false");
	file_change(root, "monthly_step", "true");
	c = read_root(root);
	assert_int_equal(c->format, FORMAT_wall);
	assert_true(!c->remind && c->monthly_step);
	root = file_json(GOOD);
	file_change(root, "kind", "'wall'");
	file_change(root, "meter", "{'window':'month','allowance':5,'then':'wall'}");
	file_change(root, "format", "'bar'");
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	assert_true(file_faults.n == 1 && file_told("format", "only an appeal has one"));
}

/* A cover is of a currency: it is not carried into another one. */
static void covers(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, "cover", "{'percent':'1.5','fixed':'0.25'}");
	file_change(root, "amount_sets",
		"[{'when':{'country':['GB']},'currency':'GBP','once':['4'],"
		"'cover':{'percent':'2','fixed':'0.2'},'preselect':{'interval':'once','amount':'4'}"
		"},"
		"{'when':{'gift_min':'20'},'currency':'EUR','year':['60','120'],"
		"'preselect':{'interval':'year','amount':'120'}},"
		"{'when':{'country':['JP']},'currency':'JPY','once':['1000'],"
		"'preselect':{'interval':'once','amount':'1000'}},"
		"{'when':{'gift':['once']},'currency':'GBP','once':['9'],"
		"'preselect':{'interval':'once','amount':'9'}}]");
	const struct campaign_amounts *s = read_root(root)->set;
	assert_true(s[0].cover.percent_e2 == 150 && s[0].cover.fixed_minor == 25);
	assert_true(s[1].cover.percent_e2 == 200 && s[1].cover.fixed_minor == 20);
	assert_true(s[2].cover.percent_e2 == 150 && s[2].cover.fixed_minor == 25);
	assert_false(cover_is_offered(&s[3].cover));
	assert_true(s[4].cover.percent_e2 == 200 && s[4].cover.fixed_minor == 20);
}

static void goals(void **state)
{
	static const struct {
		const char *goal, *currency;
		int64_t minor;
	} ROW[] = {
		{"{'amount':'50000','currency':'EUR'}", "EUR", 5000000},
		{"{'amount':'500000','currency':'JPY'}", "JPY", 500000},
		{"{'amount':'1000000000','currency':'KWD'}", "KWD", 1000000000000},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		json_t *root = file_json(GOOD);
		file_change(root, "goal", ROW[i].goal);
		file_change(root, EN "title",
			"'{raised} of {goal}, {percent}, {supporters|friend|friends}'");
		const struct campaign_goal *g = &read_root(root)->goal;
		assert_true(str_is(g->currency, ROW[i].currency));
		assert_int_equal(g->minor, ROW[i].minor);
		assert_int_equal(utc_s(g->from), 1767225600); /* the campaign's start */
	}
	json_t *root = file_json(GOOD);
	file_change(root, "goal", "{'amount':'5','currency':'EUR','from':'2025-06-01T00:00:00Z'}");
	assert_int_equal(utc_s(read_root(root)->goal.from), 1748736000);
}

static void days_left_need_an_end(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, EN "button", "'{days_left|day|days}'");
	file_change(root, "end", NULL);
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 1);
	assert_true(file_told(PATH "button", "speaks of days left, the campaign has no end"));
}

/* A language with one form, and one with six. */
static void forms_by_language(void **state)
{
	static const char *const TEXTS[] = {"{'ja':" FILE_TEXT("{articles|本}") "}",
		"{'ar':" FILE_TEXT("{articles|a|b|c|d|e|f}") "}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++) {
		json_t *root = file_json(GOOD);
		file_change(root, "variants.0.text", TEXTS[i]);
		file_change(root, "variants.1.text", TEXTS[i]);
		read_root(root);
	}
	json_t *root = file_json(GOOD);
	file_change(root, "variants.0.text", "{'ja':" FILE_TEXT("{articles|a|b}") "}");
	file_change(root, "variants.1.text", TEXTS[0]);
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	assert_true(file_told(
		"variants[0].text.ja.topline", "a word by a number has 1 form in ja, not 2"));
}

static void a_fallback_is_spoken_by_all(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, "fallback", "'ru'");
	assert_true(str_is(read_root(root)->fallback, "ru"));
	root = file_json(GOOD);
	file_change(root, "fallback", "'lv'");
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 2);
	assert_true(file_told("variants[0].text.lv", "is missing, it is the fallback"));
	assert_true(file_told("variants[1].text.lv", "is missing, it is the fallback"));
}

/* A control has neither texts nor languages to keep up with. */
static void controls(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, "fallback", "'en'");
	file_change(root, "variants.1", "{'variant':'silent','share':50,'control':true}");
	const struct campaign *c = read_root(root);
	assert_true(!c->variant[0].control && c->variant[1].control);
	assert_int_equal(c->variant[1].text_n, 0);
	assert_null(campaign_text_pick(c, 1, STR("en")));
	root = file_json(GOOD);
	file_change(root, "kind", "'wall'");
	file_change(root, "meter", "{'window':'month','allowance':5,'then':'wall'}");
	file_change(root, "variants.1", "{'variant':'silent','share':50,'control':true}");
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	assert_int_equal(file_faults.n, 1);
	assert_true(file_told("variants[1].control", "a wall cannot show nothing"));
}

static void braces_are_kept_as_written(void **state)
{
	json_t *root = file_json(GOOD);
	(void)state;
	file_change(root, EN "title", "'{{{articles}}}'");
	assert_true(str_is(read_root(root)->variant[0].text[0].title, "{{{articles}}}"));
}

/* Fifteen faults of all kinds in one file, each told once with its place. */
static void each_fault_is_told_at_once(void **state)
{
	static const struct {
		const char *member, *value, *path, *what;
	} WRONG[] = {
		{"colour", "'red'", "colour", "is not a field here"},
		{"priority", "1001", "priority", "must be 0 to 1000"},
		{"start", "'tomorrow'", "start", "must be a time such as"},
		{"experiment", "'Autumn'", "experiment", "must be a-z"},
		{"sensitive", "'yes'", "sensitive", "must be true or false"},
		{"target.country.in", "['ee']", "target.country.in[0]", "must be a country"},
		{"target.hour", "{'from':8,'to':24}", "target.hour.to", "must be 0 to 23"},
		{"target.read", "[{'days':0,'articles':{'min':1}}]", "target.read[0].days",
			"must be 1 to 365"},
		{"cap.views", "0", "cap.views", "must be 1 to 100"},
		{"pause.never_days", "-1", "pause.never_days", "must be 0 to 3650"},
		{"meter", "{'window':'week','days':7,'allowance':5,'then':'prompt'}", "meter.days",
			"only a rolling window has days"},
		{"goal", "{'amount':'none','currency':'EUR'}", "goal.amount",
			"must be a whole number"},
		{"amounts.once.0", "'0.50'", "amounts.once[0]", "is below the smallest gift"},
		{"amount_sets", WHEN("'gift':['week']"), "amount_sets[0].when.gift[0]",
			"must be none, once, month or year"},
		{"variants.0.share", "101", "variants[0].share", "must be 0 to 100"},
		{EN "title", "'{x} {y}'", PATH "title", "{x} is not a value"},
		{"variants.1.text.en.button", "''", "variants[1].text.en.button", "is empty"},
	};
	json_t *root = file_json(GOOD);
	(void)state;
	for (size_t i = 0; i < ARRAY_N(WRONG); i++)
		file_change(root, WRONG[i].member, WRONG[i].value);
	assert_int_equal(file_read_json(root), ERR_FIELD_BAD);
	for (size_t i = 0; i < ARRAY_N(WRONG); i++)
		if (!file_told(WRONG[i].path, WRONG[i].what))
			fail_msg("%s is not told", WRONG[i].path);
	assert_true(file_told(PATH "title", "{y} is not a value"));
	assert_int_equal(file_faults.n, ARRAY_N(WRONG) + 1);
}

static void memory_ends(void **state)
{
	json_t *root = file_json(GOOD);
	long n = 1;
	(void)state;
	file_change(root, "target.country", "{'in':['EE'],'not_in':['LV']}");
	file_change(root, "target.read", "[{'topic':'ice','days':7,'articles':{'min':1}}]");
	file_change(root, "cap.id", "'autumn'");
	file_change(root, "fallback", "'en'");
	file_change(root, "goal", "{'amount':'5','currency':'EUR'}");
	file_change(root, "amount_sets", WHEN("'country':['GB'],'gift_min':'5'"));
	char *text = file_text(root);
	for (enum err e = ERR_NO_MEMORY; e != OK; n++) {
		assert_true(n < 1000);
		arena_reset(&file_arena);
		arena_fail_at(&file_arena, n);
		e = campaign_read(str_c(text), &file_arena, &file_doc, &file_faults);
		assert_true(e == OK || e == ERR_NO_MEMORY);
	}
	arena_fail_at(&file_arena, 0);
	assert_true(n > 40);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faulty),
		cmocka_unit_test(fine),
		cmocka_unit_test(other_amounts),
		cmocka_unit_test(open_bounds),
		cmocka_unit_test(formats),
		cmocka_unit_test(covers),
		cmocka_unit_test(goals),
		cmocka_unit_test(days_left_need_an_end),
		cmocka_unit_test(forms_by_language),
		cmocka_unit_test(a_fallback_is_spoken_by_all),
		cmocka_unit_test(controls),
		cmocka_unit_test(braces_are_kept_as_written),
		cmocka_unit_test(each_fault_is_told_at_once),
		cmocka_unit_test(memory_ends),
	};
	if (arena_init(&file_arena, 1 << 20) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("app_campaign_offer", tests, NULL, NULL);
	arena_fini(&file_arena);
	return failed;
}

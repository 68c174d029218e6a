/* tests/unit/app_campaign_target_test.c: whom a campaign speaks to, how often and by which meter:
 * what may stand in the file, and every way to get it wrong. */
#include "campaign_file.h"

#define GOOD file_good
#define T32  FILE_T32

static const struct file_fault FAULTY[] = {
	/* lists */
	{"target", "'all'", "target", "must be an object"},
	{"target.city", "{}", "target.city", "is not a field here"},
	{"target.country", "['EE']", "target.country", "must be an object"},
	{"target.country.out", "['EE']", "target.country.out", "is not a field here"},
	{"target.country.in", "'EE'", "target.country.in", "must be a list"},
	{"target.country.in", "[1]", "target.country.in[0]", "must be a text"},
	{"target.country.in", "[null]", "target.country.in[0]", "must be a text"},
	{"target.country.in", "['ee']", "target.country.in[0]",
		"a country of two capitals such as EE"},
	{"target.country.in", "['EE','EST']", "target.country.in[1]", "a country of two capitals"},
	{"target.country.not_in", "['E1']", "target.country.not_in[0]",
		"a country of two capitals"},
	{"target.country.not_in", "['']", "target.country.not_in[0]", "a country of two capitals"},
	{"target.country.not_in", "['EE','LV','EE']", "target.country.not_in[2]",
		"stands there twice"},
	{"target.country", "{'in':['EE','LV'],'not_in':['LV']}", "target.country",
		"LV is both in and not_in"},
	{"target.language.in", "['EN']", "target.language.in[0]", "a language such as en"},
	{"target.language.in", "['e']", "target.language.in[0]", "a language such as en"},
	{"target.language.in", "['en-GB']", "target.language.in[0]", "a language such as en"},
	{"target.language.in", "['abcdefghi']", "target.language.in[0]", "a language such as en"},
	{"target.device.in", "['Mobile']", "target.device.in[0]", "a-z, 0-9 and -"},
	{"target.device.in", "['" T32 "']", "target.device.in[0]", "a-z, 0-9 and -"},
	{"target.section.in", "['news room']", "target.section.in[0]", "a-z, 0-9 and -"},
	{"target.section.in", "['" T32 T32 "x']", "target.section.in[0]", "a-z, 0-9 and -"},
	{"target.section.not_in", "[" FILE_W64 ",'x']", "target.section.not_in",
		"has more than 64 words"},
	{"target.tag.in", "['']", "target.tag.in[0]", "a word without a comma, printable"},
	{"target.tag.in", "['a,b']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "[' a']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "['a ']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "['a\\u0007']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "['a\\u202eb']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "['a\\nb']", "target.tag.in[0]", "a word without a comma"},
	{"target.tag.in", "['" T32 T32 "x']", "target.tag.in[0]", "a word without a comma"},
	{"target.url.in", "['news/']", "target.url.in[0]",
		"the beginning of a path such as /news/"},
	{"target.url.in", "['']", "target.url.in[0]", "the beginning of a path"},
	{"target.url.in", "['https://a.example/']", "target.url.in[0]", "the beginning of a path"},
	{"target.url.in", "['/a\\u0007']", "target.url.in[0]", "the beginning of a path"},
	{"target.url.not_in", "['/" T32 T32 T32 T32 T32 T32 "xxxxxxxx']", "target.url.not_in[0]",
		"the beginning of a path"},
	{"target.flag.in", "['paid, free']", "target.flag.in[0]", "a word without a comma"},
	{"target.referrer.in", "['serach']", "target.referrer.in[0]", "a class (direct, internal"},
	{"target.referrer.in", "['Google.com']", "target.referrer.in[0]", "or a host"},
	{"target.referrer.in", "['https://google.com']", "target.referrer.in[0]", "or a host"},
	{"target.referrer.in", "['google.com/']", "target.referrer.in[0]", "or a host"},
	{"target.referrer.in", "['.google.com']", "target.referrer.in[0]", "or a host"},
	{"target.referrer.in", "['google.com.']", "target.referrer.in[0]", "or a host"},
	{"target.referrer.not_in", "['google.']", "target.referrer.not_in[0]", "or a host"},
	{"target.source.in", "['a,b']", "target.source.in[0]", "a word without a comma"},
	/* ranges */
	{"target.age_hours", "24", "target.age_hours", "must be an object"},
	{"target.age_hours", "{}", "target.age_hours", "needs min or max"},
	{"target.age_hours", "{'min':null,'max':null}", "target.age_hours", "needs min or max"},
	{"target.age_hours", "{'from':1,'max':2}", "target.age_hours.from", "is not a field here"},
	{"target.age_hours", "{'min':-1}", "target.age_hours.min", "must be 0 to 1000000"},
	{"target.age_hours", "{'max':-1}", "target.age_hours.max", "must be 0 to 1000000"},
	{"target.age_hours", "{'min':5,'max':-1}", "target.age_hours.max", "must be 0 to 1000000"},
	{"target.age_hours", "{'max':1000001}", "target.age_hours.max", "must be 0 to 1000000"},
	{"target.age_hours", "{'max':4294967295}", "target.age_hours.max", "must be 0 to 1000000"},
	{"target.age_hours", "{'min':1.5}", "target.age_hours.min", "must be a whole number"},
	{"target.age_hours", "{'min':'1'}", "target.age_hours.min", "must be a whole number"},
	{"target.age_hours", "{'min':3,'max':2}", "target.age_hours", "max is below min"},
	{"target.words", "[1,2]", "target.words", "must be an object"},
	{"target.words", "{}", "target.words", "needs min or max"},
	{"target.words", "{'min':1000001}", "target.words.min", "must be 0 to 1000000"},
	{"target.words", "{'min':301,'max':300}", "target.words", "max is below min"},
	/* when and who */
	{"target.hour", "8", "target.hour", "must be an object"},
	{"target.hour", "{'from':8}", "target.hour.to", "is missing"},
	{"target.hour", "{'to':8}", "target.hour.from", "is missing"},
	{"target.hour", "{'from':8,'to':24}", "target.hour.to", "must be 0 to 23"},
	{"target.hour", "{'from':-1,'to':8}", "target.hour.from", "must be 0 to 23"},
	{"target.hour", "{'from':8,'to':'20:00'}", "target.hour.to", "must be a whole number"},
	{"target.hour", "{'from':8,'to':9,'zone':'UTC'}", "target.hour.zone",
		"is not a field here"},
	{"target.weekdays", "'mon'", "target.weekdays", "must be a list"},
	{"target.weekdays", "[]", "target.weekdays", "names nobody"},
	{"target.weekdays", "[1]", "target.weekdays[0]", "must be a text"},
	{"target.weekdays", "['mon','Tue']", "target.weekdays[1]",
		"must be mon, tue, wed, thu, fri, sat or sun"},
	{"target.weekdays", "['monday']", "target.weekdays[0]",
		"must be mon, tue, wed, thu, fri, sat or sun"},
	{"target.visitor", "'new'", "target.visitor", "must be a list"},
	{"target.visitor", "[]", "target.visitor", "names nobody"},
	{"target.visitor", "['old']", "target.visitor[0]", "must be new or returning"},
	{"target.gave", "[]", "target.gave", "names nobody"},
	{"target.gave", "['never','often']", "target.gave[1]",
		"must be never, former or supporter"},
	{"target.account", "[]", "target.account", "names nobody"},
	{"target.account", "['signed-in']", "target.account[0]", "must be anonymous or signed_in"},
	{"target.account", "[true]", "target.account[0]", "must be a text"},
	/* what was read */
	{"target.read", "{}", "target.read", "must be a list"},
	{"target.read", "[1,2,3,4,5]", "target.read", "has more than 4 conditions"},
	{"target.read", "[7]", "target.read[0]", "must be an object"},
	{"target.read", "[{'days':30}]", "target.read[0].articles", "is missing"},
	{"target.read", "[{'days':30,'articles':5}]", "target.read[0].articles",
		"must be an object"},
	{"target.read", "[{'days':30,'articles':{}}]", "target.read[0].articles",
		"needs min or max"},
	{"target.read", "[{'days':30,'articles':{'min':251}}]", "target.read[0].articles.min",
		"must be 0 to 250"},
	{"target.read", "[{'days':30,'articles':{'min':5,'max':4}}]", "target.read[0].articles",
		"max is below min"},
	{"target.read", "[{'articles':{'min':1}}]", "target.read[0].days", "is missing"},
	{"target.read", "[{'days':0,'articles':{'min':1}}]", "target.read[0].days",
		"must be 1 to 365"},
	{"target.read", "[{'days':366,'articles':{'min':1}}]", "target.read[0].days",
		"must be 1 to 365"},
	{"target.read", "[{'topic':'Ice','days':9,'articles':{'min':1}}]", "target.read[0].topic",
		"must be a-z, 0-9 and -, 1 to 64"},
	{"target.read", "[{'topic':'','days':9,'articles':{'min':1}}]", "target.read[0].topic",
		"must be a-z, 0-9 and -, 1 to 64"},
	{"target.read", "[{'topic':7,'days':9,'articles':{'min':1}}]", "target.read[0].topic",
		"must be a text"},
	{"target.read", "[{'tag':'x','days':9,'articles':{'min':1}}]", "target.read[0].tag",
		"is not a field here"},
	/* caps */
	{"cap.views", "0", "cap.views", "must be 1 to 100"}, /* a cap of 0 */
	{"cap", "{'views':3}", "cap.days", "is missing"},
	{"cap", "{'days':3}", "cap.views", "is missing"},
	{"cap", "{'views':null,'days':3}", "cap.views", "is missing"},
	{"cap.gap_hours", "0", "cap.gap_hours", "must be 1 to 8760"},
	{"cap.gap_hours", "8761", "cap.gap_hours", "must be 1 to 8760"},
	{"cap.daily", "0", "cap.daily", "must be 1 to 100"},
	{"cap.daily", "101", "cap.daily", "must be 1 to 100"},
	{"cap.weekly", "1", "cap.weekly", "is not a field here"},
	{"cap.id", "'Year end'", "cap.id", "must be a-z, 0-9 and -, 1 to 64"},
	{"cap.id", "''", "cap.id", "must be a-z, 0-9 and -, 1 to 64"},
	{"cap.id", "7", "cap.id", "must be a text"},
	{"cap.cycle", "3", "cap.cycle", "must be an object"},
	{"cap.cycle", "{}", "cap.cycle.views", "is missing"},
	{"cap.cycle", "{'views':0}", "cap.cycle.views", "must be 1 to 50"},
	{"cap.cycle", "{'views':51}", "cap.cycle.views", "must be 1 to 50"},
	{"cap.cycle", "{'views':3,'skip':-1}", "cap.cycle.skip", "must be 0 to 50"},
	{"cap.cycle", "{'views':3,'skip':51}", "cap.cycle.skip", "must be 0 to 50"},
	{"cap.cycle", "{'views':3,'restart_days':3651}", "cap.cycle.restart_days",
		"must be 0 to 3650"},
	{"cap.cycle", "{'views':3,'restart':1}", "cap.cycle.restart", "is not a field here"},
	/* meters */
	{"meter", "5", "meter", "must be an object"},
	{"meter", "{'window':'hour','allowance':5,'then':'prompt'}", "meter.window",
		"must be day, week, month or rolling"},
	{"meter", "{'window':'rolling','allowance':5,'then':'prompt'}", "meter.days", "is missing"},
	{"meter", "{'window':'rolling','days':0,'allowance':5,'then':'prompt'}", "meter.days",
		"must be 1 to 365"},
	{"meter", "{'window':'rolling','days':366,'allowance':5,'then':'prompt'}", "meter.days",
		"must be 1 to 365"},
	{"meter", "{'window':'week','days':7,'allowance':5,'then':'prompt'}", "meter.days",
		"only a rolling window has days"},
	{"meter", "{'window':'week','allowance':-1,'then':'prompt'}", "meter.allowance",
		"must be 0 to 200"},
	{"meter", "{'window':'week','allowance':5,'registered':201,'then':'prompt'}",
		"meter.registered", "must be 0 to 200"},
	{"meter", "{'window':'week','allowance':5,'topic':'Long reads','then':'prompt'}",
		"meter.topic", "must be a-z, 0-9 and -, 1 to 64"},
	{"meter", "{'window':'week','allowance':5,'id':'','then':'prompt'}", "meter.id",
		"must be a-z, 0-9 and -, 1 to 64"},
	{"meter", "{'window':'week','allowance':5}", "meter.then", "is missing"},
	/* the rest */
	{"sensitive", "1", "sensitive", "must be true or false"},
	{"sensitive", "'yes'", "sensitive", "must be true or false"},
	{"holdout", "0", "holdout", "must be true or false"},
	{"experiment", "'Autumn'", "experiment", "must be a-z, 0-9 and -, 1 to 64"},
	{"experiment", "''", "experiment", "must be a-z, 0-9 and -, 1 to 64"},
	{"experiment", "[]", "experiment", "must be a text"},
};

/* What just fits. */
static const struct file_fine FINE[] = {
	{"target", "null"},
	{"target", "{}"},
	{"target.country", "null"},
	{"target.country", "{}"},
	{"target.country", "{'in':null,'not_in':null}"},
	{"target.country", "{'in':[],'not_in':[]}"},
	{"target.country.in", "['EE','LV']"},
	{"target.language.in", "['en','est','abcdefgh']"},
	{"target.device.not_in", "['xxxxxxxxxxxxxxxx']"},
	{"target.section.in", "['" T32 T32 "']"},
	{"target.section.not_in", "[" FILE_W64 "]"},
	{"target.tag.in", "['sea ice','лёд','" T32 T32 "']"},
	{"target.url.in", "['/','/" T32 T32 T32 T32 T32 T32 "xxxxxxx']"},
	{"target.flag.not_in", "['paid']"},
	{"target.referrer.in", "['direct','internal','search','social','news','mail','other','t.co'"
			       ",'www.a.example']"},
	{"target.source.in", "['Newsletter_Autumn']"},
	{"target.age_hours", "{'min':0}"},
	{"target.age_hours", "{'max':0}"},
	{"target.age_hours", "{'min':24,'max':24}"},
	{"target.age_hours", "{'min':null,'max':1000000}"},
	{"target.words", "{'min':1000000}"},
	{"target.hour", "{'from':22,'to':6}"},
	{"target.hour", "{'from':0,'to':23}"},
	{"target.hour", "{'from':7,'to':7}"},
	{"target.weekdays", "['mon','tue','wed','thu','fri','sat','sun']"},
	{"target.weekdays", "null"},
	{"target.visitor", "['new','returning']"},
	{"target.gave", "['never','former','supporter']"},
	{"target.account", "['signed_in']"},
	{"target.read", "[]"},
	{"target.read", "[{'topic':null,'days':1,'articles':{'max':250}},"
			"{'topic':'ice','days':365,'articles':{'min':0}},"
			"{'days':30,'articles':{'min':1}},{'days':30,'articles':{'min':1}}]"},
	{"cap", "{}"},
	{"cap", "{'views':null,'days':null,'gap_hours':8760}"},
	{"cap", "{'daily':100}"},
	{"cap", "{'cycle':{'views':50,'skip':50,'restart_days':3650}}"},
	{"cap", "{'id':'autumn','cycle':{'views':1}}"},
	{"cap.id", "null"},
	{"meter", "{'window':'day','allowance':0,'then':'prompt'}"},
	{"meter", "{'window':'week','days':null,'topic':null,'id':null,'registered':null,"
		  "'allowance':200,'then':'prompt'}"},
	{"meter", "{'id':'x','window':'rolling','days':365,'topic':'ice','allowance':1,"
		  "'registered':0,'then':'prompt'}"},
	{"sensitive", "null"},
	{"holdout", "null"},
	{"experiment", "null"},
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

static const struct campaign *read_with(const char *member, const char *value)
{
	enum err e = file_read_changed(GOOD, member, value);
	if (e != OK)
		file_tell(member, value, e);
	return &file_doc.campaign;
}

static void list_values(void **state)
{
	static const char *const WORD[TARGET_N] = {[TARGET_country] = "EE",
		[TARGET_language] = "en",
		[TARGET_device] = "mobile",
		[TARGET_section] = "news",
		[TARGET_tag] = "sea ice",
		[TARGET_url] = "/live/",
		[TARGET_flag] = "paid",
		[TARGET_referrer] = "search",
		[TARGET_source] = "Letter"};
	(void)state;
	for (int i = 0; i < TARGET_N; i++) {
		char member[40], value[40];
		assert_non_null(WORD[i]);
		snprintf(value, sizeof value, "['%s']", WORD[i]);
		for (int in = 0; in < 2; in++) {
			snprintf(member, sizeof member, "target.%s.%s",
				target_name((enum target_list)i), in ? "in" : "not_in");
			json_t *root = file_json(GOOD);
			file_change(root, "target", NULL);
			file_change(root, member, value);
			assert_int_equal(file_read_json(root), OK);
			const struct target *t = &file_doc.campaign.target;
			for (int k = 0; k < TARGET_N; k++) {
				assert_int_equal(t->list[k].in.n, in && k == i);
				assert_int_equal(t->list[k].not_in.n, !in && k == i);
			}
			assert_true(str_is((in ? t->list[i].in : t->list[i].not_in).v[0], WORD[i]));
		}
	}
}

static void range_values(void **state)
{
	(void)state;
	const struct target *t = &read_with("target.age_hours", "{'min':2,'max':48}")->target;
	assert_true(t->has_age && !t->has_words && !t->has_hours);
	assert_int_equal(t->age_hours.min, 2);
	assert_int_equal(t->age_hours.max, 48);
	t = &read_with("target.words", "{'min':300}")->target;
	assert_true(t->has_words && !t->has_age);
	assert_int_equal(t->words.min, 300);
	assert_int_equal(t->words.max, TARGET_NO_MAX);
	t = &read_with("target.words", "{'max':300}")->target;
	assert_int_equal(t->words.min, 0);
	assert_int_equal(t->words.max, 300);
	t = &read_with("target.hour", "{'from':22,'to':6}")->target;
	assert_true(t->has_hours);
	assert_int_equal(t->hours.min, 22);
	assert_int_equal(t->hours.max, 6);
}

static void who_values(void **state)
{
	(void)state;
	assert_int_equal(read_with("target.weekdays", "['mon','sun']")->target.weekdays, 0x41);
	assert_int_equal(read_with("target.weekdays", "['wed']")->target.weekdays, 4);
	assert_int_equal(read_with("target.visitor", "['new']")->target.visitor, VISITOR_NEW);
	assert_int_equal(
		read_with("target.visitor", "['returning']")->target.visitor, VISITOR_RETURNING);
	assert_int_equal(read_with("target.gave", "['never']")->target.gave, GAVE_NEVER);
	assert_int_equal(read_with("target.gave", "['supporter','former']")->target.gave,
		GAVE_FORMER | GAVE_SUPPORTER);
	assert_int_equal(
		read_with("target.account", "['anonymous']")->target.account, ACCOUNT_ANONYMOUS);
	assert_int_equal(
		read_with("target.account", "['signed_in']")->target.account, ACCOUNT_SIGNED_IN);
	const struct target *t =
		&read_with("target.read", "[{'days':30,'articles':{'min':3}},"
					  "{'topic':'ice','days':7,'articles':{'min':0,'max':1}}]")
			 ->target;
	assert_int_equal(t->read_n, 2);
	assert_int_equal(t->read[0].topic.n, 0);
	assert_int_equal(t->read[0].days, 30);
	assert_int_equal(t->read[0].n.min, 3);
	assert_int_equal(t->read[0].n.max, TARGET_NO_MAX);
	assert_true(str_is(t->read[1].topic, "ice"));
	assert_int_equal(t->read[1].n.max, 1);
}

static void cap_values(void **state)
{
	(void)state;
	const struct campaign_cap *c =
		&read_with("cap", "{'views':3,'days':20,'gap_hours':12,'daily':1,'id':'autumn',"
				  "'cycle':{'views':4,'skip':2,'restart_days':60}}")
			 ->cap;
	assert_true(str_is(c->id, "autumn"));
	assert_int_equal(c->key, campaign_cap_key(STR("autumn")));
	assert_int_equal(c->views, 3);
	assert_int_equal(c->days, 20);
	assert_int_equal(c->gap_hours, 12);
	assert_int_equal(c->daily, 1);
	assert_int_equal(c->cycle_views, 4);
	assert_int_equal(c->cycle_skip, 2);
	assert_int_equal(c->cycle_restart_days, 60);
	/* without a name a cap is the campaign's own */
	c = &read_with("cap", "{'cycle':{'views':4}}")->cap;
	assert_true(str_is(c->id, "support"));
	assert_int_equal(c->key, campaign_cap_key(STR("support")));
	assert_int_equal(c->views + c->days + c->gap_hours + c->daily, 0);
	assert_int_equal(c->cycle_skip + c->cycle_restart_days, 0);
	assert_int_equal(read_with("cap", NULL)->cap.key, campaign_cap_key(STR("support")));
}

static void meter_values(void **state)
{
	static const char *const WINDOW[] = {"day", "week", "month"};
	char value[80];
	(void)state;
	for (size_t i = 0; i < ARRAY_N(WINDOW); i++) {
		snprintf(value, sizeof value, "{'window':'%s','allowance':%zu,'then':'prompt'}",
			WINDOW[i], i);
		const struct campaign_meter *m = &read_with("meter", value)->meter;
		assert_int_equal(m->window, WINDOW_DAY + i);
		assert_int_equal(m->allowance, i);
		assert_int_equal(m->registered, i); /* the same for all */
		assert_int_equal(m->days, 0);
		assert_int_equal(m->topic.n + m->id.n, 0);
		assert_false(m->wall);
	}
	const struct campaign_meter *m = &read_with("meter",
		"{'id':'long','window':'rolling','days':10,'topic':'long-reads','allowance':3,"
		"'registered':8,'then':'prompt'}")
						  ->meter;
	assert_int_equal(m->window, WINDOW_ROLLING);
	assert_int_equal(m->days, 10);
	assert_int_equal(m->registered, 8);
	assert_true(str_is(m->topic, "long-reads") && str_is(m->id, "long"));
}

static void switches(void **state)
{
	(void)state;
	const struct campaign *c = read_with("sensitive", "true");
	assert_true(c->sensitive && c->holdout);
	c = read_with("holdout", "false");
	assert_true(!c->sensitive && !c->holdout);
	c = read_with("experiment", "'autumn-titles'");
	assert_true(str_is(c->experiment, "autumn-titles"));
	assert_true(str_is(read_with("experiment", "null")->experiment, "support"));
}

/* Names of topics become the bits of the policy; a topic that is not there matches no page. */
static void topics_are_bound(void **state)
{
	struct policy p = {.topic_n = 2};
	json_t *root = file_json(GOOD);
	(void)state;
	p.topic[0].name = STR("ice");
	p.topic[1].name = STR("long-reads");
	file_change(root, "meter",
		"{'window':'week','topic':'long-reads','allowance':3,'then':'prompt'}");
	file_change(root, "target.read",
		"[{'topic':'ice','days':7,'articles':{'min':1}},{'days':7,'articles':{'min':1}}]");
	assert_int_equal(file_read_json(root), OK);
	struct campaign c = file_doc.campaign;
	assert_int_equal(campaign_bind(&c, &p).n, 0);
	assert_int_equal(c.meter.topics, 2);
	assert_int_equal(c.target.read[0].topics, 1);
	assert_int_equal(c.target.read[1].topics, 0);
	assert_true(c.asks != 0);
	p.topic_n = 1;
	assert_true(str_is(campaign_bind(&c, &p), "long-reads"));
	assert_true(c.meter.topics > PAGE_FREE);
	p.topic_n = 0;
	assert_true(str_is(campaign_bind(&c, &p), "long-reads")); /* the first that is not known */
	assert_true(c.target.read[0].topics > PAGE_FREE);
}

/* What is told is cut between two letters, wherever the letters stand. */
static void long_words_are_cut(void **state)
{
	static const char *const BEFORE[] = {"/", "//", "///", "////"};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(BEFORE); i++) {
		char value[500];
		snprintf(value, sizeof value, "{'in':['%s%s'],'not_in':['%s%s']}", BEFORE[i],
			FILE_R20 FILE_R20 FILE_R20 FILE_R20, BEFORE[i],
			FILE_R20 FILE_R20 FILE_R20 FILE_R20);
		assert_int_equal(file_read_changed(GOOD, "target.url", value), ERR_FIELD_BAD);
		const char *what = file_faults.fault[0].what;
		assert_true(strlen(what) >= sizeof file_faults.fault[0].what - 4);
		assert_true(str_is_utf8(str_c(what)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faulty),
		cmocka_unit_test(fine),
		cmocka_unit_test(list_values),
		cmocka_unit_test(range_values),
		cmocka_unit_test(who_values),
		cmocka_unit_test(cap_values),
		cmocka_unit_test(meter_values),
		cmocka_unit_test(switches),
		cmocka_unit_test(topics_are_bound),
		cmocka_unit_test(long_words_are_cut),
	};
	if (arena_init(&file_arena, 1 << 20) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("app_campaign_target", tests, NULL, NULL);
	arena_fini(&file_arena);
	return failed;
}

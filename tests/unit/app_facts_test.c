/* tests/unit/app_facts_test.c: what a decision was made from, written as JSON and read again, leads
 * to the same decision; anything else than such JSON is refused. Another seed: PLEDGED_SEED=n. */
#include "campaign_file.h"

#include "app/facts.h"

#define ROUNDS  4000
#define SITE    ((int16_t)1)
#define START_S INT64_C(1795435200) /* 2026-11-23T12:00:00Z, a Monday */
#define DAY_S   INT64_C(86400)

/* --- campaigns that look at everything ---------------------------------------------------------
 */

static const char POLICY[] =
	"{'campaign':'policy','site':'demo','kind':'policy',"
	"'topics':[{'topic':'ice','tag':['ice']},{'topic':'culture','section':['culture']}],"
	"'free':{'referrer':['search'],'source':['letter']},'sensitive':{'flag':['grief']},"
	"'cap':{'views':9,'days':30,'daily':3},'holdout':{'share':10,'walls':true},"
	"'blackouts':[{'start':'2026-12-24T00:00:00Z','end':'2026-12-27T00:00:00Z'}]}";

static const char *const CHANGES[][2] = {
	{"target", "{'country':{'in':['EE','LV']},'language':{'not_in':['ru']}}"},
	{"target", "{'device':{'in':['mobile']},'flag':{'not_in':['paid']}}"},
	{"target", "{'tag':{'in':['ice']},'url':{'in':['/live/']}}"},
	{"target", "{'referrer':{'in':['social','a.example']},'source':{'not_in':['letter']}}"},
	{"target", "{'age_hours':{'max':48},'words':{'min':300}}"},
	{"target", "{'hour':{'from':20,'to':8},'weekdays':['mon','fri','sun']}"},
	{"target", "{'visitor':['returning'],'account':['signed_in']}"},
	{"target", "{'gave':['former','supporter']}"},
	{"target", "{'read':[{'topic':'ice','days':20,'articles':{'min':2,'max':8}}]}"},
	{"cap", "{'views':2,'days':7,'gap_hours':30,'daily':1,'id':'all'}"},
	{"cap", "{'cycle':{'views':2,'skip':1,'restart_days':9},'id':'all'}"},
	{"meter",
		"{'window':'week','topic':'culture','allowance':2,'registered':4,'then':'prompt'}"},
	{"meter", "{'window':'rolling','days':9,'allowance':6,'then':'prompt'}"},
	{"amount_sets", "[{'when':{'country':['EE'],'gift_min':'5'},'currency':'EUR','once':['4'],"
			"'preselect':{'interval':'once','amount':'4'}}]"},
	{"variants.1", "{'variant':'c','share':50,'control':true}"},
	{"start", "'2026-01-01T00:00:00Z'"}, /* as it is: it speaks to all */
};
#define CAMPAIGNS ARRAY_N(CHANGES)

static struct arena kept, arena;
static struct policy policy;
static struct campaign campaigns[CAMPAIGNS];
static struct campaign_site site = {SITE, 0, CAMPAIGNS, &policy};
static const struct campaign_set set = {
	.n = CAMPAIGNS, .site_n = 1, .campaign = campaigns, .site = &site};

static void read_into(json_t *root)
{
	char *text = file_text(root);
	if (campaign_read(str_c(text), &kept, &file_doc, &file_faults) != OK)
		file_tell("a campaign", text, ERR_FIELD_BAD);
	free(text);
}

static int make_campaigns(void **state)
{
	(void)state;
	read_into(file_json(POLICY));
	policy = file_doc.policy;
	for (size_t i = 0; i < CAMPAIGNS; i++) {
		json_t *root = file_json(file_good);
		file_change(root, "target", NULL);
		file_change(root, "end", NULL);
		file_change(root, CHANGES[i][0], CHANGES[i][1]);
		read_into(root);
		campaigns[i] = file_doc.campaign;
		campaigns[i].id = (int32_t)i + 1;
		assert_int_equal(campaign_bind(&campaigns[i], &policy).n, 0);
	}
	return 0;
}

/* --- random facts ------------------------------------------------------------------------------
 */

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % n);
}

static struct str pick(const char *const *words, uint32_t n)
{
	return str_c(words[below(n)]);
}
#define PICK(...)                                                                                  \
	pick((const char *const[]){__VA_ARGS__},                                                   \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct facts {
	struct decide_facts f;
	struct reader reader;
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES],
		marks[READER_MARK_MAX * READER_MARK_BYTES];
	struct str tags[PAGE_WORDS_MAX], flags[PAGE_WORDS_MAX];
} made;

static void make_page(struct page *p, int64_t now_s)
{
	static const char *const TAGS[] = {"ice", "sea ice", "лёд", "\"quoted\"", "a\\b", "<b>"};
	*p = (struct page){.url = PICK("/news/ferry", "/live/ice", "/en/\u00fc"),
		.section = PICK("news", "culture", "obituaries", ""),
		.country = PICK("EE", "LV", "US", ""),
		.language = PICK("en", "ru", ""),
		.device = PICK("mobile", "desktop", ""),
		.referrer_host = PICK("www.a.example", "t.co", "google.com", ""),
		.source = PICK("letter", "other", ""),
		.published = utc_of_s(below(3) ? now_s - below(100) * 3600 : 0),
		.word_count = below(3) ? below(900) : 0};
	p->referrer = page_referrer(p->referrer_host, false);
	p->tags = (struct page_words){below(4), made.tags};
	for (size_t i = 0; i < p->tags.n; i++)
		made.tags[i] = pick(TAGS, ARRAY_N(TAGS));
	p->flags = (struct page_words){below(3), made.flags};
	for (size_t i = 0; i < p->flags.n; i++)
		made.flags[i] = PICK("paid", "grief", "x");
}

static void make_reader(struct reader *r, const struct decide_calendar *cal, int64_t now_s)
{
	size_t seen_n = below(60), mark_n = below(4) ? below(12) : READER_MARK_MAX;
	*r = (struct reader){.stored = below(5) != 0,
		.first_at = utc_of_s(now_s - below(40) * DAY_S),
		.views = below(12),
		.gift = (enum reader_gift)(below(2) ? GIFT_NONE : below(4))};
	for (size_t i = 0; i < seen_n; i++)
		reader_seen_pack((uint16_t)(cal->day - below(40)),
			(uint16_t)(below(4) | (below(5) ? 0 : PAGE_FREE)), 1 + below(20),
			made.seen + i * READER_SEEN_BYTES);
	for (size_t i = 0; i < mark_n; i++) {
		size_t c = below(CAMPAIGNS);
		struct reader_mark m = {.decision = below(UINT32_MAX),
			.campaign = campaigns[c].id,
			.kind = (uint8_t)(1 + below(MARK_KIND_N - 1)),
			.variant = (uint8_t)below(2),
			.cap = campaigns[c].cap.key,
			.at = utc_of_s(now_s - (int64_t)(mark_n - i) * below(40000))};
		reader_mark_pack(&m, made.marks + i * READER_MARK_BYTES);
	}
	r->seen = (struct str){(const char *)made.seen, seen_n * READER_SEEN_BYTES};
	r->marks = (struct str){(const char *)made.marks, mark_n * READER_MARK_BYTES};
	if (r->gift == GIFT_NONE)
		return;
	r->gave_at = utc_of_s(now_s - below(500) * DAY_S);
	r->gift_until = utc_of_s(below(2) ? now_s + below(90) * DAY_S - 20 * DAY_S : 0);
	r->gift_minor = below(3) ? 100 + below(5000) : 0;
	snprintf(r->gift_currency, sizeof r->gift_currency, "%s", r->gift_minor ? "EUR" : "");
}

static const struct decide_facts *make_facts(void)
{
	uint32_t days = below(60), s = below(86400);
	int64_t now_s = START_S - START_S % DAY_S + days * DAY_S + s;
	made.f = (struct decide_facts){.site = SITE,
		.now = utc_of_s(now_s),
		.cal = {.day = (uint16_t)(9823 + days),
			.week_from = (uint16_t)(9823 + days - days % 7),
			.month_from = (uint16_t)(9823 + days - below(30)),
			.weekday = (uint8_t)(days % 7),
			.hour = (uint8_t)(s / 3600),
			.day_starts = utc_of_s(now_s - s)},
		.art = below(20) ? 1 + below(20) : 0,
		.counted = below(6) != 0,
		.signed_in = below(3) == 0,
		.consent = (enum decide_consent)(below(12) ? CONSENT_FULL : below(3)),
		.reader = &made.reader,
		.variant_hash = (uint64_t)below(UINT32_MAX) << 31 | below(UINT32_MAX) >> 1};
	make_page(&made.f.page, now_s);
	made.f.topics = policy_topics(&policy, &made.f.page);
	make_reader(&made.reader, &made.f.cal, now_s);
	return &made.f;
}

/* --- there and back ----------------------------------------------------------------------------
 */

static json_t *formatted(const struct decide_facts *f, uint64_t draw)
{
	static char mem[FACTS_BYTES_MAX];
	struct buf b;
	json_t *o = NULL;
	struct fault fault = {0};
	buf_init(&b, mem, sizeof mem);
	facts_format(&b, f, draw);
	assert_int_equal(buf_done(&b), OK);
	if (json_read(buf_str(&b), &o, &fault) != OK)
		fail_msg("%s: %.*s", fault.detail, STR_FMT(buf_str(&b)));
	return o;
}

static void words_are_equal(struct page_words a, struct page_words b)
{
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		assert_true(str_eq(a.v[i], b.v[i]));
}

static void pages_are_equal(const struct page *a, const struct page *b)
{
	assert_true(str_eq(a->url, b->url) && str_eq(a->section, b->section));
	assert_true(str_eq(a->country, b->country) && str_eq(a->language, b->language));
	assert_true(str_eq(a->device, b->device) && str_eq(a->source, b->source));
	assert_true(str_eq(a->referrer, b->referrer) && str_eq(a->referrer_host, b->referrer_host));
	words_are_equal(a->tags, b->tags);
	words_are_equal(a->flags, b->flags);
	assert_int_equal(a->published.us, b->published.us);
	assert_int_equal(a->word_count, b->word_count);
}

/* The same marks, but for the decisions they are of. */
static void marks_tell_no_decision(struct str was, struct str is)
{
	static const char zeros[4];
	assert_int_equal(is.n, was.n);
	for (size_t i = 0; i < was.n; i += READER_MARK_BYTES) {
		assert_memory_equal(is.p + i, zeros, sizeof zeros);
		assert_memory_equal(
			is.p + i + 4, was.p + i + 4, READER_MARK_BYTES - sizeof zeros);
	}
}

static void readers_are_equal(const struct reader *a, const struct reader *b)
{
	assert_int_equal(a->stored, b->stored);
	assert_int_equal(a->first_at.us, b->first_at.us);
	assert_int_equal(a->views, b->views);
	assert_int_equal(a->gift, b->gift);
	assert_int_equal(a->gave_at.us, b->gave_at.us);
	assert_int_equal(a->gift_until.us, b->gift_until.us);
	assert_int_equal(a->gift_minor, b->gift_minor);
	assert_string_equal(a->gift_currency, b->gift_currency);
	assert_true(str_eq(a->seen, b->seen));
	marks_tell_no_decision(a->marks, b->marks);
}

static void facts_are_equal(const struct decide_facts *a, const struct decide_facts *b)
{
	assert_int_equal(a->now.us, b->now.us);
	assert_int_equal(a->cal.day, b->cal.day);
	assert_int_equal(a->cal.week_from, b->cal.week_from);
	assert_int_equal(a->cal.month_from, b->cal.month_from);
	assert_int_equal(a->cal.weekday, b->cal.weekday);
	assert_int_equal(a->cal.hour, b->cal.hour);
	assert_int_equal(a->cal.day_starts.us, b->cal.day_starts.us);
	assert_int_equal(a->art, b->art);
	assert_int_equal(a->topics, b->topics);
	assert_int_equal(a->counted, b->counted);
	assert_int_equal(a->signed_in, b->signed_in);
	assert_int_equal(a->consent, b->consent);
	assert_int_equal(a->variant_hash, b->variant_hash);
	pages_are_equal(&a->page, &b->page);
	readers_are_equal(a->reader, b->reader);
}

static void decisions_are_equal(const struct decision *a, const struct decision *b)
{
	if (a->act != b->act || a->reason != b->reason)
		fail_msg("%s became %s", decide_reason_name(a->reason),
			decide_reason_name(b->reason));
	assert_ptr_equal(a->campaign, b->campaign);
	assert_int_equal(a->variant, b->variant);
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->mark, b->mark);
	assert_int_equal(a->articles, b->articles);
	assert_int_equal(a->left, b->left);
}

static void there_and_back(void **state)
{
	size_t acts[ACT_N] = {0}, reasons[REASON_N] = {0}, kinds = 0;
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const struct decide_facts *f = make_facts();
		struct decide_facts back;
		struct reader reader;
		json_auto_t *o = formatted(f, f->variant_hash);
		arena_reset(&arena);
		assert_int_equal(facts_read(o, &arena, &back, &reader), OK);
		facts_are_equal(f, &back);
		back.site = SITE; /* the sample's row has it */
		struct decision was = decide(f, &set, NULL), is = decide(&back, &set, NULL);
		decisions_are_equal(&was, &is);
		acts[was.act]++;
		reasons[was.reason]++;
	}
	for (int i = 0; i < REASON_N; i++)
		kinds += reasons[i] > 0;
	assert_true(acts[ACT_OPEN] > 0 && acts[ACT_PROMPT] > 100);
	assert_true(kinds >= 8); /* the facts were not all alike */
}

/* In place of the reader's hash stands a random number, in the range that JSON's readers share. */
static void no_name_of_the_reader(void **state)
{
	struct decide_facts back;
	struct reader reader;
	const struct decide_facts *f = make_facts();
	json_auto_t *o = formatted(f, UINT64_MAX);
	(void)state;
	arena_reset(&arena);
	assert_int_equal(facts_read(o, &arena, &back, &reader), OK);
	assert_int_equal(back.variant_hash, INT64_MAX);
	assert_true(uuid_is_nil(&reader.id));
	assert_int_equal(json_object_size(o), 10);
	assert_int_equal(json_object_size(json_object_get(o, "reader")), 10);
}

static void nobody(void **state)
{
	struct decide_facts f = *make_facts(), back;
	struct reader reader;
	(void)state;
	f.reader = NULL;
	f.page = (struct page){0};
	json_auto_t *o = formatted(&f, 1);
	arena_reset(&arena);
	assert_int_equal(facts_read(o, &arena, &back, &reader), OK);
	readers_are_equal(&reader, &(struct reader){0});
}

/* Every text as long as it can be and all of it escaped, every list full. */
static void the_longest(void **state)
{
	static char text[1024];
	struct str *const TEXTS[] = {&made.f.page.url, &made.f.page.section, &made.f.page.country,
		&made.f.page.language, &made.f.page.device, &made.f.page.referrer,
		&made.f.page.referrer_host, &made.f.page.source};
	static const size_t LENGTH[] = {200, 64, 2, 16, 16, 8, 255, 64};
	struct decide_facts back;
	struct reader reader;
	(void)state;
	make_facts();
	memset(text, '<', sizeof text);
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++)
		*TEXTS[i] = (struct str){text, LENGTH[i]};
	made.f.page.tags = made.f.page.flags = (struct page_words){PAGE_WORDS_MAX, made.tags};
	made.f.page.flags.v = made.flags;
	for (size_t i = 0; i < PAGE_WORDS_MAX; i++) {
		made.tags[i] = (struct str){text, 1024 / PAGE_WORDS_MAX};
		made.flags[i] = (struct str){text, 512 / PAGE_WORDS_MAX};
	}
	made.reader.seen = (struct str){(const char *)made.seen, sizeof made.seen};
	made.reader.marks = (struct str){(const char *)made.marks, sizeof made.marks};
	json_auto_t *o = formatted(&made.f, made.f.variant_hash);
	arena_reset(&arena);
	assert_int_equal(facts_read(o, &arena, &back, &reader), OK);
	facts_are_equal(&made.f, &back);
}

/* --- what is not such JSON ---------------------------------------------------------------------
 */

static enum err read_facts(const json_t *o)
{
	struct decide_facts f;
	struct reader reader;
	arena_reset(&arena);
	return facts_read(o, &arena, &f, &reader);
}

static json_t *good(void)
{
	make_facts();
	made.f.page.tags = (struct page_words){2, made.tags};
	made.tags[0] = STR("ice");
	made.tags[1] = STR("sea");
	return formatted(&made.f, 7);
}

/* Each member in turn, and those below it: taken out, or of another type. */
static void spoil(json_t *root, json_t *o)
{
	static const char *const OTHER[] = {"null", "true", "7", "1.5", "-1", "'zz'", "[[]]", "{}"};
	const char *key;
	json_t *v;
	json_auto_t *keys = json_array();
	json_object_foreach(o, key, v) json_array_append_new(keys, json_string(key));
	for (size_t i = 0; i < json_array_size(keys); i++) {
		key = json_string_value(json_array_get(keys, i));
		v = json_incref(json_object_get(o, key));
		json_object_del(o, key);
		if (read_facts(root) != ERR_FIELD_BAD)
			fail_msg("without %s", key);
		for (size_t k = 0; k < ARRAY_N(OTHER); k++) {
			json_t *other = file_json(OTHER[k]);
			bool same = json_typeof(other) == json_typeof(v) ||
				    (json_is_boolean(other) && json_is_boolean(v));
			json_object_set_new(o, key, other);
			if (!same && read_facts(root) != ERR_FIELD_BAD)
				fail_msg("%s: %s", key, OTHER[k]);
		}
		json_object_set(o, key, v);
		if (json_is_object(v))
			spoil(root, v);
		json_decref(v);
	}
}

static void wrong_types(void **state)
{
	json_auto_t *root = good();
	(void)state;
	assert_int_equal(read_facts(root), OK);
	spoil(root, root);
	assert_int_equal(read_facts(root), OK);
}

static void wrong_values(void **state)
{
	static const struct {
		const char *member, *value;
	} ROW[] = {
		{"now", "-1"},
		{"now", "253402300800"},
		{"cal", "[1,2,3,4,5]"},
		{"cal", "{'0':1,'1':1,'2':1,'3':1,'4':1,'5':'x'}"},
		{"cal.0", "65536"},
		{"cal.0", "-1"},
		{"cal.1", "65536"},
		{"cal.2", "'1'"},
		{"cal.3", "7"},
		{"cal.4", "24"},
		{"cal.5", "-1"},
		{"page.tags.0", "1"},
		{"page.tags.1", "null"},
		{"page.tags", "['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15',"
			      "'16','17']"},
		{"page.words", "4294967296"},
		{"page.words", "-1"},
		{"page.published", "-1"},
		{"art", "-1"},
		{"topics", "65536"},
		{"consent", "3"},
		{"consent", "-1"},
		{"draw", "-1"},
		{"reader.views", "2147483648"},
		{"reader.views", "-1"},
		{"reader.gift", "4"},
		{"reader.minor", "-1"},
		{"reader.currency", "'EURO'"},
		{"reader.until", "253402300800"},
		{"reader.seen", "'0'"},
		{"reader.seen", "'00000000000000'"},
		{"reader.seen", "'000000000000000g'"},
		{"reader.seen", "'000000000000000A'"},
		{"reader.marks", "'0000000000000000'"},
		{"reader.marks", "'0000000000000000000000000000000000'"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		json_auto_t *root = good();
		file_change(root, ROW[i].member, ROW[i].value);
		if (read_facts(root) != ERR_FIELD_BAD)
			fail_msg("%s: %s", ROW[i].member, ROW[i].value);
	}
	static const char *const WHOLE[] = {"{}", "[]", "[1]", "null", "7", "'x'"};
	for (size_t i = 0; i < ARRAY_N(WHOLE); i++) {
		json_auto_t *root = file_json(WHOLE[i]);
		assert_int_equal(read_facts(root), ERR_FIELD_BAD);
	}
	assert_int_equal(read_facts(NULL), ERR_FIELD_BAD);
}

static void memory_ends(void **state)
{
	json_auto_t *root = good();
	struct decide_facts f;
	struct reader reader;
	long n = 1;
	(void)state;
	for (enum err e = ERR_NO_MEMORY; e != OK; n++) {
		assert_true(n < 100);
		arena_reset(&arena);
		arena_fail_at(&arena, n);
		e = facts_read(root, &arena, &f, &reader);
		assert_true(e == OK || e == ERR_NO_MEMORY);
	}
	arena_fail_at(&arena, 0);
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(no_name_of_the_reader),
		cmocka_unit_test(nobody),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(memory_ends),
	};
	const char *wish = getenv("PLEDGED_SEED");
	seed = wish ? strtoull(wish, NULL, 10) | 1 : UINT64_C(20261123);
	if (arena_init(&kept, 1 << 22) != OK || arena_init(&arena, 1 << 16) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("app_facts", tests, make_campaigns, NULL);
	arena_fini(&arena);
	arena_fini(&kept);
	return failed;
}

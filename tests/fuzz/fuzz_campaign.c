/* tests/fuzz/fuzz_campaign.c: a campaign file or a site's policy. What is taken can be written
 * again and reads the same, and no decision over it goes astray, whatever the reader's row holds.
 */
#include "app/campaign_set.h"
#include "app/campaign_write.h"
#include "core/decide.h"
#include "fuzz.h"

#define SITE ((int16_t)1)

static struct campaign_faults faults;

static enum err read_doc(struct str json, struct arena *a, struct campaign_doc *ret)
{
	faults.n = 0;
	return campaign_read(json, a, ret, &faults);
}

/* --- what is taken --------------------------------------------------------------------------- */

static void text_is_sound(struct str s, bool nl)
{
	CHECK(str_is_clean(s, nl));
}

static void variants_are_sound(const struct campaign *c)
{
	uint32_t shares = 0;

	CHECK(c->variant_n >= 1 && c->variant_n <= CAMPAIGN_VARIANTS_MAX);
	for (size_t i = 0; i < c->variant_n; i++) {
		const struct campaign_variant *v = &c->variant[i];
		shares += v->share;
		CHECK(v->text_n <= CAMPAIGN_LOCALES_MAX && (v->control || v->text_n > 0));
		for (size_t k = 0; k < v->text_n; k++) {
			text_is_sound(v->text[k].title, false);
			text_is_sound(v->text[k].body, true);
			text_is_sound(v->text[k].button, false);
		}
		CHECK(v->control || campaign_text_pick(c, i, STR("pt-BR")));
	}
	CHECK(shares == 100);
}

static void amounts_are_sound(const struct campaign *c)
{
	CHECK(c->set_n >= 1 && c->set_n <= CAMPAIGN_SETS_MAX);
	for (size_t i = 0; i < c->set_n; i++) {
		const struct campaign_amounts *s = &c->set[i];
		bool offered = false;
		for (size_t k = 0; k < INTERVAL_N; k++) {
			struct money before = {0}, m;
			CHECK(s->amount_n[k] <= CAMPAIGN_AMOUNTS_MAX);
			for (size_t j = 0; j < s->amount_n[k]; j++, before = m) {
				CHECK(money_parse(s->amount[k][j], s->currency, &m, NULL) == OK &&
					money_check(&m) == OK && m.minor > before.minor);
				offered |= k == s->preselect &&
					   str_eq(s->amount[k][j], s->preselect_amount);
			}
		}
		CHECK(offered);
	}
}

static void campaign_is_sound(const struct campaign_doc *d)
{
	const struct campaign *c = &d->campaign;

	CHECK(d->slug.n > 0 && str_is_word(d->slug, "-") && str_is_word(d->site, "-"));
	CHECK(str_eq(c->slug, d->slug) && (c->end.us == 0 || c->end.us > c->start.us));
	CHECK((c->kind == CAMPAIGN_WALL) == (c->meter.window != WINDOW_NONE && c->meter.wall));
	CHECK(c->priority >= 0 && c->priority <= 1000);
	variants_are_sound(c);
	amounts_are_sound(c);
}

/* --- decisions over it ----------------------------------------------------------------------- */

/* A row as a bad day may have left it: the bytes of the file itself. */
static void decides(struct campaign *c, struct policy *p, struct str bytes)
{
	struct campaign_site site = {SITE, 0, c ? 1 : 0, p};
	struct campaign_set set = {1, site.n, 1, c, &site};
	struct reader r = {.stored = true, .views = 9, .version = 3};
	struct str tag = STR("sport");

	r.seen = (struct str){bytes.p, bytes.n < 2000 ? bytes.n : 2000};
	r.marks = (struct str){bytes.p + bytes.n / 2, (bytes.n - bytes.n / 2) % 1921};
	for (unsigned i = 0; i < 8; i++) {
		struct decide_facts f = {.site = SITE,
			.now = c ? (utc_t){c->start.us + 1000000 * i} : utc_of_s(1800000000),
			.cal = {.day = 9000, .week_from = 8996, .month_from = 8980, .hour = 12},
			.page = {.url = STR("/a"),
				.section = tag,
				.country = STR("EE"),
				.language = STR("en"),
				.tags = {1, &tag},
				.referrer = STR("search")},
			.art = 1 + i,
			.counted = i & 1,
			.signed_in = i & 2,
			.consent = CONSENT_FULL,
			.reader = &r,
			.variant_hash = UINT64_C(0x9e3779b97f4a7c15) * (i + 1)};
		f.topics = policy_topics(p, &f.page);
		r.gift = (enum reader_gift)(i % 4);
		r.gave_at = utc_of_s(i & 4 ? 1700000000 : 0);
		struct decision d = decide(&f, &set, NULL);
		CHECK(d.act < ACT_N && d.reason < REASON_N);
		if (d.act != ACT_OPEN)
			CHECK(d.campaign == c && d.variant < c->variant_n && d.set < c->set_n &&
				!c->variant[d.variant].control && campaign_runs(c, f.now));
		CHECK(d.act != ACT_WALL || c->kind == CAMPAIGN_WALL);
		if (c)
			CHECK(decide_still(&f, &set, c) < REASON_N);
	}
}

static void use(struct campaign_doc *d, struct str json)
{
	static struct policy none;
	struct policy p = d->is_policy ? d->policy : none;
	const struct campaign_doc *docs[] = {d};
	struct campaign_faults told = {0};

	campaign_set_check(docs, 1, &told);
	p.site = SITE;
	if (d->is_policy) {
		decides(NULL, &p, json);
		return;
	}
	campaign_is_sound(d);
	d->campaign.site = SITE;
	d->campaign.live = true;
	(void)campaign_bind(&d->campaign, &p);
	decides(&d->campaign, &p, json);
}

/* --- written again --------------------------------------------------------------------------- */

static void reads_the_same(struct str json, const struct campaign_doc *was)
{
	static char mem[1 << 18], twice[1 << 18];
	static struct arena other;
	struct campaign_doc d;
	struct buf b, again;

	if (!other.mem)
		CHECK(arena_init(&other, 1 << 20) == OK);
	arena_reset(&other);
	buf_init(&b, mem, sizeof mem);
	buf_init(&again, twice, sizeof twice);
	CHECK(campaign_write(json, &b, NULL) == OK);
	CHECK(campaign_write(buf_str(&b), &again, NULL) == OK);
	CHECK(str_eq(buf_str(&b), buf_str(&again)));
	CHECK(read_doc(buf_str(&b), &other, &d) == OK);
	CHECK(d.is_policy == was->is_policy && str_eq(d.slug, was->slug) &&
		str_eq(d.site, was->site));
	CHECK(d.campaign.start.us == was->campaign.start.us &&
		d.campaign.variant_n == was->campaign.variant_n &&
		d.campaign.cap.key == was->campaign.cap.key &&
		d.campaign.priority == was->campaign.priority);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = {(const char *)data, size};
	struct arena *a = fuzz_arena();
	struct campaign_doc d;

	enum err e = read_doc(json, a, &d);
	if (e != OK) {
		CHECK(e != ERR_FIELD_BAD || faults.n > 0);
		CHECK(err_class(e) == ERR_CLASS_INPUT);
		for (size_t i = 0; i < faults.n && i < ARRAY_N(faults.fault); i++)
			CHECK(faults.fault[i].what[0] &&
				str_is_clean(str_c(faults.fault[i].path), false));
		return 0;
	}
	CHECK(faults.n == 0);
	use(&d, json);
	reads_the_same(json, &d);
	a = fuzz_arena();
	arena_fail_at(a, 1 + (long)(size % 64));
	e = read_doc(json, a, &d);
	arena_fail_at(a, 0);
	CHECK(e == OK || e == ERR_NO_MEMORY);
	return 0;
}

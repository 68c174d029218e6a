/* main/ctl_preview.c: pledgectl preview --html: a page of everything that campaigns can show. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/live.h"
#include "main/ctl_campaign.h"
#include "main/ctl_world.h"
#include "web/preview.h"

#ifndef PLEDGED_SHARE
#define PLEDGED_SHARE "/usr/local/share/pledged"
#endif

#define DAY_US    INT64_C(86400000000)
#define CSS_BYTES (1u << 18)

struct job {
	const char *out, *css;
	struct preview_style style;
	struct str country; /* empty: one that fits the campaign */
	uint64_t articles;  /* 0: the same */
	utc_t now;
	size_t n;
	struct preview show[CTL_WORLD_DOCS];
};

/* --- what stands for the moment -------------------------------------------------------------- */

static struct str sample_country(const struct campaign *c, const struct policy *p)
{
	const struct page_words *in = &c->target.list[TARGET_country].in;
	if (in->n > 0)
		return in->v[0];
	for (size_t i = 0; p && i < p->country_n; i++)
		if (!str_is(p->country[i].country, "*"))
			return p->country[i].country;
	return STR("EE");
}

/* A campaign that is over or has not begun is shown in its last days. */
static utc_t sample_now(const struct campaign *c, utc_t now)
{
	utc_t last = {c->end.us - 9 * DAY_US};
	if (c->end.us == 0 || (now.us >= c->start.us && now.us < c->end.us))
		return now;
	return last.us > c->start.us ? last : c->start;
}

static void add(struct job *j, const struct preview *one, const struct policy *policy,
	const struct live *live)
{
	const struct campaign *c = one->campaign;
	struct preview *p = &j->show[j->n];
	if (j->n == ARRAY_N(j->show))
		return;
	j->n++;
	*p = *one;
	p->copy = (struct web_copy){.campaign = c,
		.policy = policy,
		.country = j->country.n > 0 ? j->country : sample_country(c, policy),
		.articles = (uint32_t)(j->articles > 0                  ? j->articles
				       : c->meter.window != WINDOW_NONE ? c->meter.allowance + 1
									: 4),
		.raised_minor = c->goal.minor / 100 * 62,
		.supporters = 1234,
		.has_figures = c->goal.currency.n > 0,
		.now = sample_now(c, j->now)};
	p->set = campaign_set_pick(c, p->copy.country, NULL);
	struct live_goal goal = live ? live_find(live, c->id) : (struct live_goal){0};
	if (live_is_of(&goal, c, j->now)) {
		p->has_ledger = true;
		p->copy.raised_minor = goal.net_minor;
		p->copy.supporters = goal.supporters;
	}
}

/* --- which campaigns ------------------------------------------------------------------------- */

static const struct policy *policy_of(const struct ctl_pile *pile, struct str site)
{
	for (size_t i = 0; i < pile->n; i++)
		if (pile->file[i]->is_policy && str_eq(pile->file[i]->site, site))
			return &pile->file[i]->policy;
	return NULL;
}

static void take_files(struct job *j, const struct ctl_pile *pile)
{
	for (size_t i = 0; i < pile->n; i++) {
		const struct campaign_doc *doc = pile->file[i];
		if (!doc->is_policy)
			add(j,
				&(struct preview){.campaign = &doc->campaign,
					.site = doc->site,
					.state = str_c(pile->doc[i].path)},
				policy_of(pile, doc->site), NULL);
	}
}

static const char *state(const struct campaign *c, utc_t now)
{
	return !c->live                                ? "paused"
	       : c->end.us != 0 && c->end.us <= now.us ? "over"
	       : c->start.us > now.us                  ? "not begun"
						       : "runs";
}

static int take_published(struct ctl *c, struct job *j, const struct ctl_world *w)
{
	const struct campaign_set *set = snapshot_campaign_set(w->snap);
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	struct live *live = calloc(1, sizeof *live);
	enum err e = live ? store_call(c->store, STMT_view_goals, &a, &rows, &f) : ERR_NO_MEMORY;
	if (e == OK)
		live_load(live, rows, j->now);
	for (size_t i = 0; e == OK && i < set->n; i++) {
		const struct campaign *one = &set->campaign[i];
		const struct site *site = snapshot_site_id(w->snap, one->site);
		const struct campaign_site *at = campaign_set_site(set, one->site);
		add(j,
			&(struct preview){.campaign = one,
				.site = site ? site->slug : STR("none"),
				.locale = site ? site->locale : STR(""),
				.state = str_c(state(one, j->now))},
			at ? at->policy : NULL, live);
	}
	free(live);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

/* --- the page -------------------------------------------------------------------------------- */

/* One piece into the file. False, with the reason in errno. */
static bool put(FILE *out, struct buf *b)
{
	bool fits = buf_done(b) == OK && fwrite(b->p, 1, b->n, out) == b->n;
	if (buf_done(b) != OK)
		errno = EFBIG;
	buf_init(b, b->p, b->cap);
	return fits;
}

static bool put_text(FILE *out, struct buf *b, const struct preview_text *t)
{
	enum format formats[FORMAT_N];
	size_t n = preview_formats(t->of->campaign, formats);
	struct preview_text one = *t;
	preview_text(b, t);
	bool ok = put(out, b);
	for (size_t i = 0; ok && i < n; i++, one.no++) {
		preview_picture(b, &one, formats[i]);
		ok = put(out, b);
	}
	return ok;
}

static bool put_campaign(FILE *out, struct buf *b, const struct preview_list *all, size_t i,
	size_t *no, size_t *ret_too_long)
{
	const struct preview *p = &all->v[i];
	preview_campaign(b, all, i);
	bool ok = put(out, b);
	for (size_t v = 0; ok && v < p->campaign->variant_n; v++) {
		if (p->campaign->variant[v].control) {
			preview_control(b, p, v);
			ok = put(out, b);
		}
		for (size_t t = 0; ok && t < p->campaign->variant[v].text_n; t++, *no += FORMAT_N) {
			ok = put_text(out, b, &(struct preview_text){p, v, t, *no});
			*ret_too_long += preview_too_long(p, v, t);
		}
	}
	return ok;
}

static bool put_all(FILE *out, const struct job *j, struct buf *b, size_t *ret_too_long)
{
	const struct preview_list all = {j->show, j->n};
	size_t no = 0;
	preview_head(b, &j->style, j->now);
	bool ok = put(out, b);
	preview_index(b, &all);
	ok = ok && put(out, b);
	for (size_t i = 0; ok && i < all.n; i++)
		ok = put_campaign(out, b, &all, i, &no, ret_too_long);
	preview_foot(b);
	return ok && put(out, b);
}

/* The old page stays until the new one is whole. */
static bool write_page(const struct job *j, struct buf *b, size_t *ret_too_long)
{
	BUF_ON(path, 4096);
	bool to_stdout = strcmp(j->out, "-") == 0;
	buf_addf(&path, "%s.new", j->out);
	buf_byte(&path, '\0');
	errno = ENAMETOOLONG;
	if (!to_stdout && buf_done(&path) != OK)
		return false;
	FILE *out = to_stdout ? stdout : fopen(path_mem, "we");
	if (!out)
		return false;
	bool ok = put_all(out, j, b, ret_too_long);
	if (to_stdout)
		return ok && fflush(out) == 0;
	int why = errno;
	if (fclose(out) != 0 && ok) {
		why = errno;
		ok = false;
	}
	if (ok && rename(path_mem, j->out) != 0) {
		why = errno;
		ok = false;
	}
	if (!ok)
		unlink(path_mem);
	errno = why;
	return ok;
}

static int make(const struct job *j)
{
	char *mem = malloc(PREVIEW_PIECE_BYTES);
	struct buf b;
	size_t too_long = 0;
	if (!mem)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	buf_init(&b, mem, PREVIEW_PIECE_BYTES);
	bool ok = write_page(j, &b, &too_long);
	if (!ok)
		fprintf(stderr, "%s: %s\n", j->out, strerror(errno));
	else if (strcmp(j->out, "-") != 0)
		printf("%s: %zu campaign%s, %zu text%s too long for %s\n", j->out, j->n,
			j->n == 1 ? "" : "s", too_long, too_long == 1 ? "" : "s",
			too_long == 1 ? "its place" : "their places");
	free(mem);
	return ok ? CTL_OK : CTL_FAILED;
}

/* --- the stylesheet -------------------------------------------------------------------------- */

/* Installed, else as the tree has it. */
static const char *find_css(void)
{
	static const char *const PLACES[] = {
		PLEDGED_SHARE "/widget/pledged.css", "build/widget/pledged.css"};
	for (size_t i = 0; i < ARRAY_N(PLACES); i++)
		if (access(PLACES[i], R_OK) == 0)
			return PLACES[i];
	return PLACES[0];
}

static int load_css(struct job *j, char *mem)
{
	const char *path = j->css ? j->css : find_css(), *why = NULL;
	FILE *in = fopen(path, "re");
	size_t n = in ? fread(mem, 1, CSS_BYTES, in) : 0;
	if (!in || ferror(in))
		why = strerror(errno);
	else if (n == CSS_BYTES)
		why = "larger than 256 KiB";
	else if (memmem(mem, n, "</", 2) || memchr(mem, '\0', n))
		why = "is no stylesheet that can stand in a page";
	if (in)
		fclose(in);
	if (why) {
		fprintf(stderr, "%s: %s\n", path, why);
		return CTL_FAILED;
	}
	j->style.css = (struct str){mem, n};
	return CTL_OK;
}

/* --- the command ----------------------------------------------------------------------------- */

/* A campaign's file in the place of OUT must not be the end of it. */
static bool is_page(struct str out)
{
	return str_is(out, "-") || (out.n > 5 && memcmp(out.p + out.n - 5, ".html", 5) == 0);
}

static bool read_options(int argc, char **argv, struct job *j)
{
	static const struct option OPTIONS[] = {{"css", required_argument, NULL, 's'},
		{"link", required_argument, NULL, 'l'}, {"country", required_argument, NULL, 'c'},
		{"articles", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	int opt;
	bool ok = true;
	optind = 0; /* anew: pledgectl has read its own options */
	while ((opt = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		switch (opt) {
		case 's': j->css = optarg; break;
		case 'l': j->style.link = str_c(optarg); break;
		case 'c': j->country = str_c(optarg); break;
		case 'n':
			ok = ok && str_u64(str_c(optarg), 100000, &j->articles) == OK &&
			     j->articles > 0;
			break;
		default: ok = false;
		}
	j->out = optind < argc ? argv[optind++] : "";
	return ok && is_page(str_c(j->out)) && (!j->css || j->style.link.n == 0) &&
	       (j->country.n == 0 || (j->country.n == 2 && str_is_word(j->country, "")));
}

static int from_files(struct job *j, int argc, char **argv)
{
	struct ctl_pile *pile = ctl_pile_new(argc, argv);
	if (!pile)
		return CTL_FAILED;
	take_files(j, pile);
	int code = make(j);
	ctl_pile_free(pile);
	return code;
}

static int from_database(struct ctl *c, struct job *j)
{
	struct ctl_world *w = malloc(sizeof *w);
	if (!w)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	int code = ctl_world_open(c, j->now, NULL, 0, w);
	if (code == CTL_OK)
		code = take_published(c, j, w);
	if (code == CTL_OK)
		code = make(j);
	ctl_world_close(w);
	free(w);
	return code;
}

static int preview(struct ctl *c, struct job *j, char *css, int argc, char **argv)
{
	j->now = clock_utc();
	if (!read_options(argc, argv, j))
		return ctl_usage(c);
	int code = j->style.link.n == 0 ? load_css(j, css) : CTL_OK;
	if (code != CTL_OK)
		return code;
	return optind < argc ? from_files(j, argc - optind + 1, argv + optind - 1)
			     : from_database(c, j);
}

int ctl_preview_page(struct ctl *c, int argc, char **argv)
{
	struct job *j = calloc(1, sizeof *j);
	char *css = malloc(CSS_BYTES);
	int code = j && css ? preview(c, j, css, argc, argv) : ctl_fail(ERR_NO_MEMORY, NULL);
	free(css);
	free(j);
	return code;
}

/* main/ctl_replay.c: pledgectl replay: what the decisions of the last days would have been under
 * changed campaigns, by the samples that the view role keeps. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/facts.h"
#include "main/ctl_campaign.h"
#include "main/ctl_world.h"

#define PAGE_N      500
#define PAIRS_MAX   1000
#define ARENA_BYTES (1u << 20)
#define KEY_BYTES   160

struct pair {
	char before[KEY_BYTES], after[KEY_BYTES];
	uint64_t n;
};

struct replay {
	struct ctl_world *before, *after;
	const struct site *site;
	int64_t days;
	uint64_t samples, bad, same;
	uint64_t act[2][ACT_N];
	size_t pair_n;
	struct pair pair[PAIRS_MAX]; /* what changes, and how often */
};

static void name_of(const struct decision *d, char out[KEY_BYTES])
{
	struct buf b;
	buf_init(&b, out, KEY_BYTES - 1);
	buf_addf(&b, "%s %s", decide_act_name(d->act), decide_reason_name(d->reason));
	if (d->campaign)
		buf_addf(&b, " %.*s/%.*s", STR_FMT(d->campaign->slug),
			STR_FMT(decide_variant(d)));
	out[buf_str(&b).n] = '\0';
}

static void add_pair(struct replay *r, const struct decision *before, const struct decision *after)
{
	char b[KEY_BYTES], a[KEY_BYTES];
	size_t i = 0;
	name_of(before, b);
	name_of(after, a);
	if (strcmp(a, b) == 0) {
		r->same++;
		return;
	}
	while (i < r->pair_n &&
		(strcmp(r->pair[i].before, b) != 0 || strcmp(r->pair[i].after, a) != 0))
		i++;
	if (i == PAIRS_MAX)
		return;
	if (i == r->pair_n) {
		memcpy(r->pair[i].before, b, sizeof b);
		memcpy(r->pair[i].after, a, sizeof a);
		r->pair_n++;
	}
	r->pair[i].n++;
}

static struct decision ask(const struct replay *r, const struct ctl_world *w, struct decide_facts f)
{
	f.site = r->site->id;
	f.topics = policy_topics(snapshot_policy(w->snap, f.site), &f.page);
	return decide(&f, snapshot_campaign_set(w->snap), NULL);
}

static void one_sample(struct replay *r, struct str text, struct arena *a)
{
	json_auto_t *o = NULL;
	struct decide_facts f;
	struct reader reader;
	arena_reset(a);
	if (json_read(text, &o, NULL) != OK || facts_read(o, a, &f, &reader) != OK) {
		r->bad++;
		return;
	}
	struct decision before = ask(r, r->before, f), after = ask(r, r->after, f);
	r->samples++;
	r->act[0][before.act]++;
	r->act[1][after.act]++;
	add_pair(r, &before, &after);
}

static enum err all_samples(struct ctl *c, struct replay *r, struct fault *f)
{
	struct arena arena;
	int64_t last = 0;
	utc_t since = {clock_utc().us - r->days * INT64_C(86400000000)};
	enum err e = arena_init(&arena, ARENA_BYTES);
	if (e != OK)
		return e;
	for (bool more = true; e == OK && more;) {
		struct store_args a;
		ROWS_AUTO rows = NULL;
		store_args_init(&a);
		arg_int(&a, r->site->id);
		arg_utc(&a, since);
		arg_int(&a, last);
		arg_int(&a, PAGE_N);
		e = store_call(c->store, STMT_sample_list, &a, &rows, f);
		for (int i = 0; e == OK && i < rows_n(rows); i++) {
			last = row_int(rows, i, "sample_id");
			one_sample(r, row_str(rows, i, "facts"), &arena);
		}
		more = e == OK && rows_n(rows) == PAGE_N;
	}
	arena_fini(&arena);
	return e;
}

/* --- telling ------------------------------------------------------------------------------------
 */

static int by_n(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	return a->n != b->n ? (a->n > b->n ? -1 : 1) : strcmp(a->before, b->before);
}

static void tell_json(const struct replay *r)
{
	printf("{\"samples\":%llu,\"unreadable\":%llu,\"same\":%llu,\"acts\":{",
		(unsigned long long)r->samples, (unsigned long long)r->bad,
		(unsigned long long)r->same);
	for (unsigned i = 0; i < ACT_N; i++)
		printf("%s\"%s\":[%llu,%llu]", i ? "," : "", decide_act_name((enum decide_act)i),
			(unsigned long long)r->act[0][i], (unsigned long long)r->act[1][i]);
	printf("},\"changes\":[");
	for (size_t i = 0; i < r->pair_n; i++) /* names are words of ours: nothing to escape */
		printf("%s{\"before\":\"%s\",\"after\":\"%s\",\"n\":%llu}", i ? "," : "",
			r->pair[i].before, r->pair[i].after, (unsigned long long)r->pair[i].n);
	printf("]}\n");
}

static void tell(const struct replay *r)
{
	double all = r->samples ? (double)r->samples : 1;
	printf("%llu samples of %.*s from %lld days; %llu would be decided as now (%.1f %%)\n\n",
		(unsigned long long)r->samples, STR_FMT(r->site->slug), (long long)r->days,
		(unsigned long long)r->same, 100 * (double)r->same / all);
	printf("%-8s %10s %10s\n", "", "now", "changed");
	for (unsigned i = 0; i < ACT_N; i++)
		printf("%-8s %10llu %10llu\n", decide_act_name((enum decide_act)i),
			(unsigned long long)r->act[0][i], (unsigned long long)r->act[1][i]);
	if (r->pair_n > 0)
		printf("\n%10s %7s  %s\n", "samples", "share", "now -> changed");
	for (size_t i = 0; i < r->pair_n; i++)
		printf("%10llu %6.2f%%  %s -> %s\n", (unsigned long long)r->pair[i].n,
			100 * (double)r->pair[i].n / all, r->pair[i].before, r->pair[i].after);
	if (r->bad > 0)
		printf("\n%llu samples could not be read\n", (unsigned long long)r->bad);
	printf("\nEach view is asked by itself: a prompt that would have been shown does not "
	       "count\n"
	       "against the caps of later ones. Variants are drawn anew for each sample.\n");
}

/* A draft may begin later: it is asked as if it ran. */
static void run_always(const struct ctl_pile *pile)
{
	for (size_t i = 0; i < pile->n; i++)
		pile->file[i]->campaign.start = pile->file[i]->campaign.end = (utc_t){0};
}

static int replay(
	struct ctl *c, struct replay *r, const struct ctl_pile *pile, struct str site, bool json)
{
	struct fault f = {0};
	utc_t now = clock_utc();
	int code = ctl_world_open(c, now, NULL, 0, r->before);
	if (code == CTL_OK)
		code = ctl_world_open(c, now, pile->file, pile->n, r->after);
	if (code != CTL_OK)
		return code;
	r->site = ctl_world_site(r->before, site.n > 0 ? site : pile->file[0]->site);
	if (!r->site)
		return CTL_FAILED;
	enum err e = all_samples(c, r, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	qsort(r->pair, r->pair_n, sizeof r->pair[0], by_n);
	(json ? tell_json : tell)(r);
	return CTL_OK;
}

int ctl_replay(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"site", required_argument, NULL, 's'},
		{"days", required_argument, NULL, 'd'}, {"dates", no_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	struct str site = {0};
	uint64_t days = 14;
	bool json = false, dates = false;
	int opt;
	optind = 0; /* anew: pledgectl has read its own options */
	while ((opt = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		switch (opt) {
		case 's': site = str_c(optarg); break;
		case 'j': json = true; break;
		case 't': dates = true; break;
		case 'd':
			if (str_u64(str_c(optarg), 14, &days) == OK && days > 0)
				break;
			/* fall through */
		default: return ctl_usage(c);
		}
	if (optind == argc)
		return ctl_usage(c);
	struct ctl_pile *pile = ctl_pile_new(argc - optind + 1, argv + optind - 1);
	if (!pile)
		return CTL_FAILED;
	if (!dates)
		run_always(pile);
	struct replay *r = calloc(1, sizeof *r);
	struct ctl_world *w = calloc(2, sizeof *w);
	int code = CTL_FAILED;
	if (r && w) {
		r->before = &w[0];
		r->after = &w[1];
		r->days = (int64_t)days;
		code = replay(c, r, pile, site, json);
		ctl_world_close(&w[0]);
		ctl_world_close(&w[1]);
	}
	free(r);
	free(w);
	ctl_pile_free(pile);
	return code;
}

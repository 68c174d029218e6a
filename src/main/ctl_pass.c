/* main/ctl_pass.c: pledgectl preview, pledgectl debug: signed words for an editor's eyes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "core/ticket.h"
#include "main/ctl_reader.h"

#define HOURS_MAX 168

static int sign(struct ctl *c, const struct ticket_pass *p, struct buf *out)
{
	struct seal_ring ring;
	struct fault f = {0};
	uint8_t bytes[TICKET_BYTES_MAX];
	struct str key = conf_secret(&c->conf, CONF_cookie_key_file);
	if (key.n == 0) {
		fprintf(stderr, "pledgectl: cookie.key_file is needed to sign\n");
		return CTL_CONF;
	}
	enum err e = seal_ring_parse(key, &ring, &f);
	if (e == OK)
		e = seal_sign(&ring, TICKET_PASS_PURPOSE, bytes, ticket_pass_pack(p, bytes), out);
	seal_ring_fini(&ring);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

static bool is_address(struct str page)
{
	return page_host(page).n > 0;
}

/* A site without an origin stands on all of its hosts, and who knows how: then the path alone, but
 * for an address that was given whole. */
static void tell_link(const struct site *s, struct str page, const struct buf *pass)
{
	bool whole = is_address(page);
	printf("%.*s%.*s%cpledged_pass=%.*s\n", STR_FMT(whole ? STR("") : s->origin), STR_FMT(page),
		memchr(page.p, '?', page.n) ? '&' : '?', STR_FMT(buf_str(pass)));
	if (!whole && s->origin.n == 0)
		fprintf(stderr,
			"pledgectl: site %.*s has no origin: put its address in front, or give "
			"--page a whole one\n",
			STR_FMT(s->slug));
}

static bool is_page(struct str page)
{
	return str_is_clean(page, false) && !memchr(page.p, '#', page.n) &&
	       (str_starts(page, "/") || is_address(page));
}

static bool variant_named(const struct campaign *c, struct str name, uint8_t *ret)
{
	for (size_t i = 0; i < c->variant_n; i++)
		if (name.n == 0 ? !c->variant[i].control : str_eq(c->variant[i].name, name)) {
			*ret = (uint8_t)i;
			return !c->variant[i].control;
		}
	return false;
}

struct words {
	struct ctl_reader_words reader;
	struct str variant, page;
	uint64_t hours;
};

static int preview(struct ctl *c, struct ctl_world *world, struct words *w, const char *name)
{
	struct suppose *r = malloc(sizeof *r);
	const struct campaign *campaign = ctl_world_campaign(world, name);
	if (!r || !campaign) {
		free(r);
		return CTL_FAILED;
	}
	struct ticket_pass p = {.kind = PASS_PREVIEW,
		.site = campaign->site,
		.campaign = campaign->id,
		.until = {w->reader.said.at.us + (int64_t)w->hours * INT64_C(3600000000)},
		.articles = (uint16_t)(w->reader.said.articles > 0 ? w->reader.said.articles : 1)};
	const struct site *site = snapshot_site_id(world->snap, campaign->site);
	int code = site ? ctl_reader_make(c, world, site, &w->reader, r) : CTL_FAILED;
	if (code == CTL_OK && !variant_named(campaign, w->variant, &p.variant)) {
		fprintf(stderr, "pledgectl: %s has no variant %.*s that shows something\n", name,
			STR_FMT(w->variant));
		code = CTL_FAILED;
	}
	if (code == CTL_OK) {
		BUF_ON(pass, 300);
		p.set = (uint8_t)campaign_set_pick(campaign, w->reader.said.country, &r->reader);
		if (w->reader.said.country.n == 2)
			memcpy(p.country, w->reader.said.country.p, 2);
		code = sign(c, &p, &pass);
		if (code == CTL_OK)
			tell_link(site, w->page, &pass);
	}
	free(r);
	return code;
}

int ctl_preview(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"variant", required_argument, NULL, 'v'},
		{"country", required_argument, NULL, 'r'},
		{"articles", required_argument, NULL, 'r'}, {"gift", required_argument, NULL, 'r'},
		{"amount", required_argument, NULL, 'r'},
		{"currency", required_argument, NULL, 'r'}, {"page", required_argument, NULL, 'p'},
		{"hours", required_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct words w = {.page = STR("/"), .hours = 24};
	int opt, index;
	suppose_init(&w.reader.said, clock_utc());
	optind = 0; /* anew: pledgectl has read its own options */
	while ((opt = getopt_long(argc, argv, "", OPTIONS, &index)) != -1)
		if (opt == 'v')
			w.variant = str_c(optarg);
		else if (opt == 'p')
			w.page = str_c(optarg);
		else if (opt == 'r' && !ctl_reader_option(&w.reader, OPTIONS[index].name, optarg))
			return CTL_USAGE;
		else if (opt == '?' ||
			 (opt == 'h' && (str_u64(str_c(optarg), HOURS_MAX, &w.hours) != OK ||
						w.hours == 0)))
			return ctl_usage(c);
	if (optind + 1 != argc || !is_page(w.page))
		return ctl_usage(c);
	struct ctl_world *world = malloc(sizeof *world);
	if (!world)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	int code = ctl_world_open(c, w.reader.said.at, NULL, 0, world);
	if (code == CTL_OK)
		code = preview(c, world, &w, argv[optind]);
	ctl_world_close(world);
	free(world);
	return code;
}

int ctl_debug(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"hours", required_argument, NULL, 'h'},
		{"site", required_argument, NULL, 's'}, {"page", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0}};
	struct str name = {0}, page = {0};
	uint64_t hours = 1;
	utc_t now = clock_utc();
	int opt;
	optind = 0; /* anew: pledgectl has read its own options */
	while ((opt = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (opt == 's')
			name = str_c(optarg);
		else if (opt == 'p')
			page = str_c(optarg);
		else if (opt == '?' || str_u64(str_c(optarg), HOURS_MAX, &hours) != OK ||
			 hours == 0)
			return ctl_usage(c);
	if (optind != argc || (page.n > 0 && !is_page(page)))
		return ctl_usage(c);
	struct ctl_world *world = malloc(sizeof *world);
	if (!world)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	int code = ctl_world_open(c, now, NULL, 0, world);
	const struct site *site = code == CTL_OK ? ctl_world_site(world, name) : NULL;
	if (code == CTL_OK && !site)
		code = CTL_FAILED;
	if (code == CTL_OK) {
		BUF_ON(pass, 300);
		struct ticket_pass p = {.kind = PASS_DEBUG,
			.site = site->id,
			.until = {now.us + (int64_t)hours * INT64_C(3600000000)}};
		code = sign(c, &p, &pass);
		if (code == CTL_OK && page.n > 0)
			tell_link(site, page, &pass);
		else if (code == CTL_OK)
			printf("%.*s\n", STR_FMT(buf_str(&pass)));
	}
	ctl_world_close(world);
	free(world);
	return code;
}

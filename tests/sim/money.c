/* tests/sim/money.c: the seeded simulator of the money path: the program's own code of core, app,
 * pay and store in one process, with a made-up clock, chance, database (or a real one), provider,
 * donors and bad luck (tests/sim/money/, tests/sim/README.md).
 *
 *   build/plain/sim/money [--seeds N] [--seed S] [--only FAULT] [-v] [-k] [--file SEEDS]
 *                         [--pg CONNINFO]
 *
 * Seeds S, S+1 … (default: drawn, and told). Stops at the first history that is wrong, tells its
 * seed and exits 1. -v: every step, the same each time. -k: go on behind a wrong one. --file: a
 * seed a line. --pg: the real store and the functions of sql/functions, in a database that is
 * emptied before each history. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "money/model.h"
#include "money/peer.h"

#ifndef PLEDGED_VERSION
#define PLEDGED_VERSION "dev"
#endif

#define LONGEST (8 * DAY)
/* really five minutes: so seldom as to be quick; books.c knows the second */
#define EVENTS_S    14400
#define EVENTS_PG_S 43200

static const struct {
	const char *text;
	int64_t num;
} defaults[CONF_N] = {
#define TYPE_STR(def)  0
#define TYPE_FILE(def) 0
#define TYPE_INT(def)  INT64_C(0)
#define TYPE_BOOL(def) (def[1] == 'n')
#define X(section, key, type, def, min, max, roles, help)                                          \
	[CONF_##section##_##key] = {def, TYPE_##type(def)},
#include "base/conf.def"
#undef X
};

static void set_text(struct conf *c, enum conf_key k, const char *text)
{
	c->text[k] = strdup(text);
	ASSERT(c->text[k]);
	c->text_n[k] = strlen(text);
}

static void conf_make(struct conf *c, enum conf_role role, const char *conninfo)
{
	*c = (struct conf){.role = role};
	for (int k = 0; k < CONF_N; k++) {
		set_text(c, (enum conf_key)k, defaults[k].text);
		c->num[k] = defaults[k].num ? defaults[k].num : strtoll(defaults[k].text, NULL, 10);
	}
	c->num[CONF_clerk_events_s] = conninfo ? EVENTS_PG_S : EVENTS_S;
	set_text(c, CONF_stripe_key_file, "sk_test_simulated");
	set_text(c, CONF_stripe_webhook_secret_file, role == CONF_ROLE_MONEY ? PEER_SECRET : "");
	set_text(c, CONF_mail_smtp_url, "smtp://127.0.0.1:1");
	set_text(c, CONF_mail_from, "news@example.org");
	/* Its donors ask without a page; what keeps machines out has walks of its own. */
	set_text(c, CONF_form_ticket, "off");
	c->num[CONF_risk_challenge] = c->num[CONF_risk_refuse] = 0;
	if (conninfo)
		set_text(c, CONF_database_conninfo, conninfo);
}

static void calm_down(void *arg, int64_t n)
{
	(void)arg;
	(void)n;
	actor_calm();
}

static bool history(uint64_t seed)
{
	sim_begin(seed);
	peer_begin();
	check_begin();
	int64_t end = now_us() + LONGEST;
	actor_begin();
	sim_after(span(H, 30 * H), calm_down, NULL, 0);
	while (sim_next() < end && !g.broken)
		sim_step();
	if (!g.broken)
		check_history();
	actor_end();
	g.histories++;
	if (g.broken)
		printf("not so: seed=%llu commit=%s %s: %s\n", (unsigned long long)seed,
			PLEDGED_VERSION, g.broken, g.why);
	return !g.broken;
}

static void tell(double seconds)
{
	static const char *const what[] = {
#define X(name, most, text) #name,
#include "money/fault.def"
#undef X
	};
	printf("%llu histories, %llu steps, %.1f s of one core, %.0f a minute\n",
		(unsigned long long)g.histories, (unsigned long long)g.steps, seconds,
		seconds > 0 ? (double)g.histories * 60 / seconds : 0);
	for (int i = 0; i < FAULT_N; i++)
		printf("fault\t%s\t%llu\n", what[i], (unsigned long long)g.faults[i]);
}

static int run_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[200];
	int bad = 0;

	if (!f) {
		perror(path);
		return 2;
	}
	while (fgets(line, sizeof line, f))
		if (line[0] >= '0' && line[0] <= '9' && !history(strtoull(line, NULL, 10)))
			bad = 1;
	fclose(f);
	return bad;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seeds", 1, NULL, 'n'}, {"seed", 1, NULL, 's'},
		{"only", 1, NULL, 'o'}, {"file", 1, NULL, 'f'}, {"pg", 1, NULL, 'p'}, {0}};
	struct timespec t0, t1;
	uint64_t n = 1, seed = 0;
	const char *conninfo = NULL, *file = NULL;
	bool given = false, go_on = false;

	for (int c; (c = getopt_long(argc, argv, "vk", options, NULL)) != -1;) {
		switch (c) {
		case 'n': n = strtoull(optarg, NULL, 10); break;
		case 's':
			seed = strtoull(optarg, NULL, 10);
			given = true;
			break;
		case 'o': g.only = optarg; break;
		case 'f': file = optarg; break;
		case 'p': conninfo = optarg; break;
		case 'v': g.verbose = true; break;
		case 'k': go_on = true; break;
		default: return 2;
		}
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	if (!given) {
		clock_gettime(CLOCK_REALTIME, &t1);
		seed = (uint64_t)t1.tv_sec * 1000003u + (uint64_t)t1.tv_nsec / 1000;
	}
	log_level_set(g.verbose ? LOG_INFO : LOG_ERROR);
	json_object_seed(1);
	g.pg = conninfo != NULL;
	conf_make(&g.conf_money, CONF_ROLE_MONEY, conninfo);
	conf_make(&g.conf_clerk, CONF_ROLE_CLERK, conninfo);
	struct fault f = {0};
	enum err e = seal_ring_parse(
		STR("k1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), &g.ring,
		&f);
	ASSERT(e == OK);
	actor_open();
	sim_begin(seed);
	if (g.pg)
		check_open(conninfo);
	if (!file)
		printf("seed=%llu commit=%s\n", (unsigned long long)seed, PLEDGED_VERSION);
	int bad = file ? run_file(file) : 0;
	for (uint64_t i = 0; i < n && !file && (go_on || !bad); i++)
		bad |= !history(seed + i);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	if (!g.verbose)
		tell((double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
	return bad;
}

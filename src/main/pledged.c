/* main/pledged.c: the program: role, configuration, secrets; then the role's own loop. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "main/role.h"

#ifndef PLEDGED_VERSION
#define PLEDGED_VERSION "dev"
#endif

static const struct {
	const char *name;
	enum conf_role conf;
	int (*run)(const struct role *);
	bool ring;
	const char *sentence;
} ROLES[] = {
	{"view", CONF_ROLE_VIEW, view_run, true,
		"decides on page views (socket on descriptor 0 or by LISTEN_FDS)"},
	{"money", CONF_ROLE_MONEY, money_run, true, "takes pledges and webhooks (socket as above)"},
	{"clerk", CONF_ROLE_CLERK, clerk_run, false,
		"does what can wait: webhooks, retries, look-ups, mail, counts"},
	{"hello", CONF_ROLE_VIEW, hello_run, true,
		"answers a constant; the yardstick of tests/bench"},
};

static void usage(FILE *to)
{
	fprintf(to, "usage: pledged ROLE [-c FILE] [-t | -T]\n\n");
	for (size_t i = 0; i < ARRAY_N(ROLES); i++)
		fprintf(to, "  %-6s %s\n", ROLES[i].name, ROLES[i].sentence);
	fprintf(to,
		"\n  -c, --config FILE   configuration (default /etc/pledged/pledged.ini)\n"
		"  -t, --test          check configuration and secrets of the role, then end\n"
		"  -T, --dump          the same, and print every setting in force, secrets masked\n"
		"  -v, --version       print the version\n"
		"  -h, --help          this page\n\n"
		"Ends with 0, 78 (configuration is wrong) or 75 (may heal by itself).\n");
}

static const int STOPS[] = ROLE_STOP_SIGNALS;

void role_stop_signals(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_N(STOPS); i++)
		sigaddset(ret, STOPS[i]);
}

void role_on_stop(void (*handler)(int))
{
	struct sigaction stop = {.sa_handler = handler};
	for (size_t i = 0; i < ARRAY_N(STOPS); i++)
		sigaction(STOPS[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

int role_failed(const char *what, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, LOG_ERROR, what);
	log_err(&l, e, f);
	log_emit(&l);
	return e == ERR_CONF || e == ERR_SECRET ? EXIT_CONF : EXIT_TEMP;
}

static void complain(const struct buf *b)
{
	struct str s = buf_str(b);
	fwrite(s.p, 1, s.n, stderr);
}

static int start(size_t i, const char *path, bool test, bool dump)
{
	static char text[65536];
	struct conf conf;
	struct seal_ring ring = {0};
	struct fault f = {0};
	struct buf b;
	buf_init(&b, text, sizeof text);
	enum err e = conf_load(path, ROLES[i].conf, &conf, &b);
	if (e != OK) {
		complain(&b);
		return EXIT_CONF;
	}
	if (ROLES[i].ring)
		e = seal_ring_parse(conf_secret(&conf, CONF_cookie_key_file), &ring, &f);
	enum log_level level = LOG_INFO;
	if (e == OK)
		e = log_level_parse(str_c(conf_str(&conf, CONF_log_level)), &level);
	int code = 0;
	if (e != OK) {
		fprintf(stderr, "%s: %s: %s %s\n", path,
			e == ERR_FIELD_BAD ? "log.level" : "cookie.key_file", err_sentence(e),
			f.detail);
		code = EXIT_CONF;
	} else if (dump) {
		conf_dump(&conf, &b);
		fwrite(b.p, 1, buf_str(&b).n, stdout);
	} else if (test) {
		fprintf(stderr, "pledged %s: %s is fine\n", ROLES[i].name, path);
	} else {
		struct role r = {
			.name = ROLES[i].name, .conf = &conf, .ring = ROLES[i].ring ? &ring : NULL};
		log_role_set(ROLES[i].name);
		log_level_set(level);
		setrlimit(RLIMIT_CORE,
			&(struct rlimit){0, 0}); /* a core file would hold secrets and readers */
		code = ROLES[i].run(&r);
	}
	seal_ring_fini(&ring);
	conf_fini(&conf);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option LONG[] = {{"config", required_argument, NULL, 'c'},
		{"test", no_argument, NULL, 't'}, {"dump", no_argument, NULL, 'T'},
		{"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	const char *path = "/etc/pledged/pledged.ini";
	bool test = false, dump = false;
	for (int c; (c = getopt_long(argc, argv, "c:tTvh", LONG, NULL)) != -1;) {
		if (c == 'c')
			path = optarg;
		else if (c == 't')
			test = true;
		else if (c == 'T')
			dump = true;
		else if (c == 'v' || c == 'h') {
			if (c == 'v')
				puts("pledged " PLEDGED_VERSION);
			else
				usage(stdout);
			return 0;
		} else {
			usage(stderr);
			return 2;
		}
	}
	for (size_t i = 0; optind == argc - 1 && i < ARRAY_N(ROLES); i++)
		if (strcmp(argv[optind], ROLES[i].name) == 0)
			return start(i, path, test, dump);
	usage(stderr);
	return 2;
}

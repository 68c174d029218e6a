/* main/pledged.c: the program: role, configuration, secrets; then the role's own loop. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/risk.h"
#include "base/crash.h"
#include "base/log.h"
#include "main/process.h"
#include "main/role.h"
#include "main/sandbox.h"
#include "pay/dns.h"
#include "pay/pays.h"
#include "store/pg.h"
#include "web/h_view.h"

#ifndef PLEDGED_VERSION
#define PLEDGED_VERSION "dev"
#endif

static const struct {
	const char *name;
	int (*run)(const struct role *);
	enum conf_role conf;
	bool ring, pay; /* needs the cookie keys; knows the providers */
	const char *sentence;
} ROLES[] = {
	{"view", view_run, CONF_ROLE_VIEW, true, false,
		"decides on page views (socket on descriptor 0 or by LISTEN_FDS)"},
	{"money", money_run, CONF_ROLE_MONEY, true, true,
		"takes pledges and webhooks (socket as above)"},
	{"hook", money_run, CONF_ROLE_HOOK, false, true,
		"takes webhooks alone, without any key (socket as above)"},
	{"clerk", clerk_run, CONF_ROLE_CLERK, false, true,
		"does what can wait: webhooks, retries, look-ups, mail, counts"},
	{"hello", hello_run, CONF_ROLE_VIEW, true, false,
		"answers a constant; the yardstick of tests/bench"},
};

static void usage(FILE *to)
{
	fprintf(to, "usage: pledged ROLE [-c FILE] [-t | -T | --self-test]\n\n");
	for (size_t i = 0; i < ARRAY_N(ROLES); i++)
		fprintf(to, "  %-6s %s\n", ROLES[i].name, ROLES[i].sentence);
	fprintf(to,
		"\n  -c, --config FILE   configuration (default /etc/pledged/pledged.ini)\n"
		"  -t, --test          check configuration and secrets of the role, then end\n"
		"  -T, --dump          the same, and print every setting in force, secrets masked\n"
		"      --self-test     show that the sandbox refuses what it must, and nothing "
		"else\n"
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
	struct sigaction stop = {.sa_handler = handler, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < ARRAY_N(STOPS); i++)
		sigaction(STOPS[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void role_on_reload(void (*handler)(int))
{
	struct sigaction reload = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGHUP, &reload, NULL);
}

void role_signals(sigset_t *held, sigset_t *open)
{
	role_stop_signals(held);
	sigaddset(held, SIGHUP);
	sigprocmask(SIG_BLOCK, held, open);
	sigdelset(open, SIGHUP);
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

static enum err check_accounts(const struct conf *c, struct fault *f)
{
	struct seal_ring ring = {0};
	enum err e = seal_ring_parse(conf_secret(c, CONF_account_key_file), &ring, f);
	seal_ring_fini(&ring);
	return e == OK ? OK : fault_set(f, e, "account.key_file", "%s", f->detail);
}

/* What a configuration comes to, beside its own words. */
struct made {
	enum log_level level;
	struct seal_ring ring;
	struct pays pays; /* none for roles that call nobody */
};

static void made_fini(struct made *m)
{
	seal_ring_fini(&m->ring);
	pays_close(&m->pays);
}

/* What conf_load cannot know: whether words mean something, and whether secrets fit each other. */
static enum err check(size_t i, const struct conf *c, struct made *m, struct fault *f)
{
	struct store *store = NULL;
	enum decide_consent consent;
	if (log_level_parse(str_c(conf_str(c, CONF_log_level)), &m->level) != OK)
		return fault_set(f, ERR_CONF, "log.level", "error, warn, notice, info or debug");
	struct str ticket = str_c(conf_str(c, CONF_form_ticket));
	if (!str_is(ticket, "on") && !str_is(ticket, "watch") && !str_is(ticket, "off"))
		return fault_set(f, ERR_CONF, "form.ticket", "on, watch or off");
	if (!decide_consent_read(str_c(conf_str(c, CONF_view_consent_default)), &consent))
		return fault_set(f, ERR_CONF, "view.consent_default", "none, counting or full");
	if (conf_str(c, CONF_mail_smtp_url)[0] && !conf_str(c, CONF_mail_from)[0])
		return fault_set(f, ERR_CONF, "mail.from", "needed with mail.smtp_url");
	enum err e = store_open(c, NULL, &store, f);
	store_close(store);
	if (e == OK && ROLES[i].ring)
		e = seal_ring_parse(conf_secret(c, CONF_cookie_key_file), &m->ring, f);
	if (e != OK && f->field[0] == '\0')
		return fault_set(f, e, "cookie.key_file", "%s", f->detail);
	if (e == OK && conf_secret(c, CONF_account_key_file).n > 0)
		e = check_accounts(c, f);
	if (e == OK && ROLES[i].pay)
		e = pays_open(c, &m->pays, f);
	if (e == OK && ROLES[i].conf == CONF_ROLE_CLERK)
		e = dns_check(c, f);
	return e;
}

/* What a role does without when it must, and -t tells of. */
static enum err check_lists(const struct conf *c, struct fault *f)
{
	struct domains d = {0};
	enum err e = OK;
	if (c->role == CONF_ROLE_MONEY)
		e = domains_load(conf_str(c, CONF_risk_domains_file), &d, f);
	domains_free(&d);
	return e;
}

/* Line of the file that holds section.key, 0 when none does. */
static int line_of(const char *path, const char *setting)
{
	FILE *in = fopen(path, "re");
	char line[256], name[256] = "", section[100] = "";
	int found = 0;
	for (int no = 1; in && !found && fgets(line, sizeof line, in); no++) {
		if (line[0] == '[') {
			snprintf(section, sizeof section, "%.*s", (int)strcspn(line + 1, "]\n"),
				line + 1);
		} else {
			snprintf(name, sizeof name, "%s.%.*s", section,
				(int)strcspn(line, " \t=:\r\n"), line);
			found = strcmp(name, setting) == 0 ? no : 0;
		}
	}
	if (in)
		fclose(in);
	return found;
}

static void complain_setting(const char *path, enum err e, const struct fault *f)
{
	int line = line_of(path, f->field);
	fputs(path, stderr);
	if (line)
		fprintf(stderr, ":%d", line);
	fprintf(stderr, ": %s: %s %s\n", f->field, err_sentence(e), f->detail);
}

static void refused(const char *what, struct str why, struct str restart_for)
{
	process_reloaded(false);
	struct log_line l;
	log_open(&l, LOG_ERROR, "the configuration was not read again; the old one stays");
	log_c(&l, "setting", what);
	log_str(&l, "why", why);
	log_str(&l, "restart_for", restart_for);
	log_emit(&l);
}

/* The file as it stands, or the next start would fail, and then what is in force by it: settings
 * that need a restart stay as they are, and the others must go with them. */
static enum err check_again(
	const struct role *r, struct conf *next, struct made *m, struct buf *left, struct fault *f)
{
	enum err e = check(r->row, next, m, f);
	made_fini(m);
	if (e != OK)
		return e;
	conf_swap(r->conf, next, left);
	e = check(r->row, r->conf, m, f);
	if (e != OK) {
		BUF_ON(told, 1);
		conf_swap(r->conf, next, &told);
	}
	return e;
}

bool role_reload(const struct role *r, struct pays *pays)
{
	static char text[16384];
	struct conf next;
	struct made m = {0};
	struct fault f = {0};
	struct str rest, line;
	struct buf b;
	buf_init(&b, text, sizeof text);
	enum err e = conf_load(r->path, ROLES[r->row].conf, &next, &b);
	if (e != OK) {
		rest = b.n > 0 ? buf_str(&b) : str_c(err_slug(e));
		while (str_cut(&rest, '\n', &line))
			refused("", line, STR(""));
		return false;
	}
	CRASH_POINT("h.config_parsed");
	buf_init(&b, text, sizeof text);
	e = check_again(r, &next, &m, &b, &f);
	if (e != OK) {
		refused(f.field, f.detail[0] ? str_c(f.detail) : str_c(err_sentence(e)),
			buf_str(&b));
		made_fini(&m);
		conf_fini(&next);
		return false;
	}
	conf_fini(&next);
	if (r->ring) {
		seal_ring_fini(r->ring);
		*r->ring = m.ring;
		m.ring = (struct seal_ring){0};
	}
	if (pays) {
		struct pays old = *pays;
		*pays = m.pays;
		m.pays = old;
	}
	log_level_set(m.level);
	made_fini(&m);
	process_reloaded(true);
	CRASH_POINT("h.swapped");
	struct log_line l;
	log_open(&l, LOG_NOTICE, "the configuration was read again");
	log_str(&l, "restart_for", buf_str(&b));
	log_emit(&l);
	return true;
}

static int serve(size_t i, const char *path, struct conf *c, struct made *m)
{
	struct fault f = {0};
	struct role r = {.name = ROLES[i].name,
		.path = path,
		.row = i,
		.conf = c,
		.ring = ROLES[i].ring ? &m->ring : NULL};
	log_role_set(ROLES[i].name);
	log_level_set(m->level);
	enum err e = sandbox_enter(c, path, &f);
	if (e != OK)
		return role_failed("cannot start", e, &f);
	process_start(ROLES[i].name, PLEDGED_VERSION, conf_str(c, CONF_metrics_file));
	int code = ROLES[i].run(&r);
	process_end();
	return code;
}

enum what { SERVE, TEST, DUMP, SELF_TEST };

static int start(size_t i, const char *path, enum what what)
{
	static char text[65536];
	struct conf conf;
	struct made m = {.level = LOG_INFO};
	struct fault f = {0};
	struct buf b;
	int code = 0;
	buf_init(&b, text, sizeof text);
	enum err e = conf_load(path, ROLES[i].conf, &conf, &b);
	if (e != OK) {
		complain(&b);
		if (b.n == 0)
			fprintf(stderr, "%s: %s\n", path, err_slug(e));
		return e == ERR_NO_MEMORY ? EXIT_TEMP : EXIT_CONF;
	}
	e = check(i, &conf, &m, &f);
	pays_close(&m.pays); /* the role opens its own */
	if (e == OK && what == TEST)
		e = check_lists(&conf, &f);
	if (e != OK) {
		complain_setting(path, e, &f);
		code = EXIT_CONF;
	} else if (what == DUMP) {
		conf_dump(&conf, &b);
		fwrite(b.p, 1, buf_str(&b).n, stdout);
	} else if (what == TEST) {
		fprintf(stderr, "pledged %s: %s is fine\n", ROLES[i].name, path);
	} else if (what == SELF_TEST) {
		code = sandbox_test(&conf, path);
	} else {
		code = serve(i, path, &conf, &m);
	}
	made_fini(&m);
	conf_fini(&conf);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option LONG[] = {{"config", required_argument, NULL, 'c'},
		{"test", no_argument, NULL, 't'}, {"dump", no_argument, NULL, 'T'},
		{"self-test", no_argument, NULL, 'S'}, {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *path = "/etc/pledged/pledged.ini";
	sigset_t hup;
	/* one that comes before the role is ready waits for it: what was read may be old by then */
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hup, NULL);
	enum what what = SERVE;
	for (int c; (c = getopt_long(argc, argv, "c:tTvh", LONG, NULL)) != -1;) {
		if (c == 'c')
			path = optarg;
		else if (c == 't')
			what = TEST;
		else if (c == 'T')
			what = DUMP;
		else if (c == 'S')
			what = SELF_TEST;
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
			return start(i, path, what);
	usage(stderr);
	return 2;
}

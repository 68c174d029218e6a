/* main/pledgectl.c: the operator's tool: which command, which configuration, which exit code. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "main/ctl.h"

#ifndef PLEDGED_VERSION
#define PLEDGED_VERSION "dev"
#endif

static const struct ctl_command COMMANDS[] = {
	{"migrate", "[--dir DIR] [--dry-run]", ctl_migrate, "bring the database to this release"},
	{"campaign apply", "FILE|DIR ...", ctl_campaign_apply, "publish campaigns, all or none"},
	{"campaign check", "FILE|DIR ...", ctl_campaign_check,
		"say what is wrong with campaign files"},
	{"campaign list", "[--json]", ctl_campaign_list, "show campaigns and their versions"},
	{"campaign pause", "NAME", ctl_campaign_pause, "take a campaign out"},
	{"campaign resume", "NAME", ctl_campaign_resume, "put it back"},
	{"campaign diff", "NAME [FILE | V1 [V2]]", ctl_campaign_diff,
		"show what changed, or would change"},
	{"campaign history", "NAME", ctl_campaign_history, "show who did what, and when"},
	{"campaign rollback", "NAME [VERSION]", ctl_campaign_rollback,
		"publish an older version again"},
	{"campaign export", "NAME | --all [DIR]", ctl_campaign_export, "write campaigns as files"},
	{"explain", "--article PATH [FACTS]", ctl_explain, "why a reader meets what"},
	{"replay", "FILE|DIR ... [--days N]", ctl_replay, "what campaigns would change"},
	{"preview --html", "OUT [FILE|DIR ...]", ctl_preview_page,
		"a page of all that can be shown"},
	{"preview", "CAMPAIGN [FACTS]", ctl_preview, "a link that shows a variant"},
	{"debug", "[--page P] [--hours N]", ctl_debug, "a pass that shows why"},
	{"pay off", "PROVIDER [--method M] | --country C | --campaign NAME", ctl_pay_off,
		"take no new pledges there"},
	{"pay on", "PROVIDER [--method M] | --country C | --campaign NAME", ctl_pay_on,
		"take them again"},
	{"pay list", "", ctl_pay_list, "show what is switched off"},
	{"risk list", "", ctl_risk_list, "show the risk filters of new pledges"},
	{"risk set", "FILTER on|shadow|off [--points N] [--reason R]", ctl_risk_set,
		"switch one of them"},
	{"robots list", "", ctl_robots_list, "show which robots are let through"},
	{"robots load", "ROBOT FILE", ctl_robots_load, "replace a robot's list of addresses"},
	{"robots drop", "ROBOT", ctl_robots_drop, NULL},
	{"pledge show", "WORD [--json] [--personal]", ctl_pledge_show,
		"everything on one pledge, in words"},
	{"pledge events", "WORD [--json]", ctl_pledge_events, "its ledger as a time line"},
	{"pledge refund", "WORD [--amount A] [--reason R] [--wait]", ctl_pledge_refund,
		"give a payment back, or a part"},
	{"pledge cancel", "WORD [--at-end | --keep] [--wait]", ctl_pledge_cancel,
		"end a recurring gift"},
	{"pledge pause", "WORD --until DAY [--wait]", ctl_pledge_pause, "charge nothing till then"},
	{"pledge resume", "WORD [--wait]", ctl_pledge_resume, "charge again"},
	{"pledge amount", "WORD AMOUNT [--wait]", ctl_pledge_amount,
		"give more or less from now on"},
	{"pledge resolve", "WORD --look | --accept-mismatch PAYMENT | --close | --unpark | --keep",
		ctl_pledge_resolve, "decide what waits for a person"},
	{"pledge adopt", "ID | --all [--site S] [--provider P] [--reason R]", ctl_pledge_adopt,
		"take over money whose pledge was lost"},
	{"inbox parked", "[--json]", ctl_inbox_parked, "webhooks that were given up"},
	{"inbox retry", "ID | --all", ctl_inbox_retry, "try them again"},
	{"audit", "[--provider P] [--days N] [--json]", ctl_audit,
		"compare the provider's books with ours"},
	{"export", "READER | E-MAIL", ctl_export, "all that is stored of a person; also: erase"},
	{"erase", "READER | E-MAIL [--yes]", ctl_erase, NULL},
	{"seed", "--site S --days N --views-per-day N [--seed S] [--raw-days D] [--until DAY]",
		ctl_seed, NULL},
	{"report", "[NAME | --html OUT] ...", ctl_report, "print a report, or a page of all"},
	{"check", "[--dir DIR]", ctl_check, "look whether everything is in place"},
	{"mint-cookies", "[--new] N FILE", ctl_mint, NULL},
};

/* Commands of two words share a line under their first one; `pledgectl pledge` tells each. */
static bool same_group(const struct ctl_command *a, const struct ctl_command *b)
{
	size_t n = strcspn(a->name, " ");
	return a->name[n] == ' ' && strncmp(a->name, b->name, n + 1) == 0;
}

static void help_group(FILE *out, size_t first)
{
	const struct ctl_command *c = &COMMANDS[first];
	int column = fprintf(out, "  %s", c->name);
	for (size_t i = first + 1; i < ARRAY_N(COMMANDS) && same_group(c, &COMMANDS[i]); i++) {
		const char *verb = strchr(COMMANDS[i].name, ' ') + 1;
		if (!COMMANDS[i].help)
			continue;
		if (column + (int)strlen(verb) > 86)
			column = fprintf(out, "\n      ") - 1;
		column += fprintf(out, " | %s", verb);
	}
	fprintf(out, "\n");
}

static void help(FILE *out)
{
	fprintf(out, "usage: pledgectl [-c FILE] COMMAND ...\n\n");
	for (size_t i = 0; i < ARRAY_N(COMMANDS); i++) {
		const struct ctl_command *c = &COMMANDS[i];
		if (i > 0 && same_group(c, c - 1))
			continue;
		if (i + 1 < ARRAY_N(COMMANDS) && same_group(c, c + 1))
			help_group(out, i);
		else if (c->help)
			fprintf(out, "  %-13s %-28s %s\n", c->name, c->words, c->help);
	}
	fprintf(out,
		"\n  -c, --config FILE (/etc/pledged/pledged.ini); -h, --help: this page; -V: the "
		"version\n"
		"The first word alone tells its commands: pledgectl pledge. See "
		"pledgectl(1).\n"
		"Exit: 0 fine, 1 failed, 2 usage, 75 database away, 78 configuration.\n");
}

/* The commands that begin with this word; false when there are none. */
static bool help_word(FILE *out, const char *word)
{
	size_t n = strlen(word), told = 0;
	for (size_t i = 0; i < ARRAY_N(COMMANDS); i++) {
		const struct ctl_command *c = &COMMANDS[i];
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ' || !c->help)
			continue;
		fprintf(out, "  %s %s\n      %s\n", c->name, c->words, c->help);
		told++;
	}
	return told > 0;
}

int ctl_usage(const struct ctl *c)
{
	fprintf(stderr, "usage: pledgectl [-c FILE] %s %s\n", c->command->name, c->command->words);
	return CTL_USAGE;
}

int ctl_fail(enum err e, const struct fault *f)
{
	fprintf(stderr, "pledgectl: %s\n", f && f->detail[0] ? f->detail : err_sentence(e));
	if (e == ERR_CONF || e == ERR_SECRET)
		return CTL_CONF;
	return err_class(e) == ERR_CLASS_SOFT ? CTL_AWAY : CTL_FAILED;
}

int ctl_conf(struct ctl *c)
{
	BUF_ON(complaint, 16384);
	if (c->has_conf)
		return CTL_OK;
	enum err e = conf_load(c->conf_path, CONF_ROLE_OPERATOR, &c->conf, &complaint);
	if (e != OK) {
		fprintf(stderr, "%.*s", STR_FMT(buf_str(&complaint)));
		if (complaint.n == 0)
			fprintf(stderr, "pledgectl: %s: %s\n", c->conf_path, err_sentence(e));
		return CTL_CONF;
	}
	c->has_conf = true;
	return CTL_OK;
}

int ctl_open(struct ctl *c)
{
	struct fault f = {0};
	int code = ctl_conf(c);
	if (code != CTL_OK || c->store)
		return code;
	enum err e = store_open(&c->conf, NULL, &c->store, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

int ctl_owner(struct ctl *c)
{
	struct fault f = {0};
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	enum err e = store_script(c->store, "SET ROLE pledged_owner", NULL, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

/* Which command the first words are, and how many words it takes. */
static const struct ctl_command *find(int argc, char **argv, int *ret_words)
{
	for (size_t i = 0; i < ARRAY_N(COMMANDS); i++) {
		struct str rest = str_c(COMMANDS[i].name), word;
		int n = 0;
		while (n < argc && str_cut(&rest, ' ', &word) && str_is(word, argv[n]))
			n++;
		if (rest.n == 0 && n > 0 && str_is(word, argv[n - 1])) {
			*ret_words = n;
			return &COMMANDS[i];
		}
	}
	return NULL;
}

/* What was told did not all get out; that of it which was written before the end was reached leaves
 * a mark at the stream alone. */
static bool is_lost(void)
{
	int why = ferror(stdout) ? EIO : 0;
	if (fflush(stdout) != 0)
		why = errno;
	if (why != 0)
		fprintf(stderr, "pledgectl: stdout: %s\n", strerror(why));
	return why != 0;
}

static int run(struct ctl *c, int argc, char **argv)
{
	int words = 0;
	c->command = find(argc, argv, &words);
	if (!c->command) {
		if (!help_word(stderr, argv[0]))
			fprintf(stderr, "pledgectl: unknown command; see pledgectl --help\n");
		return CTL_USAGE;
	}
	optind = 0; /* getopt starts anew */
	int code = c->command->run(c, argc - words + 1, argv + words - 1);
	bool lost = is_lost();
	if (code == CTL_OK && lost)
		code = CTL_FAILED;
	store_close(c->store);
	if (c->has_conf)
		conf_fini(&c->conf);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	struct ctl c = {.conf_path = "/etc/pledged/pledged.ini", .version = PLEDGED_VERSION};
	int o;
	log_level_set(LOG_ERROR); /* what is to be told is told in words */
	while ((o = getopt_long(argc, argv, "+c:hV", OPTIONS, NULL)) != -1) {
		switch (o) {
		case 'c': c.conf_path = optarg; break;
		case 'h': help(stdout); return CTL_OK;
		case 'V': printf("pledgectl %s\n", c.version); return CTL_OK;
		default: return CTL_USAGE;
		}
	}
	if (optind == argc) {
		help(stderr);
		return CTL_USAGE;
	}
	return run(&c, argc - optind, argv + optind);
}

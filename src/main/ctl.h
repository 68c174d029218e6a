/* main/ctl.h: what the commands of pledgectl share.
 * Floor 5. A command gets its own argc and argv (argv[0] is its last word) and returns the exit
 * code. */
#ifndef MAIN_CTL_H
#define MAIN_CTL_H

#include "store/pg.h"

enum ctl_exit { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_AWAY = 75, CTL_CONF = 78 };

struct ctl {
	const char *conf_path, *version;
	const struct ctl_command *command; /* the one that runs */
	bool has_conf;
	struct conf conf;
	struct store *store; /* after ctl_open */
};

struct ctl_command {
	const char *name;  /* one or two words */
	const char *words; /* what may follow */
	int (*run)(struct ctl *c, int argc, char **argv);
	const char *help; /* NULL: not in the short list, see pledgectl(1) */
};

int ctl_migrate(struct ctl *c, int argc, char **argv);
int ctl_campaign_apply(struct ctl *c, int argc, char **argv);
int ctl_campaign_check(struct ctl *c, int argc, char **argv);
int ctl_campaign_list(struct ctl *c, int argc, char **argv);
int ctl_campaign_pause(struct ctl *c, int argc, char **argv);
int ctl_campaign_resume(struct ctl *c, int argc, char **argv);
int ctl_campaign_diff(struct ctl *c, int argc, char **argv);
int ctl_campaign_history(struct ctl *c, int argc, char **argv);
int ctl_campaign_rollback(struct ctl *c, int argc, char **argv);
int ctl_campaign_export(struct ctl *c, int argc, char **argv);
int ctl_pledge_show(struct ctl *c, int argc, char **argv);
int ctl_pledge_events(struct ctl *c, int argc, char **argv);
int ctl_pledge_refund(struct ctl *c, int argc, char **argv);
int ctl_pledge_cancel(struct ctl *c, int argc, char **argv);
int ctl_pledge_pause(struct ctl *c, int argc, char **argv);
int ctl_pledge_resume(struct ctl *c, int argc, char **argv);
int ctl_pledge_amount(struct ctl *c, int argc, char **argv);
int ctl_pledge_resolve(struct ctl *c, int argc, char **argv);
int ctl_pledge_adopt(struct ctl *c, int argc, char **argv);
int ctl_inbox_parked(struct ctl *c, int argc, char **argv);
int ctl_inbox_retry(struct ctl *c, int argc, char **argv);
int ctl_audit(struct ctl *c, int argc, char **argv);
int ctl_export(struct ctl *c, int argc, char **argv);
int ctl_erase(struct ctl *c, int argc, char **argv);
int ctl_seed(struct ctl *c, int argc, char **argv);
int ctl_check(struct ctl *c, int argc, char **argv);
int ctl_explain(struct ctl *c, int argc, char **argv);
int ctl_replay(struct ctl *c, int argc, char **argv);
int ctl_preview(struct ctl *c, int argc, char **argv);
int ctl_preview_page(struct ctl *c, int argc, char **argv);
int ctl_debug(struct ctl *c, int argc, char **argv);
int ctl_robots_list(struct ctl *c, int argc, char **argv);
int ctl_robots_load(struct ctl *c, int argc, char **argv);
int ctl_robots_drop(struct ctl *c, int argc, char **argv);
int ctl_pay_list(struct ctl *c, int argc, char **argv);
int ctl_pay_off(struct ctl *c, int argc, char **argv);
int ctl_pay_on(struct ctl *c, int argc, char **argv);
int ctl_risk_list(struct ctl *c, int argc, char **argv);
int ctl_risk_set(struct ctl *c, int argc, char **argv);
int ctl_report(struct ctl *c, int argc, char **argv);
int ctl_mint(struct ctl *c, int argc, char **argv);

/* ctl_conf, ctl_open, ctl_owner: configuration; and store; and the operator's rights there. Return
 * CTL_OK, or the exit code when they have told why not. */
int ctl_conf(struct ctl *c);
int ctl_open(struct ctl *c);
int ctl_owner(struct ctl *c);
int ctl_usage(
	const struct ctl *c); /* tells how the running command is written; returns CTL_USAGE */
int ctl_fail(enum err e, const struct fault *f); /* tells f; returns the exit code that fits */

/* ctl_sql: where the SQL files are: installed, else ./sql. */
const char *ctl_sql(void);

/* ctl_dir: takes `--dir DIR` and nothing else from argv; NULL when there is more. Without it:
 * ctl_sql. */
const char *ctl_dir(int argc, char **argv, bool *ret_dry);

#endif

/* main/ctl_migrate.c: pledgectl migrate. */
#include <getopt.h>
#include <stdio.h>

#include "app/migrate.h"
#include "app/report.h"
#include "main/ctl.h"

const char *ctl_sql(void)
{
	return report_sql();
}

const char *ctl_dir(int argc, char **argv, bool *ret_dry)
{
	static const struct option OPTIONS[] = {
		{"dir", required_argument, NULL, 'd'}, {"dry-run", no_argument, NULL, 'n'}, {0}};
	const char *dir = ctl_sql();
	int o;
	while ((o = getopt_long(argc, argv, "d:n", OPTIONS, NULL)) != -1) {
		if (o == 'd')
			dir = optarg;
		else if (o == 'n' && ret_dry)
			*ret_dry = true;
		else
			return NULL;
	}
	return optind == argc ? dir : NULL;
}

int ctl_migrate(struct ctl *c, int argc, char **argv)
{
	bool dry = false;
	const char *dir = ctl_dir(argc, argv, &dry);
	if (!dir)
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	struct fault f = {0};
	struct migrate m = {c->store, dir, c->version, stdout};
	enum err e = migrate_run(&m, dry, &f);
	fflush(stdout); /* what was done stands before what went wrong */
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

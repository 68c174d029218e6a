/* main/ctl_robots.c: pledgectl robots: whose claim to be a robot is believed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/robots_file.h"
#include "main/ctl_campaign.h"

#define FILE_BYTES  (4u << 20)
#define ARENA_BYTES (8u << 20)

/* --- list ------------------------------------------------------------------------------------ */

static int row_of(const struct rows *rows, enum robot robot)
{
	int i = 0;
	while (i < rows_n(rows) && !str_is(row_str(rows, i, "robot"), robot_name(robot)))
		i++;
	return i < rows_n(rows) ? i : -1;
}

static void print_robot(const struct rows *rows, enum robot robot)
{
	int i = row_of(rows, robot);
	const char *suffixes = robot_suffixes(robot);
	BUF_ON(loaded, 40);
	if (i >= 0 && !row_null(rows, i, "loaded_at"))
		clock_format(&loaded, utc_of_s(utc_s(row_utc(rows, i, "loaded_at"))));
	else
		buf_byte(&loaded, '-');
	printf("%-12s  %6lld  %-20.*s  %9lld  %7lld  %5lld  %s\n", robot_name(robot),
		i < 0 ? 0LL : (long long)row_int(rows, i, "ranges"), STR_FMT(buf_str(&loaded)),
		i < 0 ? 0LL : (long long)row_int(rows, i, "addresses"),
		i < 0 ? 0LL : (long long)row_int(rows, i, "waiting"),
		i < 0 ? 0LL : (long long)row_int(rows, i, "refuted"), suffixes[0] ? suffixes : "-");
}

int ctl_robots_list(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	(void)argv;
	if (argc != 1)
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_robot_list, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%-12s  %6s  %-20s  %9s  %7s  %5s  %s\n", "ROBOT", "LISTED", "LOADED", "FOUND",
		"WAITING", "FALSE", "HOST NAMES");
	for (enum robot r = ROBOT_NONE + 1; r < ROBOT_N; r++)
		print_robot(rows, r);
	return CTL_OK;
}

/* --- load and drop --------------------------------------------------------------------------- */

static enum robot named(const char *name)
{
	enum robot robot = robot_of(str_c(name));
	if (robot != ROBOT_NONE)
		return robot;
	fprintf(stderr, "pledgectl: there is no such robot; these there are:");
	for (enum robot r = ROBOT_NONE + 1; r < ROBOT_N; r++)
		fprintf(stderr, " %s", robot_name(r));
	fprintf(stderr, "\n");
	return ROBOT_NONE;
}

/* The whole file in memory of its own; NULL when that was told to be impossible. */
static char *read_file(const char *path, size_t *ret_n)
{
	FILE *in = fopen(path, "re");
	char *mem = in ? malloc(FILE_BYTES + 1) : NULL;
	*ret_n = mem ? fread(mem, 1, FILE_BYTES + 1, in) : 0;
	const char *wrong = !in || (mem && ferror(in)) ? strerror(errno)
			    : !mem                     ? "out of memory"
			    : *ret_n > FILE_BYTES      ? "larger than 4 MiB"
						       : NULL;
	if (in)
		fclose(in);
	if (!wrong)
		return mem;
	fprintf(stderr, "%s: %s\n", path, wrong);
	free(mem);
	return NULL;
}

static int set(struct ctl *c, enum robot robot, const char *ranges)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_c(&a, robot_name(robot));
	arg_big(&a, ranges);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_robot_ranges_set, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%s: %lld networks\n", robot_name(robot), (long long)row_int(rows, 0, "n"));
	return CTL_OK;
}

/* PostgreSQL's text of an array, in the arena; NULL when it does not fit. */
static const char *array_of(const struct robot_range *range, size_t n, struct arena *arena)
{
	size_t cap = n * (ROBOT_TEXT_MAX + 1) + 3;
	char *mem = arena_alloc(arena, cap);
	struct buf b;
	if (!mem)
		return NULL;
	buf_init(&b, mem, cap);
	for (size_t i = 0; i < n; i++) {
		buf_byte(&b, i ? ',' : '{');
		robot_range_format(&range[i], &b);
	}
	buf_addc(&b, "}");
	buf_byte(&b, '\0');
	return buf_done(&b) == OK ? mem : NULL;
}

static int load(struct ctl *c, enum robot robot, const char *path, struct arena *arena)
{
	struct campaign_faults faults = {0};
	struct robot_range *range;
	size_t bytes, n;
	char *text = read_file(path, &bytes);
	if (!text)
		return CTL_FAILED;
	enum err e = robots_file_read((struct str){text, bytes}, robot, arena, &range, &n, &faults);
	free(text);
	ctl_faults(path, &faults);
	const char *array = e == OK ? array_of(range, n, arena) : NULL;
	if (!array && faults.n == 0)
		fprintf(stderr, "%s: %s\n", path, err_sentence(ERR_NO_MEMORY));
	return array ? set(c, robot, array) : CTL_FAILED;
}

int ctl_robots_load(struct ctl *c, int argc, char **argv)
{
	struct arena arena;
	if (argc != 3 || argv[1][0] == '-')
		return ctl_usage(c);
	enum robot robot = named(argv[1]);
	if (robot == ROBOT_NONE)
		return CTL_USAGE;
	if (arena_init(&arena, ARENA_BYTES) != OK)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	int code = load(c, robot, argv[2], &arena);
	arena_fini(&arena);
	return code;
}

int ctl_robots_drop(struct ctl *c, int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage(c);
	enum robot robot = named(argv[1]);
	return robot == ROBOT_NONE ? CTL_USAGE : set(c, robot, "{}");
}

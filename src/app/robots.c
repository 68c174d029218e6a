/* app/robots.c: the list is replaced as a whole; claims wait in a small set. */
#include <stdlib.h>
#include <string.h>

#include "app/robots.h"
#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"

#define AGAIN_MS 5000 /* after a failure */

struct claim {
	struct robot_address address;
	enum robot robot;
};

/* A robot_range and whether it is to be claimed again before it ends. */
struct list {
	size_t n, due_n;
	struct robot_range *range, *due; /* one block of memory */
};

struct robots {
	struct list list;
	size_t claim_n;
	struct claim claim[ROBOTS_CLAIMS_MAX];
	mono_t load_at;
	int64_t every_s;
	bool is_loading, failed_before;
};

enum err robots_new(struct robots **ret)
{
	*ret = calloc(1, sizeof **ret);
	return *ret ? OK : ERR_NO_MEMORY;
}

void robots_free(struct robots *r)
{
	if (r)
		free(r->list.range);
	free(r);
}

/* --- one page view --------------------------------------------------------------------------- */

static void note(struct robots *r, enum robot robot, const struct robot_address *a)
{
	/* an address of an inner network is no robot's, and no name server's business */
	if (robot_suffixes(robot)[0] == '\0' || !robot_address_is_public(a))
		return;
	for (size_t i = 0; i < r->claim_n; i++)
		if (r->claim[i].robot == robot && memcmp(&r->claim[i].address, a, sizeof *a) == 0)
			return;
	if (r->claim_n < ROBOTS_CLAIMS_MAX)
		r->claim[r->claim_n++] = (struct claim){*a, robot};
}

bool robots_is_verified(struct robots *r, struct str claim, struct str address)
{
	struct robot_address a;
	enum robot robot = claim.n ? robot_of(claim) : ROBOT_NONE;
	if (robot == ROBOT_NONE)
		return false;
	bool known = robot_address_parse(address, &a) == OK;
	bool verified = known && robot_ranges_hold(r->list.range, r->list.n, robot, &a);
	if (known && (!verified || robot_ranges_hold(r->list.due, r->list.due_n, robot, &a)))
		note(r, robot, &a);
	metric_add(METRIC_ROBOT_CLAIMS,
		metric_series(
			METRIC_ROBOT_CLAIMS, verified ? CLAIM_verified : CLAIM_unverified, 0, 0),
		1);
	return verified;
}

/* --- the claims ------------------------------------------------------------------------------ */

enum err robots_format(const struct robots *r, struct buf *b)
{
	buf_byte(b, '[');
	for (size_t i = 0; i < r->claim_n; i++) {
		buf_addc(b, i ? ",[\"" : "[\"");
		robot_address_format(&r->claim[i].address, b);
		buf_addf(b, "\",\"%s\"]", robot_name(r->claim[i].robot));
	}
	buf_byte(b, ']');
	return buf_done(b);
}

void robots_clear(struct robots *r)
{
	r->claim_n = 0;
}

/* --- the list -------------------------------------------------------------------------------- */

static size_t sorted(struct robot_range *range, size_t n)
{
	qsort(range, n, sizeof *range, robot_range_order);
	return robot_ranges_pack(range, n);
}

static enum err read_list(const struct rows *rows, struct list *ret)
{
	size_t n = (size_t)rows_n(rows);
	struct list l = {.range = calloc(2 * n + 1, sizeof *l.range)};
	if (!l.range)
		return ERR_NO_MEMORY;
	l.due = l.range + n;
	for (size_t i = 0; i < n; i++) {
		enum robot robot = robot_of(row_str(rows, (int)i, "robot"));
		/* a robot that this release does not know, or a range that it would not load:
		 * nobody else's are held up by it */
		if (robot == ROBOT_NONE || robot_range_parse(row_str(rows, (int)i, "range"), robot,
						   &l.range[l.n]) != OK)
			continue;
		if (row_bool(rows, (int)i, "is_due"))
			l.due[l.due_n++] = l.range[l.n];
		l.n++;
	}
	l.n = sorted(l.range, l.n);
	l.due_n = sorted(l.due, l.due_n);
	*ret = l;
	return OK;
}

static void failed(struct robots *r, enum err e)
{
	r->load_at = mono_add(clock_mono(), dur_ms(AGAIN_MS));
	if (e == ERR_STORE_DOWN || r->failed_before)
		return;
	r->failed_before = true;
	struct log_line l;
	log_open(&l, LOG_ERROR, "robots could not be loaded; the last good list stays");
	log_err(&l, e, NULL);
	log_emit(&l);
}

static void got_list(void *arg, enum err e, const struct rows *rows)
{
	struct robots *r = arg;
	struct list fresh = {0};
	r->is_loading = false;
	if (e == OK)
		e = read_list(rows, &fresh);
	if (e != OK) {
		failed(r, e);
		return;
	}
	free(r->list.range);
	r->list = fresh;
	r->failed_before = false;
	r->load_at = mono_add(clock_mono(), dur_ms(r->every_s * 1000));
}

bool robots_load(struct robots *r, struct batch *b, utc_t utc, mono_t now, int64_t every_s)
{
	if (r->is_loading || now.us < r->load_at.us || !batch_is_up(b))
		return r->is_loading;
	struct store_args a;
	store_args_init(&a);
	arg_utc(&a, utc);
	r->every_s = every_s;
	r->is_loading = true;
	enum err e = batch_query(b, STMT_view_robots, &a, got_list, r);
	r->is_loading = e == OK;
	if (e != OK && e != ERR_STATE) /* another question is open: soon again */
		failed(r, e);
	return r->is_loading;
}

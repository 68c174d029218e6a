/* app/robots_file.c: a list from outside; one wrong word in it refuses the whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/robots_file.h"
#include "app/walk.h"

struct line_reader {
	struct walk walk;
	enum robot robot;
	size_t n;
	struct robot_range *range;
};

static const char *what_is_wrong(struct str s, enum robot robot, struct robot_range *ret)
{
	switch (robot_range_parse(s, robot, ret)) {
	case OK: return NULL;
	case ERR_RANGE: return "is wider than a /8 of IPv4 or a /16 of IPv6";
	default: return "is no network such as 192.0.2.0/24 or 2001:db8::/32";
	}
}

/* Takes one network; a fault is told at `at`. */
static void take(struct line_reader *r, const struct walk_place *at, struct str s)
{
	struct robot_range range;
	const char *wrong = what_is_wrong(s, r->robot, &range);
	if (wrong)
		walk_wrong(&r->walk, at, "%s", wrong);
	else if (r->n == ROBOTS_FILE_MAX)
		walk_wrong(&r->walk, at, "is more than %d networks", ROBOTS_FILE_MAX);
	else
		r->range[r->n++] = range;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void take_prefix(struct line_reader *r, const struct walk_place *up, const json_t *o)
{
	static const char *const KEYS[] = {"ipv4Prefix", "ipv6Prefix"};
	size_t found = 0;
	if (!walk_is(&r->walk, up, o, JSON_OBJECT))
		return;
	for (size_t i = 0; i < ARRAY_N(KEYS); i++) {
		struct walk_place at = {up, KEYS[i], 0};
		const json_t *v = json_object_get(o, KEYS[i]);
		found += v != NULL;
		if (v && walk_is(&r->walk, &at, v, JSON_STRING))
			take(r, &at, walk_str(v));
	}
	if (found == 0)
		walk_wrong(&r->walk, up, "has neither ipv4Prefix nor ipv6Prefix");
}

static enum err read_json(struct line_reader *r, struct str text)
{
	json_auto_t *o = NULL;
	struct fault f = {0};
	struct walk_place at = {NULL, "prefixes", 0};
	enum err e = json_read(text, &o, &f);
	if (e != OK) {
		walk_wrong(&r->walk, NULL, "%s", f.detail[0] ? f.detail : err_sentence(e));
		return e;
	}
	const json_t *all = walk_get(&r->walk, &at, o, JSON_ARRAY, true), *one;
	size_t i;
	json_array_foreach((json_t *)all, i, one)
		take_prefix(r, &(struct walk_place){&at, NULL, i}, one);
	return OK;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void read_lines(struct line_reader *r, struct str text)
{
	struct str line;
	for (size_t no = 1; str_cut(&text, '\n', &line); no++) {
		char key[24];
		struct walk_place at = {NULL, key, 0};
		snprintf(key, sizeof key, "line_%zu", no);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#')
			take(r, &at, line);
	}
}

enum err robots_file_read(struct str text, enum robot robot, struct arena *a,
	struct robot_range **ret, size_t *ret_n, struct campaign_faults *faults)
{
	struct line_reader r = {.walk = {.arena = a, .faults = faults}, .robot = robot};
	struct str rest = text;
	enum err e = OK;
	r.range = arena_alloc(a, ROBOTS_FILE_MAX * sizeof *r.range);
	if (!r.range)
		return ERR_NO_MEMORY;
	while (rest.n > 0 && strchr(" \t\r\n", rest.p[0]) && rest.p[0])
		rest.p++, rest.n--;
	if (rest.n > 0 && (rest.p[0] == '{' || rest.p[0] == '['))
		e = read_json(&r, rest);
	else
		read_lines(&r, text);
	if (e == OK && r.n == 0 && faults->n == 0)
		walk_wrong(&r.walk, NULL, "holds no network");
	if (e == OK && faults->n > 0)
		e = ERR_FIELD_BAD;
	if (e != OK)
		return e;
	qsort(r.range, r.n, sizeof *r.range, robot_range_order);
	*ret_n = robot_ranges_pack(r.range, r.n);
	*ret = r.range;
	return OK;
}

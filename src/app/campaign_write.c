/* app/campaign_write.c: JSON laid out for reading: a line a field, short values on one line. */
#include "app/campaign_write.h"

#include <string.h>

#include "base/json.h"

#define SHORT 160 /* characters */

/* The order of conf/campaigns/README.md: of a field, those inside of it. What has no row here (a
 * language, a list of words) keeps to the row of what it stands in. */
static const struct order {
	const char *of, *fields;
} ORDER[] = {
	{"", "campaign site kind format priority start end experiment fallback sensitive holdout "
	     "target topics free blackouts supporter countries min_views cap pause meter goal "
	     "amounts amount_sets cover monthly_step remind variants"},
	{"target", "country language device section tag url flag referrer source age_hours words "
		   "hour weekdays visitor gave account read in not_in min max from to"},
	{"read", "topic days articles min max"},
	{"cap", "id views days gap_hours daily cycle"},
	{"cycle", "views skip restart_days"},
	{"pause", "close_days later_days already_gave_days never_days gave_once_days "
		  "gave_recurring_days"},
	{"meter", "id window days topic allowance registered then"},
	{"goal", "amount currency from"},
	{"amounts", "currency once month year preselect"},
	{"amount_sets", "when currency once month year preselect cover"},
	{"cover", "percent fixed"},
	{"when", "country gift gift_min gift_max"},
	{"preselect", "interval amount"},
	{"variants", "variant share control text"},
	{"text", "topline title body button later"},
	{"topics", "topic section tag url flag referrer source"},
	{"free", "section tag url flag referrer source"},
	{"sensitive", "section tag url flag referrer source"},
	{"blackouts", "start end campaigns"},
	{"holdout", "share walls"},
	{"supporter", "once_days recurring_days"},
};

static const struct order *order_of(const char *key, const struct order *up)
{
	for (size_t i = 0; i < ARRAY_N(ORDER); i++)
		if (strcmp(ORDER[i].of, key) == 0)
			return &ORDER[i];
	return up;
}

static size_t rank(const struct order *o, const char *key)
{
	struct str rest = str_c(o->fields), field;
	size_t i = 0;
	while (str_cut(&rest, ' ', &field) && !str_is(field, key))
		i++;
	return i;
}

static int compare(const struct order *o, const char *a, const char *b)
{
	size_t x = rank(o, a), y = rank(o, b);
	return x == y ? strcmp(a, b) : x < y ? -1 : 1;
}

/* The member that follows `last` (NULL: the first one); NULL at the end. */
static const char *next_key(const struct order *order, const json_t *o, const char *last)
{
	const char *key, *next = NULL;
	json_t *v;
	json_object_foreach((json_t *)o, key, v)
	{
		if ((!last || compare(order, key, last) > 0) &&
			(!next || compare(order, key, next) < 0))
			next = key;
	}
	return next;
}

/* --- values ---------------------------------------------------------------------------------- */

struct writer {
	struct buf *out;
	bool failed; /* jansson had no memory */
};

#define ONE_LINE -1 /* in the place of a depth */

static int add(const char *text, size_t n, void *arg)
{
	buf_add(arg, (struct str){text, n});
	return 0;
}

static void write_plain(struct writer *w, const json_t *v)
{
	if (!v || json_dump_callback(v, add, w->out, JSON_ENCODE_ANY) != 0)
		w->failed = true;
}

static void new_line(struct writer *w, int depth)
{
	buf_byte(w->out, '\n');
	for (int i = 0; i < depth; i++)
		buf_byte(w->out, '\t');
}

static void next_part(struct writer *w, bool *first, int depth)
{
	if (!*first)
		buf_byte(w->out, ',');
	if (depth != ONE_LINE)
		new_line(w, depth);
	else if (!*first)
		buf_byte(w->out, ' ');
	*first = false;
}

static void write_value(struct writer *w, const struct order *o, const json_t *v, int depth);

static void write_parts(struct writer *w, const struct order *o, const json_t *v, int depth)
{
	int inner = depth == ONE_LINE ? ONE_LINE : depth + 1;
	bool first = true;
	buf_byte(w->out, json_is_object(v) ? '{' : '[');
	for (const char *key = NULL; (key = next_key(o, v, key));) {
		json_auto_t *name = json_string(key);
		next_part(w, &first, inner);
		write_plain(w, name);
		buf_addc(w->out, ": ");
		write_value(w, order_of(key, o), json_object_get(v, key), inner);
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		next_part(w, &first, inner);
		write_value(w, o, json_array_get(v, i), inner);
	}
	if (depth != ONE_LINE)
		new_line(w, depth);
	buf_byte(w->out, json_is_object(v) ? '}' : ']');
}

static bool is_short(const struct buf *b, size_t from)
{
	size_t chars = 0;
	for (size_t i = from; i < b->n; i++)
		chars += ((unsigned char)b->p[i] & 0xc0) != 0x80;
	return !b->over && chars <= SHORT;
}

static void write_value(struct writer *w, const struct order *o, const json_t *v, int depth)
{
	struct buf before = *w->out;
	if (!json_is_object(v) && !json_is_array(v)) {
		write_plain(w, v);
		return;
	}
	write_parts(w, o, v, ONE_LINE);
	if (depth == ONE_LINE || is_short(w->out, before.n))
		return;
	*w->out = before;
	write_parts(w, o, v, depth);
}

enum err campaign_write(struct str json, struct buf *out, struct fault *f)
{
	json_auto_t *root = NULL;
	struct writer w = {.out = out};
	enum err e = json_read(json, &root, f);
	if (e != OK)
		return e;
	write_parts(&w, &ORDER[0], root, 0);
	buf_byte(out, '\n');
	if (w.failed)
		return fault_set(f, ERR_NO_MEMORY, NULL, "writing JSON");
	e = buf_done(out);
	return e == OK ? OK : fault_set(f, e, NULL, "a campaign is too long to be written");
}

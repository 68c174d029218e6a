/* base/log.c: one line of JSON, one write(2). */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"

#define VALUE_MAX 256
#define CUT       ",\"cut\":true}\n"

static enum log_level level_max = LOG_INFO;
static const char *role_name = "";
static const char *const level_name[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void log_level_set(enum log_level max)
{
	level_max = max;
}

enum err log_level_parse(struct str s, enum log_level *ret)
{
	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
		if (str_is(s, level_name[i])) {
			*ret = (enum log_level)i;
			return OK;
		}
	return ERR_FIELD_BAD;
}

void log_role_set(const char *role)
{
	role_name = role ? role : "";
}

void log_open(struct log_line *l, enum log_level level, const char *msg)
{
	ASSERT(level >= LOG_ERROR && level <= LOG_DEBUG);
	/* room is kept for the end of the line, so that it can always be closed */
	buf_init(&l->b, l->mem, sizeof l->mem - sizeof CUT);
	l->head = 0;
	l->on = level <= level_max;
	if (!l->on)
		return;
	buf_addc(&l->b, "{\"ts\":\"");
	clock_format(&l->b, clock_utc());
	buf_addf(&l->b, "\",\"level\":\"%s\",\"role\":", level_name[level]);
	buf_json(&l->b, str_c(role_name));
	log_c(l, "msg", msg);
	l->head = l->b.n;
}

/* At most VALUE_MAX bytes, and no half character. */
static struct str shortened(struct str v)
{
	if (v.n <= VALUE_MAX)
		return v;
	size_t n = VALUE_MAX;
	while (n > VALUE_MAX - 4 && ((unsigned char)v.p[n] & 0xc0) == 0x80)
		n--;
	return (struct str){v.p, n};
}

void log_str(struct log_line *l, const char *key, struct str v)
{
	if (!l->on)
		return;
	buf_byte(&l->b, ',');
	buf_json(&l->b, str_c(key));
	buf_byte(&l->b, ':');
	buf_json(&l->b, shortened(v));
}

void log_c(struct log_line *l, const char *key, const char *v)
{
	log_str(l, key, str_c(v));
}

void log_int(struct log_line *l, const char *key, int64_t v)
{
	if (!l->on)
		return;
	buf_byte(&l->b, ',');
	buf_json(&l->b, str_c(key));
	buf_addf(&l->b, ":%lld", (long long)v);
}

void log_err(struct log_line *l, enum err e, const struct fault *f)
{
	log_c(l, "err", err_slug(e));
	if (f && f->field[0])
		log_c(l, "field", f->field);
	if (f && f->detail[0])
		log_c(l, "detail", f->detail);
}

void log_emit(struct log_line *l)
{
	if (!l->on)
		return;
	l->on = false;
	bool cut = buf_done(&l->b) != OK;
	if (cut) {
		l->b.n = l->head;
		l->b.over = false;
	}
	l->b.cap = sizeof l->mem;
	buf_add(&l->b, cut ? STR(CUT) : STR("}\n"));
	/* a full pipe loses the line: the log is never the record */
	while (write(STDERR_FILENO, l->b.p, l->b.n) < 0 && errno == EINTR)
		;
}

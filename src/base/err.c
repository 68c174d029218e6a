/* base/err.c: the facts of err.def, and the note that travels with a failure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

struct fact {
	enum err_class class;
	int status;
	const char *slug, *sentence;
};

static const struct fact facts[ERR_N] = {
#define X(name, class, status, slug, sentence)                                                     \
	[ERR_##name] = {ERR_CLASS_##class, (status), (slug), (sentence)},
#include "base/err.def"
#undef X
};

static const struct fact *fact(enum err e)
{
	return &facts[(unsigned)e < ERR_N ? (unsigned)e : ERR_BUG];
}

enum err_class err_class(enum err e)
{
	return fact(e)->class;
}

int err_status(enum err e)
{
	return fact(e)->status;
}

const char *err_slug(enum err e)
{
	return fact(e)->slug;
}

const char *err_sentence(enum err e)
{
	return fact(e)->sentence;
}

/* A character that was cut in half at the end is dropped whole. */
static void drop_half_character(char *text)
{
	size_t n = strlen(text), back = 0;
	uint32_t rune;

	while (back < 3 && back < n && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back >= n)
		return;
	size_t first = n - 1 - back;
	if ((unsigned char)text[first] >= 0xc0 &&
		str_rune((struct str){text + first, n - first}, &rune) == 0)
		text[first] = 0;
}

enum err fault_set(struct fault *f, enum err e, const char *field, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return e;
	f->err = e;
	f->retry_s = 0;
	int n = snprintf(f->field, sizeof f->field, "%s", field ? field : "");
	if (n >= (int)sizeof f->field)
		drop_half_character(f->field);
	va_start(ap, fmt);
	n = vsnprintf(f->detail, sizeof f->detail, fmt, ap);
	va_end(ap);
	if (n < 0)
		f->detail[0] = 0;
	else if (n >= (int)sizeof f->detail)
		drop_half_character(f->detail);
	return e;
}

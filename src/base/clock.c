/* base/clock.c: the two clocks, and RFC 3339. */
#include <time.h>

#include "base/clock.h"

#define LAST_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t now_us(clockid_t id)
{
	struct timespec t;

	ASSERT(clock_gettime(id, &t) == 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

utc_t clock_utc(void)
{
	return (utc_t){now_us(CLOCK_REALTIME)};
}

mono_t clock_mono(void)
{
	return (mono_t){now_us(CLOCK_MONOTONIC)};
}

void clock_format(struct buf *b, utc_t t)
{
	time_t s = (time_t)utc_s(t);
	int us = (int)(t.us - utc_s(t) * 1000000);
	struct tm tm;

	/* outside 0000 to 9999 there is no RFC 3339 text */
	if (!gmtime_r(&s, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099) {
		b->over = true;
		return;
	}
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (us)
		buf_addf(b, ".%06d", us);
	buf_byte(b, 'Z');
}

/* --- parsing ------------------------------------------------------------------------------- */

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* Exactly `digits` digits, at least min and at most max. */
static bool number(struct str *s, size_t digits, int min, int max, int *ret)
{
	uint64_t v;

	if (s->n < digits || str_u64((struct str){s->p, digits}, (uint64_t)max, &v) != OK)
		return false;
	s->p += digits;
	s->n -= digits;
	*ret = (int)v;
	return *ret >= min;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Digits after the point; what is finer than a microsecond is dropped. */
static bool fraction(struct str *s, int *ret_us)
{
	int us = 0, unit = 100000;
	size_t n = 0;

	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; s->p++, s->n--, n++) {
		us += unit * (s->p[0] - '0');
		unit /= 10;
	}
	*ret_us = us;
	return n > 0;
}

/* Seconds east of Greenwich; nothing may follow. */
static bool offset(struct str *s, int *ret_s)
{
	int h, m, sign = s->n > 0 && s->p[0] == '-' ? -1 : 1;

	*ret_s = 0;
	if (take(s, 'Z') || take(s, 'z'))
		return s->n == 0;
	if (!take(s, '+') && !take(s, '-'))
		return false;
	if (!number(s, 2, 0, 23, &h) || !take(s, ':') || !number(s, 2, 0, 59, &m))
		return false;
	*ret_s = sign * (h * 3600 + m * 60);
	return s->n == 0;
}

enum err clock_parse(struct str s, utc_t *ret)
{
	int year, month, day, hour, min, sec, us = 0, east;

	if (!number(&s, 4, 1969, 9999, &year) || !take(&s, '-') || !number(&s, 2, 1, 12, &month) ||
		!take(&s, '-') || !number(&s, 2, 1, days_in(year, month), &day))
		return ERR_FIELD_BAD;
	if ((!take(&s, 'T') && !take(&s, 't')) || !number(&s, 2, 0, 23, &hour) || !take(&s, ':') ||
		!number(&s, 2, 0, 59, &min) || !take(&s, ':') || !number(&s, 2, 0, 59, &sec))
		return ERR_FIELD_BAD;
	if ((take(&s, '.') && !fraction(&s, &us)) || !offset(&s, &east))
		return ERR_FIELD_BAD;
	struct tm tm = {.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = min,
		.tm_sec = sec};
	int64_t at = (int64_t)timegm(&tm) - east;
	if (at < 0 || at > LAST_S)
		return ERR_FIELD_BAD;
	ret->us = at * 1000000 + us;
	return OK;
}

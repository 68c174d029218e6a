/* base/clock.h: three kinds of time that cannot be mixed up, and where they come from.
 * Floor 0. Only main and tests call the two clocks; everything else is handed its now. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"

typedef struct {
	int64_t us;
} utc_t; /* microseconds since 1970-01-01T00:00:00Z */
typedef struct {
	int64_t us;
} mono_t; /* microseconds of a clock that never steps */
typedef struct {
	int64_t us;
} dur_t;

utc_t clock_utc(void);
mono_t clock_mono(void);

static inline int64_t utc_s(utc_t t)
{
	return t.us / 1000000 - (t.us % 1000000 < 0);
}
static inline utc_t utc_of_s(int64_t s)
{
	return (utc_t){s * 1000000};
}
static inline dur_t dur_ms(int64_t ms)
{
	return (dur_t){ms * 1000};
}
static inline mono_t mono_add(mono_t t, dur_t d)
{
	return (mono_t){t.us + d.us};
}
static inline int64_t mono_left_ms(mono_t deadline, mono_t now) /* 0 when past, rounded up */
{
	return deadline.us <= now.us ? 0 : (deadline.us - now.us + 999) / 1000;
}

/* RFC 3339. format: UTC, "2026-11-23T20:30:00.123456Z" (fraction left out when 0).
 * parse: date-time with Z or ±hh:mm, years 1970 to 9999, leap days checked. fails ERR_FIELD_BAD. */
void clock_format(struct buf *b, utc_t t);
MUST enum err clock_parse(struct str s, utc_t *ret);

#endif

/* base/log.h: one JSON line per event on standard error. Every string is escaped and cut at 256
 * bytes; no personal data, no secret, no body. Floor 0. Only app and main write lines; a line is
 * one write(2). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

struct log_line {
	struct buf b;
	size_t head;
	bool on;
	char mem[2048];
}; /* head: bytes up to msg */

void log_level_set(enum log_level max);
MUST enum err log_level_parse(struct str s, enum log_level *ret); /* error warn notice info debug */
void log_role_set(const char *role); /* static string, stands in each line */

void log_open(struct log_line *l, enum log_level level, const char *msg);
void log_str(struct log_line *l, const char *key, struct str v);
void log_c(struct log_line *l, const char *key, const char *v);
void log_int(struct log_line *l, const char *key, int64_t v);
void log_err(struct log_line *l, enum err e,
	const struct fault *f);    /* slug, field, detail; f may be NULL */
void log_emit(struct log_line *l); /* an overlong line is replaced by its msg and "cut":true */

#endif

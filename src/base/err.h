/* base/err.h: one list of failures for the whole program, and the note that travels with one.
 * Floor 0. The list is err.def. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdint.h>

#include "base/must.h"

enum err_class {
	ERR_CLASS_OK,
	ERR_CLASS_INPUT,
	ERR_CLASS_STATE,
	ERR_CLASS_SOFT,
	ERR_CLASS_HARD,
	ERR_CLASS_BUG
};

enum err {
#define X(name, class, status, slug, sentence) ERR_##name,
#include "base/err.def"
#undef X
	ERR_N
};
#define OK ERR_OK

/* Facts of one error; e out of range counts as ERR_BUG. Never fail, never NULL. */
enum err_class err_class(enum err e);
int err_status(enum err e);           /* HTTP status */
const char *err_slug(enum err e);     /* stable word, part of the problem type */
const char *err_sentence(enum err e); /* one English sentence */

/* A failure described once, where it was found. field and detail may be empty; they hold no secret
 * and no personal data. */
struct fault {
	enum err err;
	char field[48];   /* which input, e.g. "amount" */
	char detail[200]; /* what was seen, for a person */
	int64_t retry_s;  /* it may work after so many seconds; 0: nobody knows */
};

/* fault_set: fill *f (may be NULL) and return e; retry_s becomes 0. field may be NULL. Overlong
 * text is cut at a character. */
enum err fault_set(struct fault *f, enum err e, const char *field, const char *fmt, ...)
	PRINTFLIKE(4, 5);

#endif

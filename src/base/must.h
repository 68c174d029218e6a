/* base/must.h: words of the compiler that the whole house uses.
 * Floor 0. */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result must be looked at. */
#define MUST __attribute__((warn_unused_result))
/* printf-like, format string at f, first argument at a. */
#define PRINTFLIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN         __attribute__((noreturn))
#define ARRAY_N(a)       (sizeof(a) / sizeof((a)[0]))

/* die: a bug was found; prints where and aborts. Stays on in release. */
NORETURN void must_die(const char *file, int line, const char *what);
#define ASSERT(x) ((x) ? (void)0 : must_die(__FILE__, __LINE__, #x))

#endif

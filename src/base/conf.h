/* base/conf.h: the configuration of one role, read at start and, in part, again on SIGHUP.
 * Floor 0 (libinih). Order: default < file < environment PLEDGED_<SECTION>_<KEY>. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/buf.h"

enum conf_key {
#define X(section, key, type, def, min, max, roles, help) CONF_##section##_##key,
#include "base/conf.def"
#undef X
	CONF_N
};

enum conf_role {
	CONF_ROLE_VIEW = 'v',
	CONF_ROLE_MONEY = 'm',
	CONF_ROLE_HOOK = 'h',
	CONF_ROLE_CLERK = 'c',
	CONF_ROLE_OPERATOR = 'o'
};

struct conf {
	enum conf_role role;
	char *text[CONF_N]; /* as written; secrets: contents of the file, "" when the role has none
			     */
	size_t text_n[CONF_N];
	int64_t num[CONF_N]; /* INT and BOOL */
	char *file[CONF_N];  /* where a secret lies, at start */
};

/* conf_load: read file, environment and secrets of a role, and check everything, also keys of other
 * roles (but not their secrets). complaint  gets `file:line: sentence` lines, one per fault (all
 * faults, not the first) gives      *ret, to be given to conf_fini fails      ERR_CONF, ERR_SECRET,
 * ERR_IO (the file itself), ERR_NO_MEMORY; *ret is then empty Refused: unknown section or key,
 * doubled key, bad type or range, lines over 198 bytes, indented settings, a secret that is
 * missing, empty, readable by others, or holds CHANGE-ME. A secret's path is relative to the folder
 * of the ini file; with an empty path $CREDENTIALS_DIRECTORY/<section>_<key> is taken when it
 * exists. One newline at a secret's end is dropped. */
MUST enum err conf_load(
	const char *path, enum conf_role role, struct conf *ret, struct buf *complaint);
void conf_fini(struct conf *c); /* wipes secrets */

/* conf_swap: a later load of the same role takes effect: what conf.def marks r moves into *c, in
 * place, and what *c had into *next. Called once more with the same two it takes that back: texts
 * that were borrowed from *c hold until conf_fini(next). left gets the names of settings that
 * differ and need a restart, with spaces between. */
void conf_swap(struct conf *c, struct conf *next, struct buf *left);

const char *conf_str(const struct conf *c, enum conf_key k); /* never NULL */
struct str conf_secret(const struct conf *c, enum conf_key k);
/* conf_file: where a secret of this role was read, or (own false) where one lies that is of other
 * roles alone, and was not; else NULL. */
const char *conf_file(const struct conf *c, enum conf_key k, bool own);
int64_t conf_int(const struct conf *c, enum conf_key k);
bool conf_on(const struct conf *c, enum conf_key k);
void conf_dump(const struct conf *c,
	struct buf *b); /* section.key = value lines; secrets, and texts with a password: *** */

#endif

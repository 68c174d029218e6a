/* base/label.h: label.def as numbers, for whoever counts, and as words. Floor 0. */
#ifndef BASE_LABEL_H
#define BASE_LABEL_H

#include "base/str.h"

enum label_role {
#define ROLE(word) ROLE_##word,
#include "base/label.def"
	ROLE_N
};
enum label_cookie {
#define COOKIE(word) COOKIE_##word,
#include "base/label.def"
	COOKIE_N
};
enum label_db {
#define DB(word) DB_##word,
#include "base/label.def"
	DB_N
};
enum label_claim {
#define CLAIM(word) CLAIM_##word,
#include "base/label.def"
	CLAIM_N
};
enum label_limit {
#define LIMIT(word) LIMIT_##word,
#include "base/label.def"
	LIMIT_N
};
enum label_mail {
#define MAIL(word) MAIL_##word,
#include "base/label.def"
	MAIL_N
};
enum label_op {
#define OP(word) OP_##word,
#include "base/label.def"
	OP_N
};
enum label_hook {
#define HOOK(word) HOOK_##word,
#include "base/label.def"
	HOOK_N
};

enum label_list {
	LABEL_ROLE,
	LABEL_COOKIE,
	LABEL_DB,
	LABEL_CLAIM,
	LABEL_LIMIT,
	LABEL_MAIL,
	LABEL_OP,
	LABEL_HOOK,
	LABEL_N
};
/* label_words: all words of a list. gives *ret_n */
const char *const *label_words(enum label_list list, size_t *ret_n);
/* label_find: where a word stands in its list; false: it does not. */
bool label_find(enum label_list list, struct str word, size_t *ret);

#endif

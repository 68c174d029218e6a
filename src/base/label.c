/* base/label.c: the words of label.def. */
#include "base/label.h"

static const char *const role[] = {
#define ROLE(word) #word,
#include "base/label.def"
};
static const char *const cookie[] = {
#define COOKIE(word) #word,
#include "base/label.def"
};
static const char *const db[] = {
#define DB(word) #word,
#include "base/label.def"
};
static const char *const claim[] = {
#define CLAIM(word) #word,
#include "base/label.def"
};
static const char *const limit[] = {
#define LIMIT(word) #word,
#include "base/label.def"
};
static const char *const mail[] = {
#define MAIL(word) #word,
#include "base/label.def"
};
static const char *const op[] = {
#define OP(word) #word,
#include "base/label.def"
};
static const char *const hook[] = {
#define HOOK(word) #word,
#include "base/label.def"
};

static const struct {
	const char *const *word;
	size_t n;
} lists[LABEL_N] = {
	[LABEL_ROLE] = {role, ROLE_N},
	[LABEL_COOKIE] = {cookie, COOKIE_N},
	[LABEL_DB] = {db, DB_N},
	[LABEL_CLAIM] = {claim, CLAIM_N},
	[LABEL_LIMIT] = {limit, LIMIT_N},
	[LABEL_MAIL] = {mail, MAIL_N},
	[LABEL_OP] = {op, OP_N},
	[LABEL_HOOK] = {hook, HOOK_N},
};

const char *const *label_words(enum label_list list, size_t *ret_n)
{
	ASSERT(list < LABEL_N);
	*ret_n = lists[list].n;
	return lists[list].word;
}

bool label_find(enum label_list list, struct str word, size_t *ret)
{
	ASSERT(list < LABEL_N);
	for (size_t i = 0; i < lists[list].n; i++)
		if (str_is(word, lists[list].word[i])) {
			*ret = i;
			return true;
		}
	return false;
}

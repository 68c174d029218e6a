/* core/copy.h: campaign texts with values in them: "You have read {articles|article|articles}."
 * Floor 1: pure. {{ and }} are braces. The values are copy.def, the word forms plural.def. */
#ifndef CORE_COPY_H
#define CORE_COPY_H

#include "base/str.h"

#define COPY_FORMS_MAX  6
#define COPY_VALUES_MAX 16 /* in one text of a campaign file */

enum copy_value {
#define X(name, number, needs, sentence) COPY_##name,
#include "core/copy.def"
#undef X
	COPY_N
};
enum copy_needs { COPY_NEEDS_NOTHING, COPY_NEEDS_GOAL, COPY_NEEDS_END };

/* A piece of a text: as it stands, or a value. */
struct copy_part {
	bool is_value;
	struct str text; /* not a value */
	enum copy_value value;
	size_t form_n; /* words by the plural of the value; 0: the value alone */
	struct str form[COPY_FORMS_MAX];
};

/* copy_next: cut the next part off *rest. False at the end.
 *   fails  *ret_err ERR_FIELD_BAD: a brace without its other, an unknown name, an empty word or one
 *          with a brace in it, or words that no number leads; ret->text is then what cannot be read
 *          as it stands there, and *rest goes on behind it */
bool copy_next(struct str *rest, struct copy_part *ret, enum err *ret_err);
enum copy_needs copy_needs(enum copy_value v);

/* How many forms a word has in the language of this locale, and which follows n. */
size_t copy_forms(struct str locale);
size_t copy_form(struct str locale, uint64_t n);

#endif

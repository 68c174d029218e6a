/* core/copy.c: texts cut at their braces. */
#include <string.h>

#include "core/copy.h"

static const struct {
	const char *name;
	bool is_number;
	enum copy_needs needs;
} VALUES[COPY_N] = {
#define X(name, number, needs, sentence) {#name, number, COPY_NEEDS_##needs},
#include "core/copy.def"
#undef X
};

enum copy_needs copy_needs(enum copy_value v)
{
	ASSERT((unsigned)v < COPY_N);
	return VALUES[v].needs;
}

/* The first n bytes of *rest cannot be read. */
static bool wrong(struct str *rest, size_t n, struct copy_part *ret, enum err *ret_err)
{
	ASSERT(n > 0 && n <= rest->n); /* or a text would be read for ever */
	*ret = (struct copy_part){.text = {rest->p, n}};
	*rest = (struct str){rest->p + n, rest->n - n};
	*ret_err = ERR_FIELD_BAD;
	return true;
}

static bool value_named(struct str name, enum copy_value *ret)
{
	for (size_t i = 0; i < COPY_N; i++)
		if (str_is(name, VALUES[i].name)) {
			*ret = (enum copy_value)i;
			return true;
		}
	return false;
}

/* The inside of a pair of braces. */
static bool read_value(struct str inside, struct copy_part *ret)
{
	struct str name, form;

	ret->is_value = true;
	ret->form_n = 0;
	if (inside.n == 0 || inside.p[inside.n - 1] == '|' || memchr(inside.p, '{', inside.n))
		return false;
	if (!str_cut(&inside, '|', &name) || !value_named(name, &ret->value))
		return false;
	while (str_cut(&inside, '|', &form)) {
		if (ret->form_n == COPY_FORMS_MAX || !VALUES[ret->value].is_number || form.n == 0)
			return false;
		ret->form[ret->form_n++] = form;
	}
	return true;
}

bool copy_next(struct str *rest, struct copy_part *ret, enum err *ret_err)
{
	struct str s = *rest;
	size_t n = 0;

	*ret_err = OK;
	if (s.n == 0)
		return false;
	while (n < s.n && s.p[n] != '{' && s.p[n] != '}')
		n++;
	bool doubled = n + 1 < s.n && s.p[n] == s.p[n + 1];
	if (n == s.n || doubled || n > 0) {
		size_t keep = doubled ? n + 1 : n;
		*ret = (struct copy_part){.text = {s.p, keep}};
		*rest = (struct str){s.p + n + (doubled ? 2 : 0), s.n - n - (doubled ? 2 : 0)};
		return true;
	}
	const char *end = s.p[0] == '{' ? memchr(s.p, '}', s.n) : NULL;
	if (!end) /* behind "{" nothing can be read, behind "}" everything */
		return wrong(rest, s.p[0] == '{' ? s.n : 1, ret, ret_err);
	size_t len = (size_t)(end - s.p) + 1;
	ASSERT(len >= 2 && len <= s.n);
	if (!read_value((struct str){s.p + 1, len - 2}, ret))
		return wrong(rest, len, ret, ret_err);
	*rest = (struct str){s.p + len, s.n - len};
	return true;
}

/* --- plurals -----------------------------------------------------------------------------------
 */

static bool speaks(struct str locale, const char *lang)
{
	size_t n = strlen(lang);

	return locale.n >= n && str_is_nocase((struct str){locale.p, n}, lang) &&
	       (locale.n == n || locale.p[n] == '-' || locale.p[n] == '_');
}

size_t copy_forms(struct str locale)
{
#define X(lang, forms, form)                                                                       \
	if (speaks(locale, lang))                                                                  \
		return forms;
#include "core/plural.def"
#undef X
	return 2;
}

size_t copy_form(struct str locale, uint64_t n)
{
#define X(lang, forms, form)                                                                       \
	if (speaks(locale, lang))                                                                  \
		return (size_t)(form);
#include "core/plural.def"
#undef X
	return n != 1;
}

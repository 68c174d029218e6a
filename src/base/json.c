/* base/json.c: jansson with everything strict, and getters that tell what is wrong. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* --- reading ------------------------------------------------------------------------------- */

struct place {
	size_t line, column;
};

/* Depth is counted before jansson sees the text: its own limit is 2048. Text that is no JSON at all
 * may be counted wrongly, but only until jansson refuses it. */
static bool is_too_deep(struct str text, struct place *ret)
{
	struct place at = {1, 0};
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if ((c & 0xc0) != 0x80)
			at.column++;
		if (c == '\n')
			at = (struct place){at.line + 1, 0};
		else if (in_string && c == '\\')
			i++, at.column++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
			break;
		else if (!in_string && (c == ']' || c == '}'))
			depth--;
	}
	*ret = at;
	return depth > JSON_DEPTH_MAX;
}

static enum err bad_text(struct fault *f, enum err e, struct place at, const char *what)
{
	return fault_set(f, e, NULL, "line %zu, column %zu: %s", at.line, at.column, what);
}

/* jansson's own words quote the input, so they are not passed on. */
static enum err explain(const json_error_t *je, struct fault *f)
{
	struct place at = {
		je->line > 0 ? (size_t)je->line : 1, je->column > 0 ? (size_t)je->column : 0};

	switch (json_error_code(je)) {
	case json_error_unknown: /* it says so by saying nothing */
	case json_error_out_of_memory: return fault_set(f, ERR_NO_MEMORY, NULL, "reading JSON");
	case json_error_invalid_utf8: return bad_text(f, ERR_BAD_UTF8, at, "not UTF-8");
	case json_error_duplicate_key:
		return bad_text(f, ERR_DUPLICATE_FIELD, at, "a field stands there twice");
	case json_error_premature_end_of_input:
		return bad_text(f, ERR_BAD_JSON, at, "the text ends too early");
	case json_error_end_of_input_expected:
		return bad_text(f, ERR_BAD_JSON, at, "something follows the value");
	case json_error_null_character:
	case json_error_null_byte_in_key: return bad_text(f, ERR_BAD_JSON, at, "NUL in a string");
	case json_error_numeric_overflow:
		return bad_text(f, ERR_BAD_JSON, at, "a number is too large");
	default: return bad_text(f, ERR_BAD_JSON, at, "this is not JSON");
	}
}

/* When there is no memory for a longer string, jansson's parser drops a letter of it and goes on,
 * or ends the process over half an escape. So it gets of a reserve what is wanting, and what was
 * read so is thrown away. */
#define RESERVE_BYTES(n) (8 * (n) + 4096)

static bool wanting;
static json_malloc_t take;
static json_free_t give;
static struct {
	char *mem;
	size_t used, size;
} reserve;

static void *take_noted(size_t n)
{
	void *p = take(n);
	wanting |= !p;
	if (p || !reserve.mem || n > reserve.size - reserve.used)
		return p;
	p = reserve.mem + reserve.used;
	reserve.used += (n + 15) & ~(size_t)15;
	if (reserve.used > reserve.size)
		reserve.used = reserve.size;
	return p;
}

static void give_noted(void *p)
{
	if (!reserve.mem || (char *)p < reserve.mem || (char *)p >= reserve.mem + reserve.size)
		give(p);
}

static void note_from_now(void)
{
	json_malloc_t now;
	json_free_t then;
	json_get_alloc_funcs(&now, &then);
	if (now != take_noted) {
		take = now;
		give = then;
		json_set_alloc_funcs(take_noted, give_noted);
	}
	wanting = false;
}

static json_t *load(struct str text, json_error_t *je)
{
	note_from_now();
	reserve.used = 0;
	reserve.size = RESERVE_BYTES(text.n);
	reserve.mem = malloc(reserve.size);
	json_t *v = reserve.mem ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, je) : NULL;
	if (wanting) {
		json_decref(v);
		v = NULL;
		*je = (json_error_t){0};
	}
	free(reserve.mem);
	reserve.mem = NULL;
	return v;
}

char *json_write(const json_t *v, size_t flags)
{
	note_from_now();
	char *text = json_dumps(v, flags);
	if (!wanting)
		return text;
	free(text);
	return NULL;
}

enum err json_read(struct str text, json_t **ret, struct fault *f)
{
	struct place at;
	json_error_t je = {0}; /* jansson leaves the code alone when memory is out */

	if (text.n == 0)
		return fault_set(f, ERR_BAD_JSON, NULL, "there is no text");
	if (is_too_deep(text, &at))
		return bad_text(f, ERR_BAD_JSON, at, "nested too deeply");
	json_t *v = load(text, &je);
	if (!v)
		return explain(&je, f);
	*ret = v;
	return OK;
}

/* --- members ------------------------------------------------------------------------------- */

/* *ret is NULL when the member may be absent and is. */
static enum err member(
	const json_t *o, const char *key, bool need, const json_t **ret, struct fault *f)
{
	if (!json_is_object(o))
		return fault_set(f, ERR_FIELD_TYPE, key, "what should hold this is not an object");
	const json_t *v = json_object_get(o, key);
	if (json_is_null(v))
		v = NULL;
	if (!v && need)
		return fault_set(f, ERR_FIELD_MISSING, key, "missing");
	*ret = v;
	return OK;
}

enum err json_str(
	const json_t *o, const char *key, bool need, size_t max, struct str *ret, struct fault *f)
{
	const json_t *v = NULL;
	enum err e = member(o, key, need, &v, f);

	if (e != OK)
		return e;
	if (v && !json_is_string(v))
		return fault_set(f, ERR_FIELD_TYPE, key, "must be a text");
	if (v && json_string_length(v) > max)
		return fault_set(f, ERR_FIELD_TOO_LONG, key, "longer than %zu bytes", max);
	*ret = v ? (struct str){json_string_value(v), json_string_length(v)} : (struct str){0};
	return OK;
}

enum err json_int(const json_t *o, const char *key, bool need, int64_t min, int64_t max,
	int64_t *ret, bool *ret_has, struct fault *f)
{
	const json_t *v = NULL;
	enum err e = member(o, key, need, &v, f);

	if (e != OK)
		return e;
	if (v && !json_is_integer(v))
		return fault_set(f, ERR_FIELD_TYPE, key, "must be a whole number");
	if (v && (json_integer_value(v) < min || json_integer_value(v) > max))
		return fault_set(
			f, ERR_RANGE, key, "must be %lld to %lld", (long long)min, (long long)max);
	if (v)
		*ret = json_integer_value(v);
	if (ret_has)
		*ret_has = v != NULL;
	return OK;
}

enum err json_bool(
	const json_t *o, const char *key, bool need, bool *ret, bool *ret_has, struct fault *f)
{
	const json_t *v = NULL;
	enum err e = member(o, key, need, &v, f);

	if (e != OK)
		return e;
	if (v && !json_is_boolean(v))
		return fault_set(f, ERR_FIELD_TYPE, key, "must be true or false");
	if (v)
		*ret = json_is_true(v);
	if (ret_has)
		*ret_has = v != NULL;
	return OK;
}

/* The name comes from outside: only a plain word is repeated. */
static enum err unknown(struct fault *f, struct str name)
{
	char word[48] = "";

	if (str_is_word(name, "_-") && str_copy(name, word, sizeof word) == OK)
		return fault_set(f, ERR_UNKNOWN_FIELD, word, "unknown");
	return fault_set(f, ERR_UNKNOWN_FIELD, NULL, "a field of an unusual name");
}

enum err json_only(const json_t *o, const char *const *names, struct fault *f)
{
	if (!json_is_object(o))
		return fault_set(f, ERR_FIELD_TYPE, NULL, "must be an object");
	json_t *object = (json_t *)o; /* iterating takes it without const, and changes nothing */
	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		struct str key = {json_object_iter_key(i), json_object_iter_key_len(i)};
		const char *const *known = names;
		while (*known && !str_is(key, *known))
			known++;
		if (!*known)
			return unknown(f, key);
	}
	return OK;
}

/* --- paths --------------------------------------------------------------------------------- */

static const json_t *step(const json_t *o, struct str name)
{
	uint64_t i;

	if (json_is_array(o))
		return str_u64(name, INT32_MAX, &i) == OK ? json_array_get(o, (size_t)i) : NULL;
	return json_object_getn(o, name.p, name.n);
}

const json_t *json_at(const json_t *o, const char *path)
{
	struct str rest = str_c(path), name;

	while (o && str_cut(&rest, '.', &name))
		o = step(o, name);
	return json_is_null(o) ? NULL : o;
}

struct str json_text(const json_t *o, const char *path)
{
	const json_t *v = json_at(o, path);

	if (!json_is_string(v))
		return (struct str){0};
	return (struct str){json_string_value(v), json_string_length(v)};
}

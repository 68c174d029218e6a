/* app/report_script.c: reads a script of sql/reports as psql would. */
#include "app/report_script.h"

#include <string.h>

void script_init(struct script *s, struct str text)
{
	memset(s, 0, sizeof *s);
	s->text = text;
	s->line = 1;
}

/* --- variables ------------------------------------------------------------------------------- */

static struct script_var *find(const struct script *s, struct str name)
{
	for (size_t i = 0; i < s->var_n; i++)
		if (str_is(name, s->var[i].name))
			return (struct script_var *)&s->var[i];
	return NULL;
}

const struct script_var *script_get(const struct script *s, struct str name)
{
	return find(s, name);
}

enum err script_set(struct script *s, struct str name, struct str value)
{
	struct script_var *v = find(s, name);
	if (!v && s->var_n == SCRIPT_VARS_MAX)
		return ERR_TOO_MANY;
	if (!v)
		v = &s->var[s->var_n];
	if (value.n > SCRIPT_VAR_BYTES || name.n >= sizeof v->name || name.n == 0)
		return ERR_TOO_LONG;
	enum err e = str_copy(name, v->name, sizeof v->name);
	if (e == OK)
		e = str_copy(value, v->value, sizeof v->value);
	v->n = value.n;
	if (e == OK && v == &s->var[s->var_n])
		s->var_n++;
	return e;
}

static size_t word_n(struct str s)
{
	size_t n = 0;
	while (n < s.n && str_is_word((struct str){s.p + n, 1}, "_"))
		n++;
	return n;
}

bool script_param(struct str text, size_t i, struct str *ret)
{
	static const char MARK[] = ":{?";
	const char *end = text.p + text.n, *p = text.p;
	for (size_t n = 0; (p = memmem(p, (size_t)(end - p), MARK, 3)); n++) {
		p += 3;
		struct str rest = {p, (size_t)(end - p)};
		*ret = (struct str){p, word_n(rest)};
		if (n == i)
			return true;
	}
	return false;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool runs(const struct script *s)
{
	for (size_t i = 0; i < s->depth; i++)
		if (!s->open[i].runs)
			return false;
	return true;
}

static enum err bad(const struct script *s, struct fault *f, const char *why, struct str what)
{
	fault_set(f, ERR_FIELD_BAD, NULL, "line %zu: %s%.*s", s->line, why, STR_FMT(what));
	return ERR_FIELD_BAD;
}

static struct str left(const struct script *s)
{
	return (struct str){s->text.p + s->at, s->text.n - s->at};
}

static bool ahead(const struct script *s, const char *word)
{
	return str_starts(left(s), word);
}

/* Takes n bytes; sql gets them unless it is NULL. */
static void take(struct script *s, size_t n, struct buf *sql)
{
	struct str part = {s->text.p + s->at, n};
	for (size_t i = 0; i < n; i++)
		s->line += part.p[i] == '\n';
	if (sql)
		buf_add(sql, part);
	s->at += n;
}

static size_t line_n(const struct script *s)
{
	struct str rest = left(s);
	const char *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
	return end ? (size_t)(end - rest.p) : rest.n;
}

/* How long the piece is that begins with `begin` and ends with `end`; 0 when it never ends. */
static size_t piece_n(const struct script *s, size_t begin_n, struct str end)
{
	struct str rest = left(s);
	const char *p = memmem(rest.p + begin_n, rest.n - begin_n, end.p, end.n);
	return p ? (size_t)(p - rest.p) + end.n : 0;
}

/* 'text', "name", $tag$text$tag$ and a comment go as they are. 0: none of them stands here. */
static size_t quoted_n(const struct script *s, bool *ret_open)
{
	struct str rest = left(s);
	size_t n = 0;
	if (rest.p[0] == '\'' || rest.p[0] == '"') {
		n = piece_n(
			s, 1, (struct str){rest.p, 1}); /* a doubled one begins the next piece */
	} else if (str_starts(rest, "/*")) {
		n = piece_n(s, 2, STR("*/"));
	} else if (rest.p[0] == '$') {
		size_t tag = 1 + word_n((struct str){rest.p + 1, rest.n - 1});
		if (tag == rest.n || rest.p[tag] != '$')
			return 0;
		n = piece_n(s, tag + 1, (struct str){rest.p, tag + 1});
	} else {
		return 0;
	}
	*ret_open = n == 0;
	return n;
}

/* --- commands -------------------------------------------------------------------------------- */

/* A variable's name in :{?name} or :name; empty: it is neither. */
static struct str asked(struct str word, bool *ret_whether)
{
	*ret_whether = str_starts(word, ":{?") && word.p[word.n - 1] == '}';
	if (*ret_whether)
		return (struct str){word.p + 3, word.n - 4};
	return str_starts(word, ":") ? (struct str){word.p + 1, word.n - 1} : STR("");
}

static enum err truth(const struct script *s, struct str word, bool *ret, struct fault *f)
{
	static const char *const YES[] = {"true", "t", "yes", "on", "1"}, *const NO[] = {"false",
										  "f", "no", "off",
										  "0"};
	bool whether;
	struct str name = asked(word, &whether);
	const struct script_var *v = find(s, name);
	if (whether) {
		*ret = v != NULL;
		return OK;
	}
	struct str is = name.n == 0 ? word : v ? (struct str){v->value, v->n} : STR("");
	for (size_t i = 0; i < ARRAY_N(YES); i++)
		if (str_is_nocase(is, YES[i]) || str_is_nocase(is, NO[i])) {
			*ret = str_is_nocase(is, YES[i]);
			return OK;
		}
	return bad(s, f, "neither true nor false: ", word);
}

static enum err branch(struct script *s, struct str verb, struct str rest, struct fault *f)
{
	bool yes = true, is_if = str_is(verb, "if"), is_elif = str_is(verb, "elif");
	if (is_if) {
		if (s->depth == SCRIPT_DEPTH_MAX)
			return bad(s, f, "too many \\if within each other", STR(""));
		bool alive = runs(s);
		enum err e = alive ? truth(s, rest, &yes, f) : OK;
		if (e != OK)
			return e;
		s->open[s->depth].runs = s->open[s->depth].ran = alive && yes;
		s->open[s->depth].other = false;
		s->depth++;
		return OK;
	}
	if (s->depth == 0 || (!str_is(verb, "endif") && s->open[s->depth - 1].other))
		return bad(s, f, "there is no \\if for \\", verb);
	if (str_is(verb, "endif")) {
		s->depth--;
		return OK;
	}
	size_t i = s->depth - 1;
	if (is_elif && !s->open[i].ran) {
		enum err e = truth(s, rest, &yes, f);
		if (e != OK)
			return e;
	}
	s->open[i].runs = yes && !s->open[i].ran;
	s->open[i].ran = s->open[i].ran || s->open[i].runs;
	s->open[i].other = !is_elif;
	return OK;
}

static enum err set(struct script *s, struct str rest, struct fault *f)
{
	struct str name = {rest.p, word_n(rest)};
	struct str value = str_trim((struct str){rest.p + name.n, rest.n - name.n});
	if (value.n >= 2 && value.p[0] == '\'' && value.p[value.n - 1] == '\'')
		value = (struct str){value.p + 1, value.n - 2};
	if (value.n && (memchr(value.p, '\'', value.n) || memchr(value.p, ':', value.n) ||
			       memchr(value.p, '\\', value.n)))
		return bad(s, f, "a value that is not plain: ", value);
	return script_set(s, name, value) == OK ? OK : bad(s, f, "cannot be set: ", name);
}

/* A line that begins with a backslash. */
static enum err command(struct script *s, struct fault *f)
{
	struct str line = {s->text.p + s->at + 1, line_n(s) - 1};
	struct str verb = {line.p, word_n(line)};
	struct str rest = str_trim((struct str){line.p + verb.n, line.n - verb.n});
	enum err e = OK;
	if (str_is(verb, "if") || str_is(verb, "elif") || str_is(verb, "else") ||
		str_is(verb, "endif"))
		e = branch(s, verb, rest, f);
	else if (!runs(s))
		e = OK;
	else if (str_is(verb, "set"))
		e = set(s, rest, f);
	else
		e = bad(s, f, "a report cannot use \\", verb);
	if (e == OK)
		take(s, line_n(s), NULL);
	return e;
}

/* --- queries --------------------------------------------------------------------------------- */

/* :'name' */
static enum err value(struct script *s, struct buf *sql, struct fault *f)
{
	struct str rest = {s->text.p + s->at + 2, s->text.n - s->at - 2};
	struct str name = {rest.p, word_n(rest)};
	const struct script_var *v = find(s, name);
	if (name.n == rest.n || rest.p[name.n] != '\'')
		return bad(s, f, "a variable has no end: ", name);
	if (!v)
		return bad(s, f, "a variable is not set: ", name);
	buf_byte(sql, '\'');
	for (size_t i = 0; i < v->n; i++) {
		if (v->value[i] == '\'')
			buf_byte(sql, '\'');
		buf_byte(sql, v->value[i]);
	}
	buf_byte(sql, '\'');
	take(s, name.n + 3, NULL);
	return OK;
}

static bool is_blank(const struct buf *sql)
{
	struct str rest = buf_str(sql);
	while (rest.n > 0 && strchr(" \t\r\n", rest.p[0]) && rest.p[0])
		rest.p++, rest.n--;
	return rest.n == 0;
}

static struct str name_at(const struct script *s)
{
	struct str rest = {s->text.p + s->at + 1, s->text.n - s->at - 1};
	return (struct str){rest.p, word_n(rest)};
}

/* One step on; *ret says when it ended a query. */
static enum err step(struct script *s, struct buf *sql, enum script_step *ret, struct fault *f)
{
	bool open = false, alive = runs(s);
	struct buf *to = alive ? sql : NULL;
	size_t n = quoted_n(s, &open);
	if (open)
		return bad(s, f, "a text or a comment has no end", STR(""));
	if (n > 0) {
		take(s, n, to);
	} else if (ahead(s, "--")) {
		take(s, line_n(s), NULL);
	} else if (ahead(s, "\\gset")) {
		*ret = alive && !is_blank(sql) ? SCRIPT_GSET : SCRIPT_END;
		take(s, line_n(s), NULL);
	} else if (ahead(s, "\\")) {
		return is_blank(sql) ? command(s, f)
				     : bad(s, f, "a command within a query", STR(""));
	} else if (ahead(s, ";")) {
		*ret = alive && !is_blank(sql) ? SCRIPT_QUERY : SCRIPT_END;
		take(s, 1, NULL);
	} else if (ahead(s, "::")) {
		take(s, 2, to);
	} else if (alive && ahead(s, ":'")) {
		return value(s, sql, f);
	} else if (alive && ahead(s, ":") && find(s, name_at(s))) {
		return bad(s, f, "a variable that is no text; write :'name'", STR(""));
	} else {
		take(s, 1, to);
	}
	return OK;
}

enum err script_next(struct script *s, struct buf *sql, enum script_step *ret, struct fault *f)
{
	*ret = SCRIPT_END;
	sql->n = 0;
	while (s->at < s->text.n && *ret == SCRIPT_END) {
		enum err e = step(s, sql, ret, f);
		if (e != OK)
			return e;
	}
	if (*ret == SCRIPT_END && s->depth > 0)
		return bad(s, f, "an \\if has no \\endif", STR(""));
	if (*ret == SCRIPT_END && !is_blank(sql))
		return bad(s, f, "a query has no end", STR(""));
	return buf_done(sql) == OK ? OK : bad(s, f, "a query is too long", STR(""));
}

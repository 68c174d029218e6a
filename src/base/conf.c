/* base/conf.c: settings from conf.def, an ini file, the environment and files of secrets. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/seal.h"

#define FILE_MAX_BYTES ((size_t)65536)
#define LINE_MAX_BYTES 198 /* libinih cuts at 199 with the newline */

enum type { TYPE_STR, TYPE_INT, TYPE_BOOL, TYPE_FILE };

struct row {
	const char *section, *key;
	enum type type;
	const char *def;
	int64_t min, max;
	const char *roles;
};

static const struct row rows[CONF_N] = {
#define X(section, key, type, def, min, max, roles, help)                                          \
	[CONF_##section##_##key] = {#section, #key, TYPE_##type, (def), (min), (max), (roles)},
#include "base/conf.def"
#undef X
};

/* One load: where we are, and what was wrong so far. */
struct load {
	struct conf *c;
	struct buf *complaint;
	const char *path;
	struct str rest; /* of the file */
	int line;
	bool taken;        /* the handler saw the present line, or a fault was told */
	int seen[CONF_N];  /* line of each key, 0 = default */
	char *env[CONF_N]; /* name of the variable that set it, or NULL */
	enum err err;
};

/* --- faults -------------------------------------------------------------------------------- */

/* The first kind of fault is the result; a lack of memory or a missing file says more than any. */
static void fail(struct load *l, enum err e)
{
	if (l->err == OK || e == ERR_NO_MEMORY || e == ERR_IO)
		l->err = e;
}

/* Where a fault is; its sentence follows. Line 0 is the file as a whole. */
static struct buf *at(struct load *l, int line, enum err e)
{
	fail(l, e);
	buf_addc(l->complaint, l->path);
	if (line)
		buf_addf(l->complaint, ":%d", line);
	buf_addc(l->complaint, ": ");
	return l->complaint;
}

/* A fault of the value of k, told where the value comes from. */
static void wrong(struct load *l, enum conf_key k, enum err e, const char *what)
{
	fail(l, e);
	if (l->env[k])
		buf_addf(l->complaint, "environment:%s: %s\n", l->env[k], what);
	else
		buf_addf(at(l, l->seen[k], e), "%s.%s: %s\n", rows[k].section, rows[k].key, what);
}

/* --- files --------------------------------------------------------------------------------- */

/* Whole file with a NUL behind it; what is told when it cannot be had. */
static const char *read_fd(int fd, char **ret, size_t *ret_n)
{
	char *mem = malloc(FILE_MAX_BYTES + 1);
	size_t n = 0;
	ssize_t got = 1;

	if (!mem)
		return "no memory";
	while (got != 0 && n <= FILE_MAX_BYTES) {
		got = read(fd, mem + n, FILE_MAX_BYTES + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		n += (size_t)got;
	}
	if (got < 0 || n > FILE_MAX_BYTES) {
		seal_wipe(mem, n);
		free(mem);
		return got < 0 ? "cannot be read" : "larger than 64 KiB";
	}
	mem[n] = 0;
	*ret = mem;
	*ret_n = n;
	return NULL;
}

static const char *read_file(const char *path, bool secret, char **ret, size_t *ret_n)
{
	struct stat st;
	/* not to wait for the writer of a pipe */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *bad = NULL;

	if (fd < 0)
		return errno == ENOENT ? "there is no such file" : "cannot be opened";
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		bad = "not a plain file";
	else if (secret && (st.st_mode & 007))
		bad = "others may read it; take their rights away (chmod o=)";
	if (!bad)
		bad = read_fd(fd, ret, ret_n);
	close(fd);
	return bad;
}

/* --- the ini file -------------------------------------------------------------------------- */

static void line_fault(struct load *l, const char *what)
{
	buf_addf(at(l, l->line, ERR_CONF), "%s\n", what);
	l->taken = true;
}

/* What libinih would misread or only half report. */
static const char *line_wrong(struct str line)
{
	struct str t = str_trim(line);

	if (line.n > LINE_MAX_BYTES)
		return "the line is longer than 198 bytes";
	if (!str_is_utf8(line))
		return "the line is not UTF-8";
	if (t.n && t.p != line.p && t.p[0] != ';' && t.p[0] != '#')
		return "the line begins with a space, which would continue the one before";
	if (t.n && t.p[0] == '[' && !memchr(t.p, ']', t.n))
		return "the section's ] is missing";
	return NULL;
}

static bool is_setting(struct str line)
{
	return line.n > 0 && !strchr("[;#", line.p[0]);
}

/* For libinih: the next line, or an empty one in the place of a bad one. libinih counts only its
 * first error, so a line that should have reached the handler and did not is told here. */
static char *next_line(char *out, int cap, void *user)
{
	struct load *l = user;
	struct str line;

	ASSERT(cap > LINE_MAX_BYTES + 1);
	if (!l->taken)
		line_fault(l, "this is not `key = value`");
	if (!str_cut(&l->rest, '\n', &line))
		return NULL;
	l->line++;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	const char *bad = line_wrong(line);
	if (bad) {
		line_fault(l, bad);
		line.n = 0;
	}
	l->taken = !is_setting(str_trim(line));
	if (line.n)
		memcpy(out, line.p, line.n);
	out[line.n] = '\n';
	out[line.n + 1] = 0;
	return out;
}

static bool set_text(struct load *l, enum conf_key k, const char *value)
{
	char *copy = strdup(value);

	if (!copy) {
		fail(l, ERR_NO_MEMORY);
		return false;
	}
	free(l->c->text[k]);
	l->c->text[k] = copy;
	l->c->text_n[k] = strlen(copy);
	return true;
}

/* Always 1: faults are told here, so libinih's result means only its own. */
static int on_setting(void *user, const char *section, const char *key, const char *value)
{
	struct load *l = user;
	size_t k = 0;

	l->taken = true;
	while (k < CONF_N &&
		(strcmp(rows[k].section, section) != 0 || strcmp(rows[k].key, key) != 0))
		k++;
	if (k == CONF_N) {
		buf_addf(at(l, l->line, ERR_CONF), "there is no setting %s.%s\n", section, key);
	} else if (l->seen[k]) {
		buf_addf(at(l, l->line, ERR_CONF), "%s.%s stands there twice, first on line %d\n",
			section, key, l->seen[k]);
	} else {
		l->seen[k] = l->line;
		(void)!set_text(l, (enum conf_key)k, value);
	}
	return 1;
}

static void read_ini(struct load *l)
{
	char *mem;
	size_t n;
	const char *bad = read_file(l->path, false, &mem, &n);

	if (bad) {
		buf_addf(at(l, 0, ERR_IO), "%s\n", bad);
		return;
	}
	l->rest = (struct str){mem, n};
	if (str_starts(l->rest, "\xef\xbb\xbf"))
		l->rest = (struct str){mem + 3, n - 3};
	l->taken = true;
	int r = ini_parse_stream(next_line, l, on_setting, l);
	if (r != 0 && l->err == OK)
		buf_addf(at(l, r > 0 ? r : 0, ERR_CONF), "this cannot be read\n");
	free(mem);
}

/* --- the environment ----------------------------------------------------------------------- */

static void read_env(struct load *l, enum conf_key k)
{
	char *name;

	if (asprintf(&name, "PLEDGED_%s_%s", rows[k].section, rows[k].key) < 0) {
		fail(l, ERR_NO_MEMORY);
		return;
	}
	for (char *p = name; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	const char *value = getenv(name);
	if (value && set_text(l, k, value))
		l->env[k] = name;
	else
		free(name);
}

/* --- values -------------------------------------------------------------------------------- */

static void check_int(struct load *l, enum conf_key k)
{
	char what[80];
	uint64_t v;

	if (str_u64(str_c(l->c->text[k]), (uint64_t)rows[k].max, &v) != OK ||
		(int64_t)v < rows[k].min) {
		snprintf(what, sizeof what, "must be a whole number from %lld to %lld",
			(long long)rows[k].min, (long long)rows[k].max);
		wrong(l, k, ERR_CONF, what);
		return;
	}
	l->c->num[k] = (int64_t)v;
}

static void check_bool(struct load *l, enum conf_key k)
{
	struct str s = str_c(l->c->text[k]);

	if (!str_is(s, "on") && !str_is(s, "off"))
		wrong(l, k, ERR_CONF, "must be on or off");
	l->c->num[k] = str_is(s, "on");
}

static void check_str(struct load *l, enum conf_key k)
{
	struct str s = str_c(l->c->text[k]);
	char what[80];

	if (!str_is_clean(s, false))
		wrong(l, k, ERR_CONF, "must be printable UTF-8");
	if ((int64_t)s.n < rows[k].min || (int64_t)s.n > rows[k].max) {
		snprintf(what, sizeof what, "must be %lld to %lld bytes long",
			(long long)rows[k].min, (long long)rows[k].max);
		wrong(l, k, ERR_CONF, what);
	}
}

/* --- secrets ------------------------------------------------------------------------------- */

/* Path of a secret, to be freed; *ret is NULL when none is named. Relative: to the ini file's
 * folder. */
static bool secret_path(struct load *l, enum conf_key k, char **ret)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *file = l->c->text[k];
	const char *slash = strrchr(l->path, '/');
	int n = 0;

	*ret = NULL;
	if (file[0] == '/' || (file[0] && !slash))
		n = asprintf(ret, "%s", file);
	else if (file[0])
		n = asprintf(ret, "%.*s/%s", (int)(slash - l->path), l->path, file);
	else if (dir && dir[0])
		n = asprintf(ret, "%s/%s_%s", dir, rows[k].section, rows[k].key);
	if (n < 0) {
		*ret = NULL;
		fail(l, ERR_NO_MEMORY);
		return false;
	}
	if (*ret && !file[0] && access(*ret, F_OK) != 0) {
		free(*ret);
		*ret = NULL;
	}
	return true;
}

static const char *secret_wrong(struct str s)
{
	if (s.n == 0)
		return "the secret's file is empty";
	if (memchr(s.p, 0, s.n))
		return "the secret holds a NUL";
	if (memmem(s.p, s.n, "CHANGE-ME", 9))
		return "the secret is still CHANGE-ME";
	return NULL;
}

static void take_secret(struct load *l, enum conf_key k, const char *path)
{
	char *mem, what[300];
	size_t n;
	const char *bad = read_file(path, true, &mem, &n);

	if (bad) {
		snprintf(what, sizeof what, "%.200s: %s", path, bad);
		wrong(l, k, ERR_SECRET, what);
		return;
	}
	if (n > 0 && mem[n - 1] == '\n')
		mem[--n] = 0;
	bad = secret_wrong((struct str){mem, n});
	if (bad) {
		wrong(l, k, ERR_SECRET, bad);
		seal_wipe(mem, n);
		free(mem);
		return;
	}
	free(l->c->text[k]);
	l->c->text[k] = mem;
	l->c->text_n[k] = n;
}

static bool is_own(const struct conf *c, enum conf_key k)
{
	return strchr(rows[k].roles, (int)c->role) || strchr(rows[k].roles, (int)c->role & ~0x20);
}

/* From a path to what the file holds; empty for roles that have no business with it. */
static void load_secret(struct load *l, enum conf_key k)
{
	char **path = &l->c->file[k];

	if (!secret_path(l, k, path))
		return;
	if (!is_own(l->c, k))
		(void)!set_text(l, k, "");
	else if (*path)
		take_secret(l, k, *path);
	else if (strchr(rows[k].roles, (int)l->c->role))
		wrong(l, k, ERR_SECRET, "the file of this secret is not named");
}

/* --- what others call ---------------------------------------------------------------------- */

static void check(struct load *l)
{
	for (enum conf_key k = 0; k < CONF_N && l->err != ERR_NO_MEMORY; k++)
		switch (rows[k].type) {
		case TYPE_STR: check_str(l, k); break;
		case TYPE_INT: check_int(l, k); break;
		case TYPE_BOOL: check_bool(l, k); break;
		case TYPE_FILE: load_secret(l, k); break;
		}
}

enum err conf_load(const char *path, enum conf_role role, struct conf *ret, struct buf *complaint)
{
	struct load l = {.c = ret, .complaint = complaint, .path = path};

	*ret = (struct conf){.role = role};
	for (enum conf_key k = 0; k < CONF_N; k++)
		(void)!set_text(&l, k, rows[k].def);
	if (l.err == OK)
		read_ini(&l);
	for (enum conf_key k = 0; k < CONF_N && l.err != ERR_NO_MEMORY && l.err != ERR_IO; k++)
		read_env(&l, k);
	if (l.err != ERR_NO_MEMORY && l.err != ERR_IO)
		check(&l);
	for (enum conf_key k = 0; k < CONF_N; k++)
		free(l.env[k]);
	if (l.err != OK)
		conf_fini(ret);
	return l.err;
}

void conf_fini(struct conf *c)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		if (c->text[k])
			seal_wipe(c->text[k], c->text_n[k]);
		free(c->text[k]);
		free(c->file[k]);
	}
	*c = (struct conf){0};
}

static bool is_same(const struct conf *a, const struct conf *b, enum conf_key k)
{
	return a->text_n[k] == b->text_n[k] && memcmp(a->text[k], b->text[k], a->text_n[k]) == 0;
}

void conf_swap(struct conf *c, struct conf *next, struct buf *left)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		if (is_same(c, next, k))
			continue;
		if (!strchr(rows[k].roles, 'r')) {
			buf_addf(left, "%s%s.%s", left->n ? " " : "", rows[k].section, rows[k].key);
			continue;
		}
		char *text = c->text[k];
		size_t n = c->text_n[k];
		int64_t num = c->num[k];
		c->text[k] = next->text[k];
		c->text_n[k] = next->text_n[k];
		c->num[k] = next->num[k];
		next->text[k] = text;
		next->text_n[k] = n;
		next->num[k] = num;
	}
}

const char *conf_str(const struct conf *c, enum conf_key k)
{
	return c->text[k] ? c->text[k] : "";
}

struct str conf_secret(const struct conf *c, enum conf_key k)
{
	ASSERT(rows[k].type == TYPE_FILE);
	return (struct str){c->text[k], c->text_n[k]};
}

const char *conf_file(const struct conf *c, enum conf_key k, bool own)
{
	return is_own(c, k) == own ? c->file[k] : NULL;
}

int64_t conf_int(const struct conf *c, enum conf_key k)
{
	ASSERT(rows[k].type == TYPE_INT);
	return c->num[k];
}

bool conf_on(const struct conf *c, enum conf_key k)
{
	ASSERT(rows[k].type == TYPE_BOOL);
	return c->num[k] != 0;
}

/* Connection words and URLs may carry a password too. */
static bool is_hidden(enum conf_key k, const char *text)
{
	const char *url = strstr(text, "://");

	return rows[k].type == TYPE_FILE || strcasestr(text, "password") ||
	       (url && strchr(url, '@'));
}

void conf_dump(const struct conf *c, struct buf *b)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		const char *text = conf_str(c, k);
		buf_addf(b, "%s.%s = %s\n", rows[k].section, rows[k].key,
			text[0] && is_hidden(k, text) ? "***" : text);
	}
}

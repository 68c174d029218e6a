/* tests/fuzz/fuzz_conf.c: a configuration file. The first byte is the role (v m h c o). What is taken
 * is in its range, and written out as a file it is read the same; what is refused says where. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"
#include "fuzz.h"

enum { T_STR, T_INT, T_BOOL, T_FILE };
static const struct {
	const char *section, *key;
	int type;
	int64_t min, max;
} ROWS[CONF_N] = {
#define X(section, key, type, def, min, max, roles, help) {#section, #key, T_##type, (min), (max)},
#include "base/conf.def"
#undef X
};

/* A file of memory, under a name without a folder to look for secrets in. */
static const char *file_of(struct str text)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("ini", MFD_CLOEXEC);
		CHECK(fd >= 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, text.n ? text.p : "", text.n, 0) == (ssize_t)text.n);
	return path;
}

static void is_sound(const struct conf *c)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		const char *text = conf_str(c, k);
		size_t n = strlen(text);
		switch (ROWS[k].type) {
		case T_INT:
			CHECK(conf_int(c, k) >= ROWS[k].min && conf_int(c, k) <= ROWS[k].max);
			CHECK(strtoll(text, NULL, 10) == conf_int(c, k) && n > 0 &&
				strspn(text, "0123456789") == n);
			break;
		case T_BOOL: CHECK(strcmp(text, conf_on(c, k) ? "on" : "off") == 0); break;
		case T_STR:
			CHECK((int64_t)n >= ROWS[k].min && (int64_t)n <= ROWS[k].max);
			CHECK(str_is_clean(str_c(text), false));
			break;
		default: CHECK(conf_secret(c, k).n == n);
		}
	}
}

/* Secrets are what they hold by now, not where: they stay out. */
static void write_out(const struct conf *c, struct buf *b)
{
	for (enum conf_key k = 0; k < CONF_N; k++)
		if (ROWS[k].type != T_FILE)
			buf_addf(b, "[%s]\n%s=%s\n", ROWS[k].section, ROWS[k].key, conf_str(c, k));
}

static void reads_the_same(const struct conf *c, enum conf_role role)
{
	static char mem[1 << 17], told[1 << 16];
	struct buf b, complaint, left;
	struct conf again;
	BUF_ON(names, 4096);

	buf_init(&b, mem, sizeof mem);
	buf_init(&complaint, told, sizeof told);
	write_out(c, &b);
	CHECK(buf_done(&b) == OK);
	enum err e = conf_load(file_of(buf_str(&b)), role, &again, &complaint);
	/* only the secrets that are out of it may be missed */
	CHECK(e == OK || e == ERR_SECRET);
	if (e != OK)
		return;
	for (enum conf_key k = 0; k < CONF_N; k++)
		CHECK(ROWS[k].type == T_FILE || strcmp(conf_str(c, k), conf_str(&again, k)) == 0);
	left = names;
	conf_swap(&again, &again, &left);
	CHECK(left.n == 0);
	conf_fini(&again);
}

/* Every line names the file, and says something. */
static void says_where(struct str told, const char *path)
{
	struct str line;
	size_t n = 0;

	while (str_cut(&told, '\n', &line)) {
		CHECK(str_starts(line, path) && line.n > strlen(path) + 3);
		n++;
	}
	CHECK(n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char told[1 << 20];
	struct buf complaint;
	struct conf c;

	if (size == 0 || !strchr("vmhco", data[0]) || data[0] == 0)
		return 0;
	enum conf_role role = (enum conf_role)data[0];
	const char *path = file_of((struct str){(const char *)data + 1, size - 1});
	buf_init(&complaint, told, sizeof told);
	enum err e = conf_load(path, role, &c, &complaint);
	if (e == OK) {
		CHECK(complaint.n == 0);
		is_sound(&c);
		reads_the_same(&c, role);
		conf_fini(&c);
	} else {
		CHECK(e == ERR_CONF || e == ERR_SECRET || e == ERR_IO);
		says_where(buf_str(&complaint), path);
		for (enum conf_key k = 0; k < CONF_N; k++)
			CHECK(!c.text[k]);
	}
	return 0;
}

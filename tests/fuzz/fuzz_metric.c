/* tests/fuzz/fuzz_metric.c: the file in which all processes count, with anything in it. The first
 * byte: h the rest is written over its head, s over slots, l its length. A file that is not ours is
 * not used; of one that is, only numbers are taken: what is printed is Prometheus' text, and a
 * process counts on. */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/label.h"
#include "base/metric_own.h"
#include "fuzz.h"

static char dir[] = "/tmp/pledged-fuzz-XXXXXX", path[80], file[1200];
static off_t whole;

static void gone(void)
{
	metric_file_close();
	unlink(file);
	rmdir(dir);
}

static void init(void)
{
	struct fault f = {0};
	struct stat st;

	if (whole)
		return;
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/m", dir);
	atexit(gone);
	CHECK(metric_file_open(path, &f) == OK);
	snprintf(file, sizeof file, "%s", metric_file_path());
	CHECK(stat(file, &st) == 0);
	whole = st.st_size;
	metric_file_close();
}

/* name{label="value"} number, a comment, nothing else. */
static void line_is_sound(struct str line)
{
	struct str rest = line, name;

	if (line.n == 0 || line.p[0] == '#')
		return;
	CHECK(str_is_clean(line, false));
	const char *blank = memrchr(line.p, ' ', line.n);
	CHECK(blank && blank > line.p && blank + 1 < line.p + line.n);
	struct str number = {blank + 1, (size_t)(line.p + line.n - blank - 1)};
	CHECK(str_is_word(number, "+-.") && !str_is_nocase(number, "nan"));
	rest.n -= number.n + 1;
	bool labels = memchr(rest.p, '{', rest.n) != NULL;
	CHECK(str_cut(&rest, '{', &name) && str_is_word(name, "_:"));
	CHECK(str_starts(name, "pledged_") || str_starts(name, "process_"));
	CHECK(!labels || (rest.n > 1 && rest.p[rest.n - 1] == '}'));
}

static void prints(void)
{
	static char mem[1 << 20];
	struct buf b;
	struct str rest, line;
	size_t n = 0;

	buf_init(&b, mem, sizeof mem);
	metric_format(&b);
	CHECK(buf_done(&b) == OK);
	for (rest = buf_str(&b); str_cut(&rest, '\n', &line); n++)
		line_is_sound(line);
	CHECK(n > 10);
}

/* The rest of the input, again and again from a place that it tells itself. */
static void spoil(char where, const uint8_t *in, size_t n)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	uint32_t at = 0;

	CHECK(fd >= 0);
	if (where == 'l') {
		memcpy(&at, in, n < 4 ? n : 4);
		CHECK(ftruncate(fd, at % (2 * (uint32_t)whole)) == 0);
	} else if (where == 'h') {
		CHECK(pwrite(fd, in, n < 4096 ? n : 4096, 0) > 0);
	} else {
		for (; n > 4; in += 4 + (n < 68 ? n - 4 : 64), n -= n < 68 ? n : 68) {
			memcpy(&at, in, 4);
			/* the number of slots in use, or one of the first slots */
			off_t to = at % 8 == 0 ? 32 : 4096 + (off_t)(at / 8) % 200000;
			CHECK(pwrite(fd, in + 4, n < 68 ? n - 4 : 64, to) > 0);
		}
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = {0};

	init();
	if (size < 2 || !strchr("hsl", data[0]) || data[0] == 0)
		return 0;
	memset(metric_own, 0, sizeof metric_own);
	unlink(file);
	CHECK(metric_file_open(path, &f) == OK);
	metric_file_close();
	spoil((char)data[0], data + 1, size - 1);
	enum err e = metric_file_open(path, &f);
	CHECK(e == OK || e == ERR_STATE);
	if (e == OK) {
		uint64_t had = metric_own[metric_rows[METRIC_MARK_RACES].first];
		prints();
		metric_add(METRIC_MARK_RACES, 0, 1);
		CHECK(metric_own[metric_rows[METRIC_MARK_RACES].first] == had + 1);
		CHECK(metric_slot && metric_slot[metric_rows[METRIC_MARK_RACES].first] == had + 1);
		/* cut while it is in use: it goes on alone */
		CHECK(truncate(file, 100) == 0);
		prints();
		metric_add(METRIC_MARK_RACES, 0, 1);
		CHECK(metric_own[metric_rows[METRIC_MARK_RACES].first] == had + 2);
		CHECK(metric_file_lost());
	} else {
		CHECK(data[0] != 's' && !metric_slot && metric_file_path()[0] == '\0');
		prints();
	}
	metric_file_close();
	return 0;
}

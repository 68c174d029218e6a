/* tests/unit/store_spool_test.c: views that wait in a file: appended whole, loaded once, never more
 * than the limit. batch_add is ours here: it stands for a database that takes or refuses. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/spool.h"

#define RECORD    59
#define TAKEN_MAX 4096

static char dir[64], path[80], loading[96];
static struct batch_op taken[TAKEN_MAX], *held[64];
static size_t taken_n, held_n;
static bool hold, refuse;
static int64_t clock_s;

void batch_add(struct batch *b, struct batch_op *op)
{
	(void)b;
	if (hold) {
		held[held_n++] = op;
		return;
	}
	op->err = refuse ? ERR_STORE_DOWN : OK;
	if (!refuse) {
		assert_true(taken_n < TAKEN_MAX);
		taken[taken_n++] = *op;
	}
	op->done(op);
}

static off_t size_of(const char *p)
{
	struct stat st;

	return stat(p, &st) == 0 ? st.st_size : -1;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/pledged-spool-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/views", dir);
	snprintf(loading, sizeof loading, "%s.loading", path);
	taken_n = held_n = 0;
	hold = refuse = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(loading);
	return rmdir(dir);
}

static struct batch_op view(uint32_t i)
{
	struct batch_op op = {.site = 3,
		.first_at = {1000 + i},
		.at = {INT64_C(1795435200000000) + i},
		.seen_n = 1 + i % 2};

	memset(op.reader.b, 1, 16);
	memcpy(op.reader.b, &i, sizeof i);
	memset(op.seen, 0, sizeof op.seen);
	for (size_t k = 0; k < op.seen_n; k++)
		memset(op.seen[k], (int)(10 + i % 100 + k), READER_SEEN_BYTES);
	return op;
}

static void put(struct spool *s, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++) {
		struct batch_op op = view(i);
		spool_put(s, &op);
	}
}

/* Often enough for whatever lies there; each call is a second later than the one before. */
static void load(struct spool *s, int times)
{
	struct batch *one[1] = {NULL};

	for (int i = 0; i < times; i++)
		spool_load(s, one, 1, (mono_t){++clock_s * 1000000});
}

static void is_view(const struct batch_op *got, uint32_t i)
{
	struct batch_op want = view(i);

	assert_memory_equal(got->reader.b, want.reader.b, 16);
	assert_int_equal(got->site, want.site);
	assert_int_equal(got->seen_n, want.seen_n);
	assert_int_equal(got->first_at.us, want.first_at.us);
	assert_int_equal(got->at.us, want.at.us);
	assert_memory_equal(got->seen, want.seen, sizeof want.seen);
	assert_int_equal(got->version, -1);
	assert_false(got->has_mark);
}

static void what_goes_in_comes_out(void **state)
{
	struct spool s;

	(void)state;
	spool_init(&s, path, 1 << 20);
	load(&s, 2);
	assert_int_equal(size_of(path), -1);
	put(&s, 0, 200);
	assert_int_equal(size_of(path), 200 * RECORD);
	load(&s, 10);
	assert_int_equal(taken_n, 200);
	for (uint32_t i = 0; i < 200; i++)
		is_view(&taken[i], i);
	assert_int_equal(size_of(path), -1);
	assert_int_equal(size_of(loading), -1);
	put(&s, 200, 1);
	load(&s, 4);
	assert_int_equal(taken_n, 201);
	spool_fini(&s);
}

static void nobody_else_may_read_it(void **state)
{
	struct spool s;
	struct stat st;

	(void)state;
	spool_init(&s, path, 1 << 20);
	put(&s, 0, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	spool_fini(&s);
}

static void the_limit_holds(void **state)
{
	struct spool s;

	(void)state;
	spool_init(&s, path, 10 * RECORD + RECORD - 1);
	put(&s, 0, 50);
	assert_int_equal(size_of(path), 10 * RECORD);
	load(&s, 4);
	assert_int_equal(taken_n, 10);
	is_view(&taken[9], 9);
	put(&s, 50, 1);
	assert_int_equal(size_of(path), RECORD);
	spool_fini(&s);
}

static void without_a_path_nothing_is_kept(void **state)
{
	static char far[1200];
	struct spool s;

	(void)state;
	spool_init(&s, "", 1 << 20);
	put(&s, 0, 3);
	load(&s, 3);
	memset(far, 'x', sizeof far - 1);
	spool_init(&s, far, 1 << 20);
	put(&s, 0, 3);
	load(&s, 3);
	assert_int_equal(taken_n, 0);
}

static void append(const char *p, const void *bytes, size_t n)
{
	int fd = open(p, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

/* A crash in the middle of a write: what is whole counts, and what comes after it too. */
static void a_torn_record(void **state)
{
	struct spool s;

	(void)state;
	for (size_t torn = 1; torn < RECORD; torn += 19) {
		uint8_t part[RECORD] = {0};
		taken_n = 0;
		spool_init(&s, path, 1 << 20);
		put(&s, 0, 3);
		append(path, part, torn);
		load(&s, 4);
		assert_int_equal(taken_n, 3);
		put(&s, 3, 2);
		append(path, part, torn);
		put(&s, 5, 2);
		assert_int_equal(size_of(path), 4 * RECORD);
		load(&s, 4);
		assert_int_equal(taken_n, 7);
		for (uint32_t i = 0; i < 7; i++)
			is_view(&taken[i], i);
		assert_int_equal(size_of(loading), -1);
		spool_fini(&s);
	}
}

/* No byte of a record can change unnoticed, and its neighbours are not lost with it. */
static void a_spoilt_record(void **state)
{
	struct spool s;

	(void)state;
	for (off_t at = 0; at < RECORD; at++) {
		taken_n = 0;
		spool_init(&s, path, 1 << 20);
		put(&s, 0, 3);
		int fd = open(path, O_RDWR);
		uint8_t c;
		assert_int_equal(pread(fd, &c, 1, RECORD + at), 1);
		c ^= 0x40;
		assert_int_equal(pwrite(fd, &c, 1, RECORD + at), 1);
		close(fd);
		load(&s, 4);
		assert_int_equal(taken_n, 2);
		is_view(&taken[0], 0);
		is_view(&taken[1], 2);
		spool_fini(&s);
	}
}

static void refused_stays(void **state)
{
	struct spool s;

	(void)state;
	spool_init(&s, path, 1 << 20);
	put(&s, 0, 100);
	refuse = true;
	load(&s, 20);
	assert_int_equal(taken_n, 0);
	assert_int_equal(size_of(loading), 100 * RECORD);
	put(&s, 100, 5);
	refuse = false;
	load(&s, 20);
	assert_int_equal(taken_n, 105);
	is_view(&taken[104], 104);
	assert_int_equal(size_of(path), -1);
	assert_int_equal(size_of(loading), -1);
	spool_fini(&s);
}

/* The process ends while its views fly: the next one begins anew. */
static void a_dead_loader(void **state)
{
	struct spool s, next;

	(void)state;
	spool_init(&s, path, 1 << 20);
	spool_init(&next, path, 1 << 20);
	put(&s, 0, 70);
	hold = true;
	load(&s, 1);
	assert_int_equal(held_n, 64);
	assert_int_equal(size_of(loading), 70 * RECORD);
	hold = false;
	/* while it lives nobody takes its file away, and what comes is kept apart */
	load(&next, 3);
	put(&next, 70, 2);
	load(&next, 3);
	assert_int_equal(taken_n, 0);
	assert_int_equal(size_of(loading), 70 * RECORD);
	assert_int_equal(size_of(path), 2 * RECORD);
	spool_fini(&s);
	load(&next, 20);
	assert_int_equal(taken_n, 72);
	is_view(&taken[71], 71);
	assert_int_equal(size_of(loading), -1);
	spool_fini(&next);
}

/* A lock that does not go away must not stop the loop: the view is given up. */
static void somebody_holds_the_lock(void **state)
{
	struct spool s;

	(void)state;
	spool_init(&s, path, 1 << 20);
	put(&s, 0, 1);
	int fd = open(path, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	put(&s, 1, 1);
	load(&s, 3);
	assert_int_equal(taken_n, 0);
	close(fd);
	assert_int_equal(size_of(path), RECORD);
	load(&s, 3);
	assert_int_equal(taken_n, 1);
	spool_fini(&s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_goes_in_comes_out),
		T(nobody_else_may_read_it),
		T(the_limit_holds),
		T(without_a_path_nothing_is_kept),
		T(a_torn_record),
		T(a_spoilt_record),
		T(refused_stays),
		T(a_dead_loader),
		T(somebody_holds_the_lock),
	};

	return cmocka_run_group_tests_name("store_spool", tests, NULL, NULL);
}

/* tests/fuzz/fuzz_spool.c: what a crash, a full disk or somebody else left in the spool. The input
 * is records of 52 bytes: what is in one, and a byte that says whether its sum is right; the rest
 * is a torn one. Each whole record with a right sum is loaded once and in order; all others are
 * left out; and a view that is put behind them is loaded too. */
#define ERR_STATE openssl_err_state /* libcrypto's own type of that name */
#include <openssl/evp.h>
#undef ERR_STATE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/spool.h"

#define RECORD    59
#define TAKEN_MAX 1024

static struct batch_op taken[TAKEN_MAX];
static size_t taken_n;
static bool refuse;

/* The database: it takes everything, or nothing. */
void batch_add(struct batch *b, struct batch_op *op)
{
	(void)b;
	CHECK(taken_n < TAKEN_MAX);
	op->err = refuse ? ERR_STORE_DOWN : OK;
	if (!refuse)
		taken[taken_n++] = *op;
	op->done(op);
}

static char path[80], loading[100];

static void gone(void)
{
	unlink(path);
	unlink(loading);
	path[strlen(path) - 2] = '\0';
	rmdir(path);
}

static void init(void)
{
	static char dir[] = "/tmp/pledged-fuzz-XXXXXX";

	if (path[0])
		return;
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/v", dir);
	snprintf(loading, sizeof loading, "%s.loading", path);
	atexit(gone);
}

/* --- the file -------------------------------------------------------------------------------- */

static size_t make(uint8_t *out, const uint8_t *data, size_t size)
{
	uint8_t sum[32];
	size_t n = 0;

	for (; size >= 52 && n + RECORD <= TAKEN_MAX * 8; data += 52, size -= 52, n += RECORD) {
		memcpy(out + n, data, 51);
		CHECK(EVP_Digest(data, 51, sum, NULL, EVP_sha256(), NULL) == 1);
		memcpy(out + n + 51, sum, 8);
		out[n + 58] ^= data[51] & 0x80 ? 1 : 0;
	}
	size = size < 51 ? size : 51;
	if (size)
		memcpy(out + n, data, size);
	return n + size;
}

static bool is_whole(const uint8_t *rec)
{
	uint8_t sum[32];

	CHECK(EVP_Digest(rec, 51, sum, NULL, EVP_sha256(), NULL) == 1);
	return memcmp(sum, rec + 51, 8) == 0 && (rec[18] == 1 || rec[18] == 2);
}

static void write_file(const uint8_t *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

/* --- loading it ------------------------------------------------------------------------------ */

static void load_all(struct spool *s)
{
	static struct batch *const none[1];
	struct stat st;

	for (int i = 0; i < 20 || s->load; i++)
		spool_load(s, none, 1, (mono_t){s->look_at.us + 1});
	CHECK(refuse || (stat(path, &st) != 0 && stat(loading, &st) != 0));
}

static void is_as_written(const struct batch_op *op, const uint8_t *rec)
{
	int64_t at = 0, first = 0;

	for (int i = 0; i < 8; i++) {
		first = (int64_t)((uint64_t)first << 8 | rec[19 + i]);
		at = (int64_t)((uint64_t)at << 8 | rec[27 + i]);
	}
	CHECK(memcmp(op->reader.b, rec, 16) == 0 && op->seen_n == rec[18]);
	CHECK(op->first_at.us == first && op->at.us == at && op->version == -1);
	CHECK(memcmp(op->seen, rec + 35, 16) == 0 && !op->has_mark && !op->has_event);
}

static void is_loaded(const uint8_t *bytes, size_t n, size_t more)
{
	size_t k = 0;

	for (size_t i = 0; i + RECORD <= n; i += RECORD)
		if (is_whole(bytes + i)) {
			CHECK(k < taken_n);
			is_as_written(&taken[k++], bytes + i);
		}
	CHECK(taken_n == k + more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[TAKEN_MAX * 10];
	struct batch_op own = {.site = 7, .seen_n = 1, .at = {5}, .first_at = {4}};
	struct spool s;

	init();
	size_t n = make(bytes, data, size);
	spool_init(&s, path, 1 << 20);
	taken_n = 0;
	/* a database that refuses loses nothing */
	write_file(bytes, n);
	refuse = true;
	load_all(&s);
	refuse = false;
	load_all(&s);
	is_loaded(bytes, n, 0);
	/* behind a torn record there is room for a whole one */
	taken_n = 0;
	write_file(bytes, n);
	spool_put(&s, &own);
	load_all(&s);
	is_loaded(bytes, n, 1);
	CHECK(taken[taken_n - 1].site == 7 && taken[taken_n - 1].at.us == 5);
	spool_fini(&s);
	return 0;
}

/* tests/fuzz/fuzz_fcgi.c: what a peer writes to the socket that nginx alone should reach. The first
 * byte is the body limit by 64; the rest goes down a real Unix socket, which then ends. A reader of
 * our own (below) tells what the FastCGI specification makes of the very same bytes, as long as
 * they are in order; whatever they are, a body is never longer or shorter than was told, and who
 * gets an answer gets a whole one. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "main/fcgi.h"

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, GET_VALUES = 9 };

/* --- the specification's reading ------------------------------------------------------------- */

struct want {
	bool in_order; /* the whole input is one request, record after record */
	int role;
	uint8_t params[16384], body[16384];
	size_t param_n, body_n;
	size_t pair_n, pair_bytes;
};

static size_t length(const uint8_t *p, size_t left, size_t *used)
{
	*used = left > 0 && p[0] & 0x80 ? 4 : 1;
	if (left < *used)
		return SIZE_MAX;
	if (*used == 1)
		return p[0];
	return ((size_t)(p[0] & 0x7f) << 24) | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* One pair at *at; false at the end, or when it goes beyond it (*bad). */
static bool pair(const struct want *w, size_t *at, struct str *name, struct str *value, bool *bad)
{
	size_t used, n, v;

	if (*at == w->param_n)
		return false;
	*bad = true;
	n = length(w->params + *at, w->param_n - *at, &used);
	if (n == SIZE_MAX)
		return false;
	*at += used;
	v = length(w->params + *at, w->param_n - *at, &used);
	if (v == SIZE_MAX)
		return false;
	*at += used;
	if (n > w->param_n - *at || v > w->param_n - *at - n)
		return false;
	*name = (struct str){(const char *)w->params + *at, n};
	*value = (struct str){(const char *)w->params + *at + n, v};
	*at += n + v;
	*bad = false;
	return true;
}

/* No pair twice, no NUL, no = in a name: then there is one reading. */
static bool pairs_are_plain(struct want *w)
{
	struct str name, value, other, ignored;
	size_t at = 0;
	bool bad = false;

	while (pair(w, &at, &name, &value, &bad)) {
		size_t from = at;
		if (name.n == 0 || memchr(name.p, '=', name.n) || memchr(name.p, 0, name.n) ||
			(value.n && memchr(value.p, 0, value.n)))
			return false;
		for (bool b = false; pair(w, &from, &other, &ignored, &b);)
			if (str_eq(other, name))
				return false;
		w->pair_n++;
		w->pair_bytes += name.n + 1 + value.n;
	}
	return !bad;
}

static struct str param_of(const struct want *w, const char *name)
{
	struct str n, v;
	size_t at = 0;
	bool bad;

	while (pair(w, &at, &n, &v, &bad))
		if (str_is(n, name))
			return v;
	return STR("");
}

static bool add(uint8_t *to, size_t *n, const uint8_t *p, size_t more)
{
	if (more)
		memcpy(to + *n, p, more);
	*n += more;
	return more > 0;
}

/* BEGIN, PARAMS … and an empty one, STDIN … and an empty one, all of one id; nothing behind.
 * libfcgi does not skip the padding of an empty record, nor of the first (nginx sends none there):
 * what follows is refused then, and not looked at here. */
static void read_records(struct want *w, const uint8_t *p, size_t left)
{
	int next = BEGIN, id = 0;

	memset(w, 0, sizeof *w);
	while (left >= 8 && next) {
		size_t n = (size_t)p[4] << 8 | p[5], whole = 8 + n + p[6];
		int this_id = p[2] << 8 | p[3];
		if (p[0] != 1 || p[1] != next || ((n == 0 || next == BEGIN) && p[6] > 0) ||
			whole > left || n > sizeof w->body - w->body_n ||
			n > sizeof w->params - w->param_n)
			return;
		if (next == BEGIN) {
			if (n != 8 || this_id == 0)
				return;
			w->role = p[8] << 8 | p[9];
			id = this_id;
			next = PARAMS;
		} else if (this_id != id) {
			return;
		} else if (next == PARAMS) {
			if (!add(w->params, &w->param_n, p + 8, n))
				next = STDIN;
		} else if (!add(w->body, &w->body_n, p + 8, n)) {
			next = 0;
		}
		p += whole;
		left -= whole;
	}
	w->in_order = next == 0 && left == 0 && pairs_are_plain(w);
}

/* --- what libfcgi is known for --------------------------------------------------------------- */

/* It takes memory for a name and a value before it has seen them, and ends the process when it gets
 * none: also when their lengths add up to more than an int holds. The next one is there in a moment
 * (multiwatch, systemd), and MemoryMax bounds the memory: only who may write to the socket can do
 * that. So pairs of more than 16 MiB are left out here, where libfcgi would look for pairs; but not
 * those whose sum comes round to nothing: these wrote beyond their memory before 2.4.2-2+deb12u1
 * (CVE-2025-23016), and must be refused. */
#define GREEDY_BYTES ((size_t)16 << 20)

static bool is_greedy_pair(const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t used, more, name = length(p, n, &used);
		if (name == SIZE_MAX)
			return false;
		size_t value = length(p + used, n - used, &more);
		if (value == SIZE_MAX)
			return false;
		if (name + value > GREEDY_BYTES)
			return name + value + 2 <= UINT32_MAX;
		if (name + value > n - used - more)
			return false;
		p += used + more + name + value;
		n -= used + more + name + value;
	}
	return false;
}

/* The records after a BEGIN, of its request; others that begin meanwhile are refused. pads: whether
 * the padding of an empty record is skipped. */
static bool is_greedy_request(const uint8_t *p, size_t left, bool pads, int id)
{
	static uint8_t params[32768];
	size_t n = 0;

	while (left >= 8) {
		size_t content = (size_t)p[4] << 8 | p[5];
		size_t whole = 8 + content + (content > 0 || pads ? p[6] : 0);
		int this_id = p[2] << 8 | p[3];
		content = content < left - 8 ? content : left - 8;
		if (p[1] == PARAMS && this_id == id) {
			(void)add(params, &n, p + 8, content);
		} else if (p[1] != BEGIN && this_id == 0) {
			/* pairs are looked for in each management record; what is in one that it
			 * does not know goes on as parameters, too */
			if (is_greedy_pair(p + 8, content))
				return true;
			if (p[1] != GET_VALUES)
				(void)add(params, &n, p + 8, content);
		}
		if (is_greedy_pair(params, n))
			return true;
		if (whole > left)
			return false;
		p += whole;
		left -= whole;
	}
	return false;
}

/* Any record may turn out to begin a request: those before it may have ended theirs. pads: as
 * above, and of one that begins. */
static bool is_greedy(const uint8_t *p, size_t left, bool pads)
{
	int begun = 0;

	if (is_greedy_request(p, left, pads, -1))
		return true;
	while (left >= 8) {
		size_t content = (size_t)p[4] << 8 | p[5];
		size_t whole = 8 + content + ((content > 0 && p[1] != BEGIN) || pads ? p[6] : 0);
		if (whole > left)
			return false;
		if (p[1] == BEGIN && (++begun > 16 || is_greedy_request(p + whole, left - whole,
							      pads, p[2] << 8 | p[3])))
			return true;
		p += whole;
		left -= whole;
	}
	return false;
}

/* It loses 48 bytes for each management record that it does not know; nginx, who alone reaches the
 * socket, sends none. So leaks of libfcgi are counted here instead, and nothing else may be lost.
 */
#define LOST 48
/* of the sanitizers, whose headers gcc's package has not */
size_t __sanitizer_get_current_allocated_bytes(void);
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfcgi.so\n";
}

/* --- the socket ------------------------------------------------------------------------------ */

static int listener = -1;
static struct sockaddr_un name_at;
static socklen_t name_n;

static void init(void)
{
	if (listener >= 0)
		return;
	CHECK(fcgi_start() == OK);
	/* a name of no file, which goes with the process */
	name_at.sun_family = AF_UNIX;
	int n = snprintf(name_at.sun_path + 1, 60, "pledged-fuzz-%ld", (long)getpid());
	name_n = (socklen_t)(sizeof name_at.sun_family + 1 + (size_t)n);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&name_at, name_n) == 0);
	CHECK(listen(listener, 4) == 0);
}

static int peer(const uint8_t *p, size_t n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&name_at, name_n) == 0);
	CHECK(send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	return fd;
}

/* Everything that came back: records of this version; each stream ends, then the request. */
static size_t answers(int fd, struct str *ret_first)
{
	static uint8_t all[1 << 18], out[1 << 18];
	size_t n = 0, out_n = 0, ends = 0;
	ssize_t k;

	while (n < sizeof all && (k = recv(fd, all + n, sizeof all - n, MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	for (size_t at = 0; at + 8 <= n;) {
		size_t more = (size_t)all[at + 4] << 8 | all[at + 5];
		CHECK(all[at] == 1 && at + 8 + more + all[at + 6] <= n);
		if (all[at + 1] == STDOUT && ends == 0) {
			memcpy(out + out_n, all + at + 8, more);
			out_n += more;
		}
		ends += all[at + 1] == END && all[at + 12] == 0;
		at += 8 + more + all[at + 6];
	}
	*ret_first = (struct str){(const char *)out, out_n};
	return ends;
}

/* --- one request ----------------------------------------------------------------------------- */

static void body_is_as_told(const struct request *q, const struct want *w, enum err e, size_t limit)
{
	uint64_t told = 0;
	enum err number = q->content_length.n ? str_u64(q->content_length, INT64_MAX, &told) : OK;

	if (e == OK)
		CHECK(number == OK && q->body.n == told && told <= limit);
	else
		CHECK(e == ERR_BODY_TOO_LARGE || e == ERR_BODY_CUT || e == ERR_NO_MEMORY);
	if (!w)
		return;
	if (number != OK)
		CHECK(e == ERR_BODY_CUT);
	else if (told > limit)
		CHECK(e == ERR_BODY_TOO_LARGE);
	else if (told != w->body_n)
		CHECK(e == ERR_BODY_CUT);
	else
		CHECK(e == OK && str_eq(q->body, (struct str){(const char *)w->body, w->body_n}));
}

static void params_are_as_told(const struct request *q, const struct want *w)
{
#define X(member, name, max)                                                                       \
	CHECK(str_eq(q->member, param_of(w, name).n <= (max) ? param_of(w, name) : STR("")));
#include "web/param.def"
#undef X
}

static bool serve(struct fcgi *c, const struct want *w, size_t limit, bool first)
{
	struct request q = {.arena = fuzz_arena()};
	struct response r;
	enum err e = fcgi_read(c, &q);

	if (first && w) {
		/* libfcgi adds FCGI_ROLE=… */
		bool fits = w->pair_n + 1 <= 256 && w->pair_bytes + 19 <= 65536;
		CHECK(e == (w->role < 1 || w->role > 3 ? ERR_IO
				   : w->role != 1      ? ERR_BAD_METHOD
				   : fits              ? OK
						       : ERR_TOO_LONG));
		if (e == OK)
			params_are_as_told(&q, w);
	}
	if (e == ERR_IO)
		return false;
	CHECK(e == OK || (q.path.n == 0 && (e == ERR_BAD_METHOD || e == ERR_TOO_LONG)));
	enum err body = fcgi_body(c, &q, e == OK ? limit : 0);
	if (e == OK)
		body_is_as_told(&q, first ? w : NULL, body, limit);
	CHECK(response_init(&r, q.arena, 4096) == OK);
	response_problem(&r, &q, e != OK ? e : body != OK ? body : ERR_NOT_FOUND, NULL);
	return fcgi_answer(c, &q, &r);
}

static void talk(const uint8_t *bytes, size_t n, size_t limit, const struct want *w)
{
	struct str first;
	int fd = peer(bytes, n), times = 0;
	struct fcgi *c = fcgi_accept(listener, 1000, true);

	CHECK(c && fcgi_fd(c) >= 0);
	while (serve(c, w->in_order ? w : NULL, limit, times == 0) && times < 100)
		times++;
	CHECK(times < 100);
	fcgi_free(c);
	size_t ends = answers(fd, &first);
	if (w->in_order && w->role >= 1 && w->role <= 3) {
		CHECK(ends == 1 && str_starts(first, "Status: 4"));
		CHECK(str_is(param_of(w, "REQUEST_METHOD"), "HEAD") ||
			first.p[first.n - 1] == '}' || first.p[first.n - 1] == '\n');
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct want want;

	init();
	if (size < 1 || size > 32768)
		return 0;
	(void)fuzz_arena();
	read_records(&want, data + 1, size - 1);
	if (!want.in_order &&
		(is_greedy(data + 1, size - 1, false) || is_greedy(data + 1, size - 1, true)))
		return 0;
	size_t had = __sanitizer_get_current_allocated_bytes();
	talk(data + 1, size - 1, (size_t)data[0] * 64, &want);
	size_t lost = __sanitizer_get_current_allocated_bytes() - had;
	CHECK(lost % LOST == 0 && lost <= LOST * (size / 8) && (!want.in_order || lost == 0));
	return 0;
}

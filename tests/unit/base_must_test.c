/* The words of the compiler: a bug ends the process and says where. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/must.h"

/* What a child says on standard error when `what` is found false; ret_status as of waitpid. */
static size_t dying_words(
	const char *file, const char *what, char *out, size_t cap, int *ret_status)
{
	int fd[2];
	size_t n = 0;
	ssize_t got;

	assert_int_equal(pipe(fd), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		must_die(file, 42, what);
	}
	close(fd[1]);
	while ((got = read(fd[0], out + n, cap - n)) > 0)
		n += (size_t)got;
	close(fd[0]);
	assert_int_equal(waitpid(pid, ret_status, 0), pid);
	return n;
}

static void dies_by_abort_and_tells_where(void **state)
{
	char text[1024];
	int status;
	size_t n = dying_words("a.c", "x == \"y\\z\"\n", text, sizeof text, &status);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(text[n - 1], '\n');
	json_auto_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "level")), "error");
	assert_string_equal(json_string_value(json_object_get(o, "file")), "a.c");
	assert_int_equal(json_integer_value(json_object_get(o, "line")), 42);
	assert_string_equal(json_string_value(json_object_get(o, "what")), "x == \"y\\z\" ");
}

static void a_long_reason_stays_one_whole_line(void **state)
{
	char text[1024], what[2000];
	int status;

	(void)state;
	for (size_t quote = 0; quote < 2; quote++) {
		memset(what, quote ? '"' : 'w', sizeof what - 1);
		what[sizeof what - 1] = 0;
		size_t n = dying_words(what, what, text, sizeof text, &status);
		assert_true(WIFSIGNALED(status));
		assert_in_range(n, 500, 512);
		assert_int_equal(text[n - 2], '}');
		assert_ptr_equal(memchr(text, '\n', n), text + n - 1);
	}
}

static void a_true_assertion_is_silent(void **state)
{
	int n = 1;

	(void)state;
	ASSERT(n == 1);
	ASSERT(ARRAY_N("abc") == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dies_by_abort_and_tells_where),
		cmocka_unit_test(a_long_reason_stays_one_whole_line),
		cmocka_unit_test(a_true_assertion_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

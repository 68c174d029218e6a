/* The configuration: every fault is told with its line, secrets reach only who needs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/conf.h"

#define X9         "xxxxxxxxx"
#define X49        X9 "x" X9 "x" X9 "x" X9 "x" X9
#define X99        X49 "x" X49
#define MONEY_KEYS "[cookie]\nkey_file=ring\n[stripe]\nkey_file=sk\nwebhook_secret_file=wh\n"

/* --- a folder to play in ------------------------------------------------------------------- */

static char dir[] = "/tmp/base_conf.XXXXXX";
static char ini[64];
static char said[8192];

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static size_t next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

static void put(const char *name, struct str text, mode_t mode)
{
	FILE *f;

	unlink(in_dir(name)); /* what is read-only cannot be written again but by root */
	f = fopen(in_dir(name), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(ini, sizeof ini, "%s/p.ini", dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	put("ring", STR("k1:abc\n"), 0600);
	put("sk", STR("sk_test_1\n"), 0440);
	put("wh", STR("whsec_1\nwhsec_2"), 0400);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
		"p.ini",
		"ring",
		"sk",
		"wh",
		"odd",
		"cookie_key_file",
		"stripe_key_file",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(names); i++)
		unlink(in_dir(names[i]));
	return rmdir(dir);
}

/* What is complained about stands in `said`, the ini file's path shortened to "F". */
static enum err load_path(const char *path, enum conf_role role, struct conf *c)
{
	static char raw[8192];
	struct buf b, out;
	struct str rest, line;

	buf_init(&b, raw, sizeof raw);
	memset(c, 0x5a, sizeof *c);
	enum err e = conf_load(path, role, c, &b);
	assert_int_equal(buf_done(&b), OK);
	buf_init(&out, said, sizeof said);
	for (rest = buf_str(&b); str_cut(&rest, '\n', &line);) {
		if (str_starts(line, path)) {
			buf_byte(&out, 'F');
			line.p += strlen(path);
			line.n -= strlen(path);
		}
		buf_addf(&out, "%.*s\n", STR_FMT(line));
	}
	buf_byte(&out, 0);
	assert_int_equal(buf_done(&out), OK);
	assert_int_equal(said[0] != 0, e != OK && e != ERR_NO_MEMORY);
	if (e != OK)
		for (size_t i = 0; i < sizeof *c; i++)
			assert_int_equal(((char *)c)[i], 0);
	return e;
}

static enum err load(struct str text, enum conf_role role, struct conf *c)
{
	put("p.ini", text, 0644);
	return load_path(ini, role, c);
}

/* --- what is taken ------------------------------------------------------------------------- */

static void defaults(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(STR(""), CONF_ROLE_OPERATOR, &c), OK);
	assert_int_equal(c.role, CONF_ROLE_OPERATOR);
	assert_string_equal(conf_str(&c, CONF_view_consent_default), "full");
	assert_int_equal(conf_int(&c, CONF_view_deadline_ms), 100);
	assert_true(conf_on(&c, CONF_database_prepared));
	assert_false(conf_on(&c, CONF_stripe_livemode));
	assert_string_equal(conf_str(&c, CONF_mail_smtp_url), "");
	for (enum conf_key k = 0; k < CONF_N; k++)
		assert_non_null(conf_str(&c, k));
	conf_fini(&c);
	assert_string_equal(conf_str(&c, CONF_view_consent_default), "");
	conf_fini(&c);
}

static void a_whole_file(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(
		load(STR("\xef\xbb\xbf# comment\r\n; comment\n\r\n  # indented comment\n[view]\r\n"
			 "deadline_ms = 250 ; why\n\tspool_file: /x;y\n[money]\n[view]\n"
			 "consent_default=none\n[database]\nprepared=off\n"
			 "conninfo = host=/run/p dbname=a=b"),
			CONF_ROLE_OPERATOR, &c),
		ERR_CONF);
	assert_string_equal(
		said, "F:7: the line begins with a space, which would continue the one before\n");
	assert_int_equal(
		load(STR("\xef\xbb\xbf# comment\r\n; comment\n\r\n  # indented comment\n[view]\r\n"
			 "deadline_ms = 250 ; why\r\nspool_file: /x;y\n[money]\n[view]\n"
			 "consent_default=none\n[database]\nprepared=off\n"
			 "conninfo = host=/run/p dbname=a=b"),
			CONF_ROLE_OPERATOR, &c),
		OK);
	assert_int_equal(conf_int(&c, CONF_view_deadline_ms), 250);
	assert_string_equal(conf_str(&c, CONF_view_spool_file), "/x;y");
	assert_string_equal(conf_str(&c, CONF_view_consent_default), "none");
	assert_false(conf_on(&c, CONF_database_prepared));
	assert_string_equal(conf_str(&c, CONF_database_conninfo), "host=/run/p dbname=a=b");
	conf_fini(&c);
	/* the longest line that libinih does not cut */
	assert_int_equal(load(STR("[view]\nspool_file=" X99 X49 X9 X9 X9 X9 "xyz\n"),
				 CONF_ROLE_OPERATOR, &c),
		OK);
	assert_int_equal(strlen(conf_str(&c, CONF_view_spool_file)), 187);
	conf_fini(&c);
}

static void the_environment_wins(void **state)
{
	struct conf c;

	(void)state;
	setenv("PLEDGED_VIEW_DEADLINE_MS", "333", 1);
	setenv("PLEDGED_MAIL_FROM", "a@b.example", 1);
	assert_int_equal(load(STR("[view]\ndeadline_ms=250\n"), CONF_ROLE_OPERATOR, &c), OK);
	assert_int_equal(conf_int(&c, CONF_view_deadline_ms), 333);
	assert_string_equal(conf_str(&c, CONF_mail_from), "a@b.example");
	conf_fini(&c);
	setenv("PLEDGED_VIEW_DEADLINE_MS", "fast", 1);
	setenv("PLEDGED_MAIL_FROM", "a\xff", 1);
	assert_int_equal(load(STR("[view]\ndeadline_ms=250\n"), CONF_ROLE_OPERATOR, &c), ERR_CONF);
	assert_string_equal(said,
		"environment:PLEDGED_VIEW_DEADLINE_MS: must be a whole number from 10 to 10000\n"
		"environment:PLEDGED_MAIL_FROM: must be printable UTF-8\n");
	unsetenv("PLEDGED_VIEW_DEADLINE_MS");
	unsetenv("PLEDGED_MAIL_FROM");
}

/* --- what is refused ----------------------------------------------------------------------- */

static const struct {
	struct str text;
	const char *said;
} faults[] = {
	{STR("[view]\ndeadline=1\n[views]\ndeadline_ms=1\n"),
		"F:2: there is no setting view.deadline\nF:4: there is no setting "
		"views.deadline_ms\n"},
	{STR("deadline_ms=100\n"), "F:1: there is no setting .deadline_ms\n"},
	{STR("[View]\ndeadline_ms=100\n"), "F:2: there is no setting View.deadline_ms\n"},
	{STR("[view]\ndeadline_ms=100\n[money]\n[view]\ndeadline_ms=100\n"),
		"F:5: view.deadline_ms stands there twice, first on line 2\n"},
	{STR("[view]\ndeadline_ms=100\n  5\n"),
		"F:3: the line begins with a space, which would continue the one before\n"},
	{STR("[view]\nspool_file=" X99 X99 "\n5\ndrain_ms=200"),
		"F:2: the line is longer than 198 bytes\nF:3: this is not `key = value`\n"},
	{STR("[view]\nspool_file=" X99 X49 X9 X9 X9 X9 "wxyz\n"),
		"F:2: the line is longer than 198 bytes\n"},
	{STR("nonsense\n[view]\n\nmore nonsense\n; end"),
		"F:1: this is not `key = value`\nF:4: this is not `key = value`\n"},
	{STR("[view]\nlast"), "F:2: this is not `key = value`\n"},
	{STR("[view\ndrain_ms=200\n"),
		"F:1: the section's ] is missing\nF:2: there is no setting .drain_ms\n"},
	{STR("[view ; x]\n"), "F:1: this cannot be read\n"},
	{STR("[view]\ndrain_ms=2\0"
	     "00\n"),
		"F:2: the line is not UTF-8\n"},
	{STR("[view]\nspool_file=\xff\n"), "F:2: the line is not UTF-8\n"},
	{STR("[view]\nspool_file=a\x1b[31m\n"), "F:2: view.spool_file: must be printable UTF-8\n"},
	{STR("[view]\nspool_file=gnp\xe2\x80\xae.exe\n"),
		"F:2: view.spool_file: must be printable UTF-8\n"},
	{STR("[view]\ndeadline_ms=\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[view]\ndeadline_ms=9\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[view]\ndeadline_ms=10001\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[view]\ndeadline_ms=-100\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[view]\ndeadline_ms=100ms\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[view]\ndeadline_ms=99999999999999999999\n"),
		"F:2: view.deadline_ms: must be a whole number from 10 to 10000\n"},
	{STR("[stripe]\nlivemode=yes\n"), "F:2: stripe.livemode: must be on or off\n"},
	{STR("[stripe]\nlivemode=\n"), "F:2: stripe.livemode: must be on or off\n"},
	{STR("[log]\nlevel=all\n"), "F:2: log.level: must be 4 to 6 bytes long\n"},
	{STR("[log]\nlevel=nothing\n"), "F:2: log.level: must be 4 to 6 bytes long\n"},
	{STR("[database]\nconninfo=\n[view]\ndrain_ms=1\n[log]\nlevl=info\n"),
		"F:6: there is no setting log.levl\n"
		"F:2: database.conninfo: must be 1 to 1000 bytes long\n"
		"F:4: view.drain_ms: must be a whole number from 100 to 60000\n"},
};

static void every_fault_with_its_line(void **state)
{
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(faults); i++) {
		enum err e = load(faults[i].text, CONF_ROLE_OPERATOR, &c);
		if (e != ERR_CONF || strcmp(said, faults[i].said) != 0)
			fail_msg("row %zu: %s, and it says:\n%s", i, err_slug(e), said);
	}
}

static void files_that_cannot_be_read(void **state)
{
	static char big[70000];
	struct conf c;

	(void)state;
	assert_int_equal(load_path(in_dir("nothing"), CONF_ROLE_OPERATOR, &c), ERR_IO);
	assert_string_equal(said, "F: there is no such file\n");
	assert_int_equal(load_path(in_dir("ring/x"), CONF_ROLE_OPERATOR, &c), ERR_IO);
	assert_string_equal(said, "F: cannot be opened\n");
	assert_int_equal(load_path(dir, CONF_ROLE_OPERATOR, &c), ERR_IO);
	assert_string_equal(said, "F: not a plain file\n");
	memset(big, '\n', sizeof big);
	assert_int_equal(load((struct str){big, sizeof big}, CONF_ROLE_OPERATOR, &c), ERR_IO);
	assert_string_equal(said, "F: larger than 64 KiB\n");
	assert_int_equal(load((struct str){big, 65536}, CONF_ROLE_OPERATOR, &c), OK);
	conf_fini(&c);
}

/* --- secrets ------------------------------------------------------------------------------- */

static void secrets_reach_only_who_needs_them(void **state)
{
	static const struct {
		enum conf_role role;
		const char *ring, *key, *hook;
	} rows[] = {
		{CONF_ROLE_VIEW, "k1:abc", "", ""},
		{CONF_ROLE_MONEY, "k1:abc", "sk_test_1", "whsec_1\nwhsec_2"},
		{CONF_ROLE_CLERK, "", "sk_test_1", ""},
		{CONF_ROLE_OPERATOR, "k1:abc", "", ""},
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		assert_int_equal(load(STR(MONEY_KEYS), rows[i].role, &c), OK);
		assert_true(str_is(conf_secret(&c, CONF_cookie_key_file), rows[i].ring));
		assert_true(str_is(conf_secret(&c, CONF_stripe_key_file), rows[i].key));
		assert_true(str_is(conf_secret(&c, CONF_stripe_webhook_secret_file), rows[i].hook));
		conf_fini(&c);
	}
	/* who does not need it does not open it either, and knows where not to go */
	assert_int_equal(load(STR("[stripe]\nkey_file=/nowhere\n"), CONF_ROLE_OPERATOR, &c), OK);
	assert_string_equal(conf_file(&c, CONF_stripe_key_file, false), "/nowhere");
	assert_null(conf_file(&c, CONF_stripe_key_file, true));
	conf_fini(&c);
	assert_int_equal(load(STR(MONEY_KEYS), CONF_ROLE_VIEW, &c), OK);
	assert_string_equal(conf_file(&c, CONF_cookie_key_file, true), in_dir("ring"));
	assert_null(conf_file(&c, CONF_cookie_key_file, false));
	assert_string_equal(conf_file(&c, CONF_stripe_key_file, false), in_dir("sk"));
	assert_null(conf_file(&c, CONF_account_key_file, false));
	assert_null(conf_file(&c, CONF_mollie_key_file, false));
	conf_fini(&c);
}

static void a_secret_that_is_not_named(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(STR(""), CONF_ROLE_VIEW, &c), ERR_SECRET);
	assert_string_equal(said, "F: cookie.key_file: the file of this secret is not named\n");
	assert_int_equal(load(STR("[stripe]\nkey_file=\n"), CONF_ROLE_MONEY, &c), ERR_SECRET);
	assert_string_equal(said, "F: cookie.key_file: the file of this secret is not named\n");
	assert_int_equal(load(STR(""), CONF_ROLE_OPERATOR, &c), OK);
	assert_int_equal(conf_secret(&c, CONF_cookie_key_file).n, 0);
	conf_fini(&c);
	/* named but absent is a fault even where it may be left out */
	assert_int_equal(
		load(STR("[cookie]\nkey_file=nothing\n"), CONF_ROLE_OPERATOR, &c), ERR_SECRET);
	assert_non_null(strstr(said, "F:2: cookie.key_file: /tmp/"));
	assert_non_null(strstr(said, "/nothing: there is no such file\n"));
}

static void secrets_that_are_unsafe(void **state)
{
	static const struct {
		struct str text;
		mode_t mode;
		const char *said;
	} rows[] = {
		{STR("s\n"), 0644, "others may read it"},
		{STR("s\n"), 0604, "others may read it"},
		{STR("s\n"), 0602, "others may read it"},
		{STR("s\n"), 0601, "others may read it"},
		{STR(""), 0600, "the secret's file is empty"},
		{STR("\n"), 0600, "the secret's file is empty"},
		{STR("CHANGE-ME"), 0600, "the secret is still CHANGE-ME"},
		{STR("sk_CHANGE-ME_x\n"), 0600, "the secret is still CHANGE-ME"},
		{STR("s\0t"), 0600, "the secret holds a NUL"},
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		put("odd", rows[i].text, rows[i].mode);
		assert_int_equal(
			load(STR("[cookie]\nkey_file=odd\n"), CONF_ROLE_VIEW, &c), ERR_SECRET);
		if (!str_starts(str_c(said), "F:2: cookie.key_file: ") ||
			!strstr(said, rows[i].said))
			fail_msg("row %zu says %s", i, said);
	}
	assert_int_equal(load(STR("[cookie]\nkey_file=/\n"), CONF_ROLE_VIEW, &c), ERR_SECRET);
	assert_string_equal(said, "F:2: cookie.key_file: /: not a plain file\n");
	/* a wrong setting beside it decides the class, and both are told */
	assert_int_equal(load(STR("x\n[cookie]\nkey_file=/\n"), CONF_ROLE_VIEW, &c), ERR_CONF);
	assert_non_null(strstr(said, "F:3: cookie.key_file: /: not a plain file\n"));
}

static void only_one_newline_is_dropped(void **state)
{
	static const struct {
		struct str text;
		const char *out;
	} rows[] = {
		{STR("s"), "s"},
		{STR("s\n"), "s"},
		{STR("s\n\n"), "s\n"},
		{STR(" s \n"), " s "},
		{STR("s\r\n"), "s\r"},
		{STR("CHANGE_ME"), "CHANGE_ME"},
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		put("odd", rows[i].text, 0640);
		assert_int_equal(load(STR("[cookie]\nkey_file=odd\n"), CONF_ROLE_VIEW, &c), OK);
		assert_true(str_is(conf_secret(&c, CONF_cookie_key_file), rows[i].out));
		conf_fini(&c);
	}
}

static void paths_of_secrets(void **state)
{
	char text[200], *cwd = getcwd(NULL, 0);
	struct conf c;

	(void)state;
	assert_non_null(cwd);
	snprintf(text, sizeof text, "[cookie]\nkey_file=%s\n", in_dir("ring"));
	assert_int_equal(load(str_c(text), CONF_ROLE_VIEW, &c), OK);
	conf_fini(&c);
	/* an ini file that is named without a folder */
	put("p.ini", STR("[cookie]\nkey_file=ring\n"), 0644);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(load_path("p.ini", CONF_ROLE_VIEW, &c), OK);
	assert_true(str_is(conf_secret(&c, CONF_cookie_key_file), "k1:abc"));
	conf_fini(&c);
	assert_int_equal(chdir(cwd), 0);
	free(cwd);
	setenv("PLEDGED_COOKIE_KEY_FILE", "nothing", 1);
	assert_int_equal(load(STR("[cookie]\nkey_file=ring\n"), CONF_ROLE_VIEW, &c), ERR_SECRET);
	assert_true(str_starts(str_c(said), "environment:PLEDGED_COOKIE_KEY_FILE: /tmp/"));
	unsetenv("PLEDGED_COOKIE_KEY_FILE");
}

static void credentials_of_the_service_manager(void **state)
{
	struct conf c;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(load(STR(""), CONF_ROLE_VIEW, &c), ERR_SECRET);
	assert_string_equal(said, "F: cookie.key_file: the file of this secret is not named\n");
	put("cookie_key_file", STR("from the manager\n"), 0400);
	assert_int_equal(load(STR(""), CONF_ROLE_VIEW, &c), OK);
	assert_true(str_is(conf_secret(&c, CONF_cookie_key_file), "from the manager"));
	conf_fini(&c);
	assert_int_equal(load(STR("[cookie]\nkey_file=ring\n"), CONF_ROLE_VIEW, &c), OK);
	assert_true(str_is(conf_secret(&c, CONF_cookie_key_file), "k1:abc"));
	conf_fini(&c);
	put("cookie_key_file", STR("from the manager\n"), 0444);
	assert_int_equal(load(STR(""), CONF_ROLE_VIEW, &c), ERR_SECRET);
	unlink(in_dir("cookie_key_file"));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_dump_shows_no_secret(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(
		load(STR(MONEY_KEYS
			     "[database]\nconninfo=host=x PassWord=hush\n[mail]\n"
			     "smtp_url=smtp://me:hush@mail.example\nfrom=news@paper.example\n"),
			CONF_ROLE_CLERK, &c),
		OK);
	BUF_ON(b, 4000);
	conf_dump(&c, &b);
	assert_int_equal(buf_done(&b), OK);
	buf_byte(&b, 0);
	assert_null(strstr(b.p, "hush"));
	assert_null(strstr(b.p, "sk_test"));
	assert_non_null(strstr(b.p, "database.conninfo = ***\n"));
	assert_non_null(strstr(b.p, "stripe.key_file = ***\n"));
	assert_non_null(strstr(b.p, "cookie.key_file = \n"));
	assert_non_null(strstr(b.p, "mail.smtp_url = ***\n"));
	assert_non_null(strstr(b.p, "mail.from = news@paper.example\n"));
	assert_non_null(strstr(b.p, "stripe.base_url = https://api.stripe.com\n"));
	assert_non_null(strstr(b.p, "view.deadline_ms = 100\n"));
	conf_fini(&c);
}

/* --- no memory ----------------------------------------------------------------------------- */

static long fail_in;

/* in place of libc's, which conf.c calls once for each text that it keeps */
char *strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = fail_in > 0 && --fail_in == 0 ? NULL : malloc(n);

	return p ? memcpy(p, s, n) : NULL;
}

static void no_memory_at_each_copy(void **state)
{
	struct conf c;
	enum err e = ERR_BUG;
	long n = 0;

	(void)state;
	setenv("PLEDGED_VIEW_DEADLINE_MS", "333", 1);
	while (e != OK) {
		fail_in = ++n;
		e = load(STR(MONEY_KEYS "[log]\nlevel=warn\n"), CONF_ROLE_MONEY, &c);
		fail_in = 0;
		assert_true(e == OK || e == ERR_NO_MEMORY);
		assert_true(n < 1000);
	}
	assert_true(n > CONF_N + 5);
	conf_fini(&c);
	unsetenv("PLEDGED_VIEW_DEADLINE_MS");
}

static void a_later_load_takes_effect_in_part(void **state)
{
	struct conf c, next;

	(void)state;
	BUF_ON(left, 200);
	assert_int_equal(load(STR(MONEY_KEYS), CONF_ROLE_MONEY, &c), OK);
	put("wh", STR("whsec_3"), 0400);
	assert_int_equal(load(STR(MONEY_KEYS "livemode=on\n[money]\nwait_ms=700\n[database]"
					     "\nconninfo=x\nprepared=off\n"),
				 CONF_ROLE_MONEY, &next),
		OK);
	const char *borrowed = conf_str(&c, CONF_stripe_webhook_secret_file);
	conf_swap(&c, &next, &left);
	BUF_ON(told, 1);
	conf_swap(&c, &next, &told);
	assert_ptr_equal(conf_str(&c, CONF_stripe_webhook_secret_file), borrowed);
	assert_int_equal(conf_int(&c, CONF_money_wait_ms), 10000);
	conf_swap(&c, &next, &told);
	conf_fini(&next);
	assert_int_equal(conf_int(&c, CONF_money_wait_ms), 700);
	assert_true(str_is(conf_secret(&c, CONF_stripe_webhook_secret_file), "whsec_3"));
	assert_true(str_is(conf_secret(&c, CONF_stripe_key_file), "sk_test_1"));
	assert_true(conf_on(&c, CONF_database_prepared));
	assert_false(conf_on(&c, CONF_stripe_livemode));
	assert_string_not_equal(conf_str(&c, CONF_database_conninfo), "x");
	assert_true(str_is(buf_str(&left), "database.conninfo database.prepared stripe.livemode"));
	assert_null(next.text[0]);
	conf_fini(&c);
	put("wh", STR("whsec_1\nwhsec_2"), 0400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(a_whole_file),
		cmocka_unit_test(the_environment_wins),
		cmocka_unit_test(every_fault_with_its_line),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(secrets_reach_only_who_needs_them),
		cmocka_unit_test(a_secret_that_is_not_named),
		cmocka_unit_test(secrets_that_are_unsafe),
		cmocka_unit_test(only_one_newline_is_dropped),
		cmocka_unit_test(paths_of_secrets),
		cmocka_unit_test(credentials_of_the_service_manager),
		cmocka_unit_test(a_dump_shows_no_secret),
		cmocka_unit_test(no_memory_at_each_copy),
		cmocka_unit_test(a_later_load_takes_effect_in_part),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

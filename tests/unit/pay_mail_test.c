/* Mail: the text byte for byte, what never becomes a mail, and servers that refuse in every place. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pay/mail.h"

static struct mail sample(void)
{
	return (struct mail){.from = STR("gifts@news.example"), .to = STR("a.b+c@mail.example"), .subject = STR("Thank you"),
	    .body = STR("Hello\n\nbye\n"), .id = STR("receipt-1")};
}

static char text[131072];
static struct fault why;

static enum err format(const struct mail *m, struct fault *f)
{
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	enum err e = mail_format(m, utc_of_s(1900000000), &b, f);
	text[b.n] = 0;
	return e;
}

/* --- the text ---------------------------------------------------------------------------------- */

#define HEAD(subject) "Date: Sun, 17 Mar 2030 17:46:40 +0000\r\nFrom: <gifts@news.example>\r\nTo: <a.b+c@mail.example>\r\n" \
	"Message-ID: <receipt-1@news.example>\r\nSubject: " subject "\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n" \
	"Auto-Submitted: auto-generated\r\n\r\n"

static void a_plain_mail(void **state)
{
	struct mail m = sample();
	struct fault f;

	(void)state;
	assert_int_equal(format(&m, &f), OK);
	assert_string_equal(text, HEAD("Thank you") "Hello\r\n\r\nbye\r\n");
}

/* RFC 8058: both headers, or the reader's program shows no button. */
static void a_mail_that_can_be_stopped(void **state)
{
	static const char *const bad[] = {"x", "mailto:a@b.example", "ftp://b.example/", "https://b.example/ a", "https://b.example/>",
	    "https://b.example/<", "https://b.example/\r\nBcc: x@y.example", "https://b.example/\xc3\xa9", "javascript:x"};
	static char lengthy[500] = "https://b.example/";
	struct mail m = sample();
	struct fault f;

	(void)state;
	m.stop = STR("https://news.example/remind/AAAA-_a");
	assert_int_equal(format(&m, &f), OK);
	assert_non_null(strstr(text, "\r\nList-Unsubscribe: <https://news.example/remind/AAAA-_a>\r\n"
				     "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version"));
	for (size_t i = 0; i < ARRAY_N(bad); i++) {
		m.stop = str_c(bad[i]);
		assert_int_equal(format(&m, &f), ERR_FIELD_BAD);
		assert_string_equal(f.field, "stop");
	}
	memset(lengthy + 18, 'a', sizeof lengthy - 18);
	m.stop = (struct str){lengthy, 400};
	assert_int_equal(format(&m, &f), OK);
	m.stop = (struct str){lengthy, 401};
	assert_int_equal(format(&m, &f), ERR_FIELD_BAD);
}

static const struct { const char *body, *coded; } bodies[] = {
    {"", ""},
    {"a", "a\r\n"},
    {"a\r\nb", "a\r\nb\r\n"},
    {"a\rb", "a=0Db\r\n"},
    {"1=1", "1=3D1\r\n"},
    {"end \nend\t\n", "end=20\r\nend=09\r\n"},
    {"a\tb c", "a=09b c\r\n"},
    {"\xd0\xa1\xd0\xbf", "=D0=A1=D0=BF\r\n"},
    {"25.00 \xe2\x82\xac", "25.00 =E2=82=AC\r\n"},
    {".\n..\n", ".\r\n..\r\n"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\naaaaaaa\r\n"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n=C3=A9\r\n"},
};

static void bodies_are_quoted_printable(void **state)
{
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bodies); i++) {
		struct mail m = sample();
		m.body = str_c(bodies[i].body);
		assert_int_equal(format(&m, &f), OK);
		assert_string_equal(strstr(text, "\r\n\r\n") + 4, bodies[i].coded);
	}
}

static void subjects_are_words(void **state)
{
	static const struct { const char *subject, *coded; } rows[] = {
	    {"Caf\xc3\xa9 1", "=?UTF-8?Q?Caf=C3=A9=201?="},
	    {"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
	        "=?UTF-8?Q?=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC?=\r\n =?UTF-8?Q?=E2=82=AC?="},
	    {"a =?b", "=?UTF-8?Q?a=20=3D=3Fb?="},
	    {"\xd0\xa1\xd0\xbf\xd0\xb0\xd1\x81\xd0\xb8\xd0\xb1\xd0\xbe\xd0\xa1\xd0\xbf\xd0\xb0\xd1\x81\xd0\xb8\xd0\xb1\xd0\xbe",
	        "=?UTF-8?Q?=D0=A1=D0=BF=D0=B0=D1=81=D0=B8=D0=B1=D0=BE=D0=A1=D0=BF=D0=B0?=\r\n =?UTF-8?Q?=D1=81=D0=B8=D0=B1=D0=BE?="},
	};
	char line[400];
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct mail m = sample();
		m.subject = str_c(rows[i].subject);
		assert_int_equal(format(&m, &f), OK);
		snprintf(line, sizeof line, "\r\nSubject: %s\r\nMIME-Version", rows[i].coded);
		if (!strstr(text, line))
			fail_msg("%s", text);
	}
}

/* No line may be longer than 78 bytes, whatever the subject and the body are. */
static void no_line_is_long(void **state)
{
	static char body[60000], subject[400];
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i % 7 == 0 ? '=' : i % 1000 == 999 ? '\n' : ' ' + i % 90);
	memset(subject, 'a', sizeof subject);
	struct mail m = sample();
	m.body = (struct str){body, sizeof body};
	m.subject = (struct str){subject, sizeof subject};
	assert_int_equal(format(&m, &f), OK);
	for (char *line = text, *end; *line; line = end + 2) {
		end = strstr(line, "\r\n");
		assert_non_null(end);
		assert_true(end - line <= 78);
	}
}

static void a_buffer_too_small_is_told(void **state)
{
	struct mail m = sample();
	struct fault f;

	(void)state;
	for (size_t n = 0; n < 300; n += 7) {
		struct buf b;
		buf_init(&b, text, n);
		assert_int_equal(mail_format(&m, utc_of_s(1900000000), &b, &f), ERR_TOO_LONG);
	}
}

/* --- what never becomes a mail ----------------------------------------------------------------- */

static const char *const no_addresses[] = {"", "@", "a@", "@b", "a b@c.example", "a@b.example\r\nBcc: x@y.example",
    "a@b.example,c@d.example", "<a@b.example>", "a@b.example>", "\"a\"@b.example", "a@b@c.example", "a@b.example\n",
    "a@-b.example", "a@.b", "a@b.", "-a@b.example", "a@b_c", "a@[127.0.0.1]", "\xc3\xa9@b.example", "a(x)@b.example",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.example"};

static void refused(const struct mail *m, const char *what)
{
	struct conf c = {.role = CONF_ROLE_CLERK};
	struct fault f = {0};

	c.text[CONF_mail_smtp_url] = (char *)"smtp://127.0.0.1:1";
	if (format(m, &f) != ERR_FIELD_BAD || mail_send(&c, m, utc_of_s(1900000000), &f) != ERR_FIELD_BAD)
		fail_msg("taken: %s", what);
}

static void odd_addresses_are_refused(void **state)
{
	static char host[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(no_addresses); i++) {
		struct mail m = sample();
		m.to = str_c(no_addresses[i]);
		refused(&m, no_addresses[i]);
		m = sample();
		m.from = str_c(no_addresses[i]);
		refused(&m, no_addresses[i]);
	}
	memset(host, 'a', sizeof host);
	host[1] = '@';
	struct mail m = sample();
	m.to = (struct str){host, 255};
	refused(&m, "255 bytes");
	m.to = (struct str){"a\0@b.example", 12};
	refused(&m, "NUL");
}

static void odd_headers_are_refused(void **state)
{
	static char long_text[70000];
	struct mail m = sample();

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	m.subject = STR("a\nBcc: x@y.example");
	refused(&m, "two lines");
	m.subject = STR("");
	refused(&m, "no subject");
	m.subject = (struct str){long_text, 401};
	refused(&m, "long subject");
	m = sample();
	m.body = STR("\xff");
	refused(&m, "not UTF-8");
	m.body = (struct str){long_text, 65537};
	refused(&m, "long body");
	m = sample();
	m.id = STR("a>\r\nX: y");
	refused(&m, "id");
	m.id = STR("");
	refused(&m, "no id");
}

/* --- servers ----------------------------------------------------------------------------------- */

struct server { const char *name, *greeting, *mail, *rcpt, *data, *end; enum err err; };

static const struct server servers[] = {
    {"takes it", "220 hi", "250 ok", "250 ok", "354 go", "250 ok", OK},
    {"greets with 4xx", "421 busy", "", "", "", "", ERR_TIMEOUT},
    {"greets with 5xx", "554 not today", "", "", "", "", ERR_TIMEOUT},
    {"refuses the sender", "220 hi", "550 no", "", "", "", ERR_PROVIDER},
    {"refuses the receiver", "220 hi", "250 ok", "550 no such user", "", "", ERR_PROVIDER},
    {"refuses the receiver for now", "220 hi", "250 ok", "451 later", "", "", ERR_TIMEOUT},
    {"refuses the data", "220 hi", "250 ok", "250 ok", "554 no", "", ERR_PROVIDER},
    {"refuses the mail", "220 hi", "250 ok", "250 ok", "354 go", "550 spam", ERR_PROVIDER},
    {"refuses the mail for now", "220 hi", "250 ok", "250 ok", "354 go", "452 full", ERR_TIMEOUT},
    {"hangs up", "220 hi", "250 ok", "250 ok", "354 go", "", ERR_TIMEOUT},
};

static void reply(FILE *f, const char *words)
{
	if (!words[0])
		_exit(0);
	fprintf(f, "%s\r\n", words);
	fflush(f);
}

/* One session. The mail, as it came over the wire, goes to log. */
static void serve(int listen, int log, const struct server *s)
{
	FILE *f = fdopen(accept(listen, NULL, NULL), "r+");
	char line[2048];

	reply(f, s->greeting);
	while (fgets(line, sizeof line, f)) {
		fseek(f, 0, SEEK_CUR);
		if (strncmp(line, "EHLO", 4) == 0)
			reply(f, "250 here");
		else if (strncmp(line, "MAIL FROM:<gifts@news.example>", 30) == 0)
			reply(f, s->mail);
		else if (strncmp(line, "RCPT TO:<a.b+c@mail.example>", 28) == 0)
			reply(f, s->rcpt);
		else if (strncmp(line, "QUIT", 4) == 0)
			reply(f, "221 bye");
		else if (strncmp(line, "DATA", 4) == 0) {
			reply(f, s->data);
			while (s->data[0] == '3' && fgets(line, sizeof line, f) && strcmp(line, ".\r\n") != 0)
				(void)!write(log, line, strlen(line));
			fseek(f, 0, SEEK_CUR);
			reply(f, s->data[0] == '3' ? s->end : "500 ?");
		} else
			reply(f, "500 ?");
	}
}

static enum err send_to(const struct server *s, char *log, size_t cap)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct conf c = {.role = CONF_ROLE_CLERK};
	struct mail m = sample();
	socklen_t n = sizeof at;
	char url[64];
	int ends[2], fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t have = 0;
	ssize_t got;

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		serve(fd, ends[1], s);
		_exit(0);
	}
	close(ends[1]);
	close(fd);
	snprintf(url, sizeof url, "smtp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	c.text[CONF_mail_smtp_url] = url;
	m.body = STR("Hello\n.\nbye");
	enum err e = mail_send(&c, &m, utc_of_s(1900000000), &why);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (have < cap - 1 && (got = read(ends[0], log + have, cap - 1 - have)) > 0)
		have += (size_t)got;
	close(ends[0]);
	log[have] = 0;
	return e;
}

static void servers_one_by_one(void **state)
{
	char log[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(servers); i++) {
		enum err e = send_to(&servers[i], log, sizeof log);
		if (e != servers[i].err)
			fail_msg("%s: %s: %s", servers[i].name, err_slug(e), why.detail);
		if (e == OK) /* a lone dot is doubled on the way */
			assert_string_equal(log, HEAD("Thank you") "Hello\r\n..\r\nbye\r\n");
	}
}

static void no_server(void **state)
{
	static const struct { const char *url; enum err err; } rows[] = {
	    {"smtp://127.0.0.1:1", ERR_TIMEOUT}, {"", ERR_CONF}, {"http://127.0.0.1:1", ERR_CONF}, {"file:///tmp/x", ERR_CONF}};
	struct mail m = sample();
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct conf c = {.role = CONF_ROLE_CLERK};
		c.text[CONF_mail_smtp_url] = (char *)(uintptr_t)rows[i].url;
		assert_int_equal(mail_send(&c, &m, utc_of_s(1900000000), &f), rows[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_mail), cmocka_unit_test(a_mail_that_can_be_stopped),
		cmocka_unit_test(bodies_are_quoted_printable),
		cmocka_unit_test(subjects_are_words),
		cmocka_unit_test(no_line_is_long),
		cmocka_unit_test(a_buffer_too_small_is_told),
		cmocka_unit_test(odd_addresses_are_refused),
		cmocka_unit_test(odd_headers_are_refused),
		cmocka_unit_test(servers_one_by_one),
		cmocka_unit_test(no_server),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

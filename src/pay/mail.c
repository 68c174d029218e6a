/* pay/mail.c: a receipt as RFC 5322 text, and one SMTP exchange to hand it over. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pay/http.h"
#include "pay/mail.h"

#define DEADLINE_MS 30000L
#define CONNECT_MS  5000L
#define BODY_MAX    65536
#define SUBJECT_MAX 400
#define STOP_MAX    400
#define HEAD_MAX    8192

/* --- what may stand in a header --------------------------------------------------------------- */

/* Plain addresses only: whatever could end a header, or add a receiver, is no address here. */
static bool is_address(struct str s)
{
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;

	if (!at || s.n > 254)
		return false;
	struct str local = {s.p, (size_t)(at - s.p)}, host = {at + 1, s.n - local.n - 1};
	return local.n > 0 && local.n <= 64 && host.n > 0 && local.p[0] != '-' &&
	       str_is_word(local, ".!#$%&'*+/=?^_`{|}~-") && str_is_word(host, ".-") &&
	       host.p[0] != '.' && host.p[0] != '-' && host.p[host.n - 1] != '.';
}

/* Nothing that could end the brackets around it, or the header. */
static bool is_web_address(struct str s)
{
	bool good = (str_starts(s, "https://") || str_starts(s, "http://")) && s.n <= STOP_MAX;

	for (size_t i = 0; i < s.n; i++)
		good &= s.p[i] > ' ' && s.p[i] <= '~' && s.p[i] != '<' && s.p[i] != '>';
	return good;
}

static enum err check(const struct mail *m, struct fault *f)
{
	if (!is_address(m->from))
		return fault_set(f, ERR_FIELD_BAD, "from", "this is no address that we send from");
	if (!is_address(m->to))
		return fault_set(f, ERR_FIELD_BAD, "to", "this is no address that we send to");
	if (m->subject.n == 0 || m->subject.n > SUBJECT_MAX || !str_is_clean(m->subject, false))
		return fault_set(f, ERR_FIELD_BAD, "subject", "must be one printable line");
	if (m->body.n > BODY_MAX || !str_is_utf8(m->body))
		return fault_set(
			f, ERR_FIELD_BAD, "body", "must be UTF-8 of at most %d bytes", BODY_MAX);
	if (m->id.n == 0 || m->id.n > 100 || !str_is_word(m->id, "._-"))
		return fault_set(f, ERR_FIELD_BAD, "id", "must be a word");
	if (m->stop.n > 0 && !is_web_address(m->stop))
		return fault_set(f, ERR_FIELD_BAD, "stop", "must be an http address");
	return OK;
}

/* --- the text --------------------------------------------------------------------------------- */

static void add_date(struct buf *b, utc_t now)
{
	static const char day[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char month[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)utc_s(now);
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	buf_addf(b, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", day[tm.tm_wday], tm.tm_mday,
		month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void add_hex(struct buf *b, unsigned char c)
{
	buf_addf(b, "=%02X", (unsigned)c);
}

/* Bytes of the first character of valid UTF-8. */
static size_t char_n(struct str s)
{
	size_t n = 1;

	while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* RFC 2047, Q: at most 75 bytes a word, a character never torn apart. */
static void add_words(struct buf *b, struct str s)
{
	while (s.n > 0) {
		size_t room = 60;
		buf_addc(b, "=?UTF-8?Q?");
		for (size_t n; s.n > 0 && room >= 3 * (n = char_n(s)); room -= 3 * n) {
			for (size_t i = 0; i < n; i++)
				if (n == 1 && str_is_word((struct str){s.p, 1}, ""))
					buf_byte(b, s.p[0]);
				else
					add_hex(b, (unsigned char)s.p[i]);
			s = (struct str){s.p + n, s.n - n};
		}
		buf_addc(b, s.n ? "?=\r\n " : "?=");
	}
}

static void add_subject(struct buf *b, struct str s)
{
	bool ascii = s.n <= 60;

	for (size_t i = 0; i < s.n; i++)
		ascii &= s.p[i] >= ' ' && s.p[i] <= '~';
	ascii &= memmem(s.p, s.n, "=?", 2) == NULL;
	buf_addc(b, "Subject: ");
	if (ascii)
		buf_add(b, s);
	else
		add_words(b, s);
	buf_addc(b, "\r\n");
}

/* RFC 2045 quoted-printable: lines of at most 76 bytes, CRLF at their ends, no space before it. */
static void add_body(struct buf *b, struct str s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool last = i + 1 == s.n || s.p[i + 1] == '\n' || s.p[i + 1] == '\r';
		if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		if (c == '\n') {
			buf_addc(b, "\r\n");
			column = 0;
			continue;
		}
		bool plain = (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !last);
		if (column + (plain ? 1 : 3) > 75) {
			buf_addc(b, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_byte(b, (char)c);
		else
			add_hex(b, c);
		column += plain ? 1 : 3;
	}
	if (column > 0)
		buf_addc(b, "\r\n");
}

enum err mail_format(const struct mail *m, utc_t now, struct buf *out, struct fault *f)
{
	enum err e = check(m, f);

	if (e != OK)
		return e;
	const char *at = memchr(m->from.p, '@', m->from.n);
	struct str host = {at, m->from.n - (size_t)(at - m->from.p)};
	add_date(out, now);
	buf_addf(out, "From: <%.*s>\r\nTo: <%.*s>\r\n", STR_FMT(m->from), STR_FMT(m->to));
	buf_addf(out, "Message-ID: <%.*s%.*s>\r\n", STR_FMT(m->id), STR_FMT(host));
	add_subject(out, m->subject);
	if (m->stop.n > 0)
		buf_addf(out,
			"List-Unsubscribe: <%.*s>\r\nList-Unsubscribe-Post: "
			"List-Unsubscribe=One-Click\r\n",
			STR_FMT(m->stop));
	buf_addc(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: "
		      "auto-generated\r\n\r\n");
	add_body(out, m->body);
	return buf_done(out);
}

/* --- handing it over -------------------------------------------------------------------------- */

static size_t on_read(char *p, size_t one, size_t n, void *user)
{
	struct str *rest = user;

	n = n * one < rest->n ? n * one : rest->n;
	if (n > 0)
		memcpy(p, rest->p, n);
	rest->p += n;
	rest->n -= n;
	return n;
}

/* Receivers' names do not cross a network in the clear; on this machine there is none to cross. */
static bool is_here(const char *url)
{
	struct str s = str_c(url);

	if (!str_starts(s, "smtp://"))
		return false;
	s = (struct str){s.p + 7, s.n - 7};
	const char *end = memchr(s.p, '/', s.n);
	if (end)
		s.n = (size_t)(end - s.p);
	const char *colon = memrchr(s.p, ':', s.n);
	if (colon && s.n > 0 && s.p[s.n - 1] != ']')
		s.n = (size_t)(colon - s.p);
	return s.n > 0 && http_is_loopback(s);
}

static CURLcode set_mail(
	CURL *h, const char *url, const char *from, struct curl_slist *to, struct str *text)
{
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	r |= curl_easy_setopt(h, CURLOPT_URL, url);
	r |= curl_easy_setopt(h, CURLOPT_PROXY, "");
	r |= curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	r |= curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	r |= curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	r |= curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, DEADLINE_MS);
	r |= curl_easy_setopt(
		h, CURLOPT_USE_SSL, is_here(url) ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	r |= curl_easy_setopt(h, CURLOPT_MAIL_FROM, from);
	r |= curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
	r |= curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	r |= curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
	r |= curl_easy_setopt(h, CURLOPT_READDATA, text);
	return r;
}

/* libcurl shows each line of the server's replies as a header; the last line of one has a space
 * behind its number. */
static size_t on_reply(char *p, size_t one, size_t n, void *user)
{
	size_t *replies = user;

	n *= one;
	*replies += n > 3 && p[3] == ' ';
	return n;
}

/* 5xx is about this mail when greeting and EHLO went well; anything else may be better later. */
static enum err judge(CURL *h, CURLcode code, size_t replies, struct fault *f)
{
	bool stranger = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED ||
			code == CURLE_REMOTE_ACCESS_DENIED;
	long reply = 0;

	if (code == CURLE_OK)
		return OK;
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &reply);
	if (reply >= 500 && reply <= 599 && replies > 2 && !stranger)
		return fault_set(f, ERR_PROVIDER, NULL, "refused with %ld", reply);
	return fault_set(f, ERR_TIMEOUT, NULL, "curl %d: %s, last reply %ld", (int)code,
		curl_easy_strerror(code), reply);
}

static enum err hand_over(const char *url, const struct mail *m, struct str text, struct fault *f)
{
	char from[256], to[256];
	struct curl_slist node = {.data = to};
	CURL *h = NULL;
	size_t replies = 0;
	enum err e = ERR_NO_MEMORY;

	/* checked addresses, at most 254 bytes */
	memcpy(from, m->from.p, m->from.n);
	from[m->from.n] = 0;
	memcpy(to, m->to.p, m->to.n);
	to[m->to.n] = 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NO_MEMORY;
	h = curl_easy_init();
	CURLcode code = h ? set_mail(h, url, from, &node, &text) : CURLE_OUT_OF_MEMORY;
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_reply);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_HEADERDATA, &replies);
	if (code == CURLE_OK) {
		code = curl_easy_perform(h);
		e = judge(h, code, replies, f);
	}
	curl_easy_cleanup(h);
	curl_global_cleanup();
	return e;
}

enum err mail_send(const struct conf *c, const struct mail *m, utc_t now, struct fault *f)
{
	const char *url = conf_str(c, CONF_mail_smtp_url);
	struct buf b;

	if (!str_starts(str_c(url), "smtp://") && !str_starts(str_c(url), "smtps://"))
		return fault_set(f, ERR_CONF, "mail.smtp_url", "must be smtp:// or smtps://");
	/* every byte may become three, and a soft line end every 75 adds three more */
	size_t cap = HEAD_MAX + (m->body.n < BODY_MAX ? m->body.n : BODY_MAX) * 4;
	char *mem = malloc(cap);
	if (!mem)
		return ERR_NO_MEMORY;
	buf_init(&b, mem, cap);
	enum err e = mail_format(m, now, &b, f);
	if (e == OK)
		e = hand_over(url, m, buf_str(&b), f);
	free(mem);
	return e;
}

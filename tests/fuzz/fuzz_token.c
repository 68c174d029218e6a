/* tests/fuzz/fuzz_token.c: what is signed, and what is in a cookie or a link. The first byte says
 * what the rest is:
 *   c d p  the bytes inside a cookie, a decision token, a pass
 *   f      the bytes inside a form's ticket
 *   F      lines of a pledge: ticket, proof, robot, User-Agent, language, two countries, e-mail
 *   s      <key id>.<payload>: a sealed text whose signature is made here
 *   t      a sealed text as a stranger sends it
 *   j      header, line end, claims: a site's word on an account, signed here
 *   J      the same as a stranger sends it
 *   l      the key in a mailed link
 *   k      a Cookie header
 *   r      a file of keys */

#define ERR_STATE openssl_err_state /* libcrypto's own type of that name */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#undef ERR_STATE
#include "app/account.h"
#include "app/risk.h"
#include "app/token.h"
#include "core/ticket.h"
#include "fuzz.h"
#include "web/request.h"

#define NOW INT64_C(1800000000)

static struct seal_ring ring;

static void init(void)
{
	static const char text[] =
		"b:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
		"a:1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100\n";

	if (ring.n == 0)
		CHECK(seal_ring_parse(str_c(text), &ring, NULL) == OK && ring.n == 2);
}

/* --- signatures, by libcrypto alone ---------------------------------------------------------- */

/* base64url of HMAC-SHA256 over lead and text. */
static struct str mac_of(const struct seal_key *k, struct str lead, struct str text)
{
	static char out[64];
	uint8_t all[8192], mac[32];
	char b64[45];

	CHECK(lead.n + text.n <= sizeof all);
	memcpy(all, lead.p, lead.n);
	if (text.n)
		memcpy(all + lead.n, text.p, text.n);
	CHECK(HMAC(EVP_sha256(), k->key, 32, all, lead.n + text.n, mac, NULL));
	CHECK(EVP_EncodeBlock((unsigned char *)b64, mac, 32) == 44);
	for (int i = 0; i < 43; i++)
		out[i] = b64[i] == '+' ? '-' : b64[i] == '/' ? '_' : b64[i];
	return (struct str){out, 43};
}

static struct str purpose_lead(const char *purpose)
{
	return (struct str){purpose, strlen(purpose) + 1};
}

/* One of our keys signed it, for this purpose. */
static bool is_ours(struct str text, const char *purpose)
{
	const char *dot = text.n ? memrchr(text.p, '.', text.n) : NULL;
	bool found = false;

	if (!dot)
		return false;
	struct str body = {text.p, (size_t)(dot - text.p)}, mac = {dot + 1, text.n - body.n - 1};
	for (size_t i = 0; i < ring.n; i++)
		found |= str_eq(mac, mac_of(&ring.key[i], purpose_lead(purpose), body));
	return found;
}

static void stranger(struct str text)
{
	static const char *const PURPOSES[] = {TICKET_COOKIE_PURPOSE, TICKET_TOKEN_PURPOSE,
		TICKET_PASS_PURPOSE, TICKET_FORM_PURPOSE};
	uint8_t out[256];
	size_t n = 0;
	bool old;

	for (size_t i = 0; i < ARRAY_N(PURPOSES); i++) {
		enum err e = seal_open(&ring, PURPOSES[i], text, out, sizeof out, &n, &old);
		CHECK(e == OK || e == ERR_BAD_TOKEN);
		if (e == OK)
			CHECK(text.n <= 4096 && is_ours(text, PURPOSES[i]));
	}
}

/* Signed as it should be: then it has the one form that we write. */
static void sealed(struct str rest)
{
	static char mem[8192];
	struct buf b, again;
	BUF_ON(out, 1024);
	uint8_t plain[256];
	size_t n;
	bool old;

	if (rest.n > 4096)
		return;
	buf_init(&b, mem, sizeof mem);
	buf_addc(&b, "v1.");
	buf_add(&b, rest);
	const struct seal_key *k = &ring.key[str_starts(rest, "a.") ? 1 : 0];
	struct str mac = mac_of(k, purpose_lead("cookie"), buf_str(&b));
	buf_byte(&b, '.');
	buf_add(&b, mac);
	CHECK(buf_done(&b) == OK);
	if (seal_open(&ring, "cookie", buf_str(&b), plain, sizeof plain, &n, &old) != OK)
		return;
	CHECK(old == (k == &ring.key[1]));
	again = out;
	CHECK(seal_sign(&ring, "cookie", plain, n, &again) == OK);
	struct str payload = {buf_str(&again).p + 5, buf_str(&again).n - 5 - 44};
	CHECK(rest.n == payload.n + 2 && memcmp(rest.p + 2, payload.p, payload.n) == 0);
	CHECK(old || str_eq(buf_str(&again), buf_str(&b)));
	CHECK(seal_open(&ring, "cooki", buf_str(&b), plain, sizeof plain, &n, &old) ==
		ERR_BAD_TOKEN);
}

/* Sealed and opened it is the same; with one bit changed it is nobody's. */
static void seal_it(const char *purpose, const uint8_t *in, size_t n)
{
	BUF_ON(b, 1024);
	uint8_t out[TICKET_BYTES_MAX];
	size_t back;
	bool old;

	CHECK(seal_sign(&ring, purpose, in, n, &b) == OK);
	CHECK(seal_open(&ring, purpose, buf_str(&b), out, sizeof out, &back, &old) == OK);
	CHECK(!old && back == n && memcmp(out, in, n) == 0);
	b_mem[(in[n - 1] * 256u + in[n / 2]) % b.n] ^= 1;
	CHECK(seal_open(&ring, purpose, buf_str(&b), out, sizeof out, &back, &old) ==
		ERR_BAD_TOKEN);
}

/* --- tickets --------------------------------------------------------------------------------- */

/* What is taken in today's layout is written again byte for byte. */
static void is_same(const uint8_t *in, size_t n, const uint8_t *out, size_t out_n)
{
	if (in[0] == 2)
		CHECK(out_n == n && memcmp(in, out, n) == 0);
	else
		CHECK(in[0] == 1 && out[0] == 2);
}

static void cookie(const uint8_t *in, size_t n)
{
	struct ticket_cookie c, again;
	uint8_t out[TICKET_BYTES_MAX];

	if (ticket_cookie_unpack(in, n, &c) != OK)
		return;
	CHECK(!uuid_is_nil(&c.reader) && c.site > 0);
	size_t k = ticket_cookie_pack(&c, out);
	is_same(in, n, out, k);
	CHECK(ticket_cookie_unpack(out, k, &again) == OK && again.site == c.site &&
		again.has_first == c.has_first && memcmp(&again.reader, &c.reader, 16) == 0);
	seal_it(TICKET_COOKIE_PURPOSE, out, k);
}

static void token(const uint8_t *in, size_t n)
{
	struct ticket_token t, again;
	uint8_t out[TICKET_BYTES_MAX];

	if (ticket_token_unpack(in, n, &t) != OK)
		return;
	CHECK(t.decision > 0 && t.site > 0 && t.campaign > 0 && t.version > 0);
	CHECK(t.act < ACT_N && t.reason < REASON_N && t.variant < CAMPAIGN_VARIANTS_MAX &&
		t.set < CAMPAIGN_SETS_MAX);
	CHECK(t.art != 0 && t.art < UINT64_C(1) << READER_ART_BITS && t.country[2] == '\0');
	size_t k = ticket_token_pack(&t, out);
	is_same(in, n, out, k);
	CHECK(ticket_token_unpack(out, k, &again) == OK && again.decision == t.decision &&
		again.at.us == t.at.us && again.art == t.art && again.reason == t.reason);
	seal_it(TICKET_TOKEN_PURPOSE, out, k);
}

static void pass(const uint8_t *in, size_t n)
{
	struct ticket_pass p;
	uint8_t out[TICKET_BYTES_MAX];

	if (ticket_pass_unpack(in, n, &p) != OK)
		return;
	CHECK(p.site > 0 && (p.kind == PASS_DEBUG || p.kind == PASS_PREVIEW));
	size_t k = ticket_pass_pack(&p, out);
	is_same(in, n, out, k);
	seal_it(TICKET_PASS_PURPOSE, out, k);
}

/* --- a site's word --------------------------------------------------------------------------- */

static bool is_for(const json_t *aud)
{
	size_t i;
	json_t *one;

	if (json_is_string(aud))
		return strcmp(json_string_value(aud), "demo") == 0;
	json_array_foreach(
		(json_t *)aud, i, one) if (json_is_string(one) &&
					   strcmp(json_string_value(one), "demo") == 0) return true;
	return false;
}

/* What RFC 7519 and our own demands say of it, asked of jansson. */
static bool may_pass(struct str head, struct str claims)
{
	json_auto_t *h = NULL, *c = NULL;

	if (json_read(head, &h, NULL) != OK || json_read(claims, &c, NULL) != OK)
		return false;
	const json_t *alg = json_object_get(h, "alg"), *exp = json_object_get(c, "exp"),
		     *nbf = json_object_get(c, "nbf");
	return json_is_string(alg) && strcmp(json_string_value(alg), "HS256") == 0 &&
	       !json_object_get(h, "crit") && json_is_integer(exp) &&
	       json_integer_value(exp) > NOW &&
	       (!nbf || (json_is_integer(nbf) && json_integer_value(nbf) <= NOW)) &&
	       is_for(json_object_get(c, "aud"));
}

static size_t add_b64(char *out, struct str s)
{
	return str_b64((const uint8_t *)(s.n ? s.p : ""), s.n, out);
}

static void account(struct str text)
{
	static char mem[8192];
	struct str head, claims = text;

	if (text.n > 2048 || !str_cut(&claims, '\n', &head))
		return;
	size_t n = add_b64(mem, head);
	mem[n++] = '.';
	n += add_b64(mem + n, claims);
	struct str mac = mac_of(&ring.key[text.n % 2], STR(""), (struct str){mem, n});
	mem[n] = '.';
	memcpy(mem + n + 1, mac.p, mac.n);
	struct str all = {mem, n + 1 + mac.n};
	bool passes = account_check(&ring, all, STR("demo"), utc_of_s(NOW)) == OK;
	/* head and claims have 1536 bytes each */
	CHECK(passes == (may_pass(head, claims) && all.n <= ACCOUNT_TOKEN_MAX && head.n <= 1536 &&
				claims.n <= 1536));
	mem[all.n - 2] ^= 1;
	CHECK(account_check(&ring, all, STR("demo"), utc_of_s(NOW)) != OK);
}

static void account_stranger(struct str text)
{
	if (account_check(&ring, text, STR("demo"), utc_of_s(NOW)) == OK) {
		const char *dot = memrchr(text.p, '.', text.n);
		struct str body = {text.p, (size_t)(dot - text.p)},
			   mac = {dot + 1, text.n - body.n - 1};
		bool found = false;
		for (size_t i = 0; i < ring.n; i++)
			found |= str_eq(mac, mac_of(&ring.key[i], STR(""), body));
		CHECK(found);
	}
}

/* --- a form's ticket, and what goes with it -----------------------------------------------------
 */

#define SITE 7
#define BITS 3

static const struct form_age AGE = {2000, INT64_C(43200000)};

/* In the words of form.h. */
static enum form_state state_of(const struct ticket_form *t, const struct uuid *cookie)
{
	int64_t age = NOW * 1000 - t->at_ms;

	if (t->site != SITE)
		return FORM_bad;
	if (t->has_reader && (!cookie || memcmp(cookie, &t->reader, sizeof *cookie) != 0))
		return FORM_other;
	if (age > AGE.max_ms || age < -60000)
		return FORM_old;
	return age < AGE.min_ms && !t->puzzle ? FORM_young : FORM_ok;
}

static void looked_at(const struct ticket_form *t, struct str text)
{
	const struct uuid *const who[] = {NULL, &t->reader, &(struct uuid){{1}}};
	struct form_look l;

	for (size_t i = 0; i < ARRAY_N(who); i++) {
		form_look(&ring, text, SITE, who[i], utc_of_s(NOW), AGE, &l);
		CHECK(l.state == state_of(t, who[i]));
		CHECK(form_may_prove(&l) == (l.state == FORM_ok && t->puzzle &&
						    NOW * 1000 - t->at_ms <= FORM_PROOF_MS));
	}
}

static void form(const uint8_t *in, size_t n)
{
	struct ticket_form t;
	uint8_t out[TICKET_BYTES_MAX];
	BUF_ON(b, 512);

	if (ticket_form_unpack(in, n, &t) != OK)
		return;
	CHECK(t.site > 0 && t.at_ms >= 0 && t.has_reader == !uuid_is_nil(&t.reader));
	size_t k = ticket_form_pack(&t, out);
	CHECK(k == n && memcmp(in, out, n) == 0);
	seal_it(TICKET_FORM_PURPOSE, out, k);
	CHECK(seal_sign(&ring, TICKET_FORM_PURPOSE, out, k, &b) == OK && b.n < FORM_TICKET_MAX);
	looked_at(&t, buf_str(&b));
	t.site = SITE;
	t.at_ms = NOW * 1000 - (int64_t)((uint64_t)t.at_ms % (uint64_t)(2 * AGE.max_ms)) + 120000;
	b.n = 0;
	CHECK(seal_sign(&ring, TICKET_FORM_PURPOSE, out, ticket_form_pack(&t, out), &b) == OK);
	looked_at(&t, buf_str(&b));
}

static bool has_proof(struct str ticket, struct str proof)
{
	uint8_t all[4096], sum[32];

	if (proof.n == 0 || proof.n > 16 || ticket.n + 1 + proof.n > sizeof all)
		return false;
	for (size_t i = 0; i < proof.n; i++)
		if (proof.p[i] < '0' || proof.p[i] > '9')
			return false;
	if (ticket.n)
		memcpy(all, ticket.p, ticket.n);
	all[ticket.n] = ':';
	memcpy(all + ticket.n + 1, proof.p, proof.n);
	CHECK(EVP_Digest(all, ticket.n + 1 + proof.n, sum, NULL, EVP_sha256(), NULL) == 1);
	return sum[0] >> (8 - BITS) == 0;
}

/* What pledge_try is told is JSON that says what was seen. */
static void told(const struct risk_seen *seen, const struct form_look *l, uint32_t signs)
{
	struct conf c = {
		.text = {[CONF_form_ticket] = (char[]){"on"}}, .num = {[CONF_puzzle_bits] = BITS}};
	const struct risk_ask ask = {.seen = seen, .form = l, .signs = signs, .ways = STR("card")};
	struct buf b;
	char mem[4096];
	json_auto_t *o = NULL;

	buf_init(&b, mem, sizeof mem);
	risk_more(&c, &ask, &b);
	CHECK(buf_done(&b) == OK && json_read(buf_str(&b), &o, NULL) == OK);
	CHECK(json_array_size(json_object_get(o, "signs")) ==
		(size_t)__builtin_popcount(signs & ((1u << RISK_N) - 1)));
	CHECK(strcmp(json_string_value(json_object_get(o, "form")), form_state_name(l->state)) ==
		0);
	CHECK(json_is_true(json_object_get(o, "proof")) ==
		(form_may_prove(l) && has_proof(seen->ticket, seen->proof)));
	CHECK(json_string_length(json_object_get(o, "nonce")) == 2 * TICKET_NONCE_BYTES);
}

static void seen(struct str text)
{
	static char domains[] = "\nmail.example\nthrowaway.example\n";
	const struct domains d = {domains, sizeof domains - 1};
	struct str line[8] = {{0}}, all = text;
	struct form_look l;

	for (size_t i = 0; i < ARRAY_N(line); i++)
		if (!str_cut(&text, '\n', &line[i]))
			line[i] = STR("");
	/* as long as the fields that they come from, which are texts */
	if (!str_is_utf8(all) || line[0].n > 200 || line[1].n > 16 || line[5].n > 8 ||
		line[6].n > 2 || line[7].n > 254)
		return;
	form_look(&ring, line[0], SITE, NULL, utc_of_s(NOW), AGE, &l);
	CHECK((l.state == FORM_none) == (line[0].n == 0));
	if (l.state != FORM_none && l.state != FORM_bad)
		CHECK(is_ours(line[0], TICKET_FORM_PURPOSE) && l.ticket.site == SITE);
	CHECK(form_proved(line[0], line[1], BITS) == has_proof(line[0], line[1]));
	const struct risk_seen s = {.ticket = line[0],
		.proof = line[1],
		.bot = line[2],
		.agent = line[3],
		.language = line[4],
		.country = line[5],
		.country_read = line[6],
		.email = line[7],
		.money = {.minor = 500, .cur = "EUR"}};
	uint32_t signs = risk_signs(&s, &l, &d);
	CHECK(signs >> RISK_N == 0);
	CHECK(!(signs & 1u << RISK_no_page) == (l.state != FORM_none && l.state != FORM_bad));
	CHECK(!(signs & 1u << RISK_robot) == (!s.bot.n && s.agent.n && s.language.n));
	told(&s, &l, signs);
}

/* --- links, cookies, keys -------------------------------------------------------------------- */

static void link_key(struct str text)
{
	struct token_hash h;
	uint8_t bytes[32], sum[32];
	char again[64];
	size_t n;

	if (token_read(text, &h) != OK)
		return;
	CHECK(text.n == TOKEN_TEXT && str_unb64(text, bytes, sizeof bytes, &n) == OK && n == 32);
	str_b64(bytes, n, again);
	CHECK(str_is(text, again));
	CHECK(EVP_Digest(bytes, n, sum, NULL, EVP_sha256(), NULL) == 1 &&
		memcmp(sum, h.b, 32) == 0);
}

/* Read byte by byte: pairs between semicolons, blanks around them, one of the name. */
static struct str cookie_again(struct str all, const char *name)
{
	struct str found = STR("");
	size_t n = 0, name_n = strlen(name);

	for (size_t from = 0; from <= all.n;) {
		size_t to = from, a, b;
		while (to < all.n && all.p[to] != ';')
			to++;
		for (a = from; a < to && (all.p[a] == ' ' || all.p[a] == '\t'); a++)
			;
		for (b = to; b > a && (all.p[b - 1] == ' ' || all.p[b - 1] == '\t'); b--)
			;
		if (b - a > name_n && memcmp(all.p + a, name, name_n) == 0 &&
			all.p[a + name_n] == '=') {
			found = (struct str){all.p + a + name_n + 1, b - a - name_n - 1};
			n++;
		}
		from = to + 1;
	}
	return n == 1 ? found : STR("");
}

static void cookie_header(struct str text)
{
	struct request q = {.cookie = text, .scheme = STR("http")};

	CHECK(str_eq(request_cookie(&q, "pledged"), cookie_again(text, "pledged")));
	CHECK(strcmp(request_cookie_name(&q), "pledged") == 0);
	q.scheme = STR("https");
	CHECK(str_eq(
		request_cookie(&q, request_cookie_name(&q)), cookie_again(text, "__Host-pledged")));
	CHECK(str_eq(request_cookie(&q, request_visit_cookie_name(&q)),
		cookie_again(text, "__Host-pledged-manage")));
}

static void keys(struct str text)
{
	struct seal_ring r, again;
	struct fault f = {0};
	BUF_ON(b, 1024);
	char hex[65];

	if (seal_ring_parse(text, &r, &f) != OK) {
		CHECK(f.err == ERR_SECRET && f.detail[0]);
		return;
	}
	CHECK(r.n >= 1 && r.n <= SEAL_KEYS_MAX);
	for (size_t i = 0; i < r.n; i++) {
		str_hex(r.key[i].key, 32, hex);
		buf_addf(&b, "%s:%s\n", r.key[i].id, hex);
	}
	CHECK(seal_ring_parse(buf_str(&b), &again, &f) == OK && again.n == r.n);
	for (size_t i = 0; i < r.n; i++)
		CHECK(strcmp(again.key[i].id, r.key[i].id) == 0 &&
			memcmp(again.key[i].key, r.key[i].key, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	init();
	if (size < 2)
		return 0;
	struct str text = {(const char *)data + 1, size - 1};
	switch (data[0]) {
	case 'c': cookie(data + 1, size - 1); break;
	case 'd': token(data + 1, size - 1); break;
	case 'p': pass(data + 1, size - 1); break;
	case 'f': form(data + 1, size - 1); break;
	case 'F': seen(text); break;
	case 's': sealed(text); break;
	case 't': stranger(text); break;
	case 'j': account(text); break;
	case 'J': account_stranger(text); break;
	case 'l': link_key(text); break;
	case 'k': cookie_header(text); break;
	case 'r': keys(text); break;
	default: break;
	}
	return 0;
}

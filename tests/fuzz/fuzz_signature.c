/* tests/fuzz/fuzz_signature.c: the header of a webhook, up to the first line end, and the body
 * behind it. In the header %G, %O and %B become the signature of the current secret, of the old one
 * and a wrong one, for the first t that stands there. Whatever is taken is looked at a second time,
 * by other code. */
#include "fuzz.h"
#include "pay/stripe_sign.h"

/* Of libcrypto; its own headers have an ERR_STATE too. */
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_n, const unsigned char *text, size_t n,
	unsigned char *out, unsigned *out_n);

#define NOW_S       INT64_C(1800000000)
#define TOLERANCE_S 300

static const struct str secrets[] = {STR("whsec_new"), STR("whsec_old")};

/* By libcrypto itself: nothing of seal.c. */
static void mac(struct str secret, struct str t, struct str body, char hex[65])
{
	uint8_t out[32], *text = malloc(t.n + 1 + body.n);

	memcpy(text, t.p, t.n);
	text[t.n] = '.';
	if (body.n)
		memcpy(text + t.n + 1, body.p, body.n);
	CHECK(HMAC(EVP_sha256(), secret.p, (int)secret.n, text, t.n + 1 + body.n, out, NULL));
	free(text);
	for (int i = 0; i < 32; i++)
		snprintf(hex + (size_t)i * 2, 3, "%02x", out[i]);
}

static struct str first_t(struct str h)
{
	const char *at = h.n ? memmem(h.p, h.n, "t=", 2) : NULL;
	size_t n = 0;

	if (!at)
		return STR("0");
	for (at += 2; at + n < h.p + h.n && at[n] >= '0' && at[n] <= '9'; n++)
		;
	return (struct str){at, n};
}

static struct str fill(struct str form, struct str body)
{
	static char text[4096];
	char sign[3][65] = {{0}};
	struct buf b;

	mac(secrets[0], first_t(form), body, sign[0]);
	mac(secrets[1], first_t(form), body, sign[1]);
	memset(sign[2], '0', 64);
	buf_init(&b, text, sizeof text);
	for (size_t i = 0; i < form.n; i++) {
		const char *which =
			i + 1 < form.n && form.p[i] == '%' ? memchr("GOB", form.p[i + 1], 3) : NULL;
		if (which)
			buf_addc(&b, sign[*which == 'G' ? 0 : *which == 'O' ? 1 : 2]);
		else
			buf_byte(&b, form.p[i]);
		i += which != NULL;
	}
	return buf_str(&b);
}

static bool fits(struct str value, struct str t, struct str body)
{
	char hex[65];
	bool any = false;

	for (size_t i = 0; i < ARRAY_N(secrets); i++) {
		mac(secrets[i], t, body, hex);
		any |= value.n == 64 && memcmp(value.p, hex, 64) == 0;
	}
	return any;
}

/* What OK promises: one t, of digits, near now, and a v1 that fits it. */
static void look_again(struct str h, struct str body)
{
	struct str t = {0};
	int t_n = 0, v1_n = 0;
	bool any = false;

	for (size_t from = 0, i = 0; i <= h.n; i++)
		if (i == h.n || h.p[i] == ',') {
			t_n += i - from >= 2 && memcmp(h.p + from, "t=", 2) == 0;
			if (t_n == 1 && !t.p)
				t = (struct str){h.p + from + 2, i - from - 2};
			from = i + 1;
		}
	CHECK(t_n == 1 && t.n > 0 && t.n < 32);
	for (size_t from = 0, i = 0; i <= h.n; i++)
		if (i == h.n || h.p[i] == ',') {
			bool v1 = i - from >= 3 && memcmp(h.p + from, "v1=", 3) == 0;
			v1_n += v1;
			any |= v1 && fits((struct str){h.p + from + 3, i - from - 3}, t, body);
			from = i + 1;
		}
	CHECK(any && v1_n <= STRIPE_SIGN_V1_MAX && h.n <= STRIPE_SIGN_HEADER_MAX);
	for (size_t i = 0; i < t.n; i++)
		CHECK(t.p[i] >= '0' && t.p[i] <= '9');
	char digits[32] = "";
	memcpy(digits, t.p, t.n);
	CHECK(llabs(strtoll(digits, NULL, 10) - NOW_S) <= TOLERANCE_S);
}

/* And what is right has to be taken, whatever the body is. */
static void right_is_taken(struct str body)
{
	char hex[65], text[128];
	int64_t skew = -1;

	mac(secrets[1], STR("1799999990"), body, hex);
	snprintf(text, sizeof text, "t=1799999990,v1=%s", hex);
	CHECK(stripe_sign_check(str_c(text), body, secrets, 2, utc_of_s(NOW_S), TOLERANCE_S,
		      &skew) == STRIPE_SIGN_OK);
	CHECK(skew == 10);
	CHECK(stripe_sign_check(str_c(text), body, secrets, 1, utc_of_s(NOW_S), TOLERANCE_S,
		      &skew) == STRIPE_SIGN_BAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = {(const char *)data, size}, header = {0};
	int64_t skew = 0;

	str_cut(&body, '\n', &header);
	struct str h = fill(header, body);
	enum stripe_sign v = stripe_sign_check(
		h, body, secrets, ARRAY_N(secrets), utc_of_s(NOW_S), TOLERANCE_S, &skew);
	CHECK((size_t)v <= STRIPE_SIGN_STALE);
	if (v == STRIPE_SIGN_OK)
		look_again(h, body);
	if (v == STRIPE_SIGN_STALE)
		CHECK(skew > TOLERANCE_S || skew < -TOLERANCE_S);
	right_is_taken(body);
	return 0;
}

/* app/token.c: keys of mailed links. */
#include "app/token.h"

static void hash(const uint8_t bytes[TOKEN_BYTES], struct token_hash *ret)
{
	seal_sha256((struct str){(const char *)bytes, TOKEN_BYTES}, ret->b);
}

enum err token_new(char text[TOKEN_TEXT + 1], struct token_hash *ret)
{
	uint8_t bytes[TOKEN_BYTES];
	enum err e = seal_random(bytes, sizeof bytes);
	if (e != OK)
		return e;
	str_b64(bytes, sizeof bytes, text);
	hash(bytes, ret);
	seal_wipe(bytes, sizeof bytes);
	return OK;
}

enum err token_read(struct str text, struct token_hash *ret)
{
	uint8_t bytes[TOKEN_BYTES];
	size_t n;
	if (text.n != TOKEN_TEXT || str_unb64(text, bytes, sizeof bytes, &n) != OK ||
		n != TOKEN_BYTES)
		return ERR_FIELD_BAD;
	hash(bytes, ret);
	seal_wipe(bytes, sizeof bytes);
	return OK;
}

struct str token_hash_str(const struct token_hash *h)
{
	return (struct str){(const char *)h->b, sizeof h->b};
}

/* app/token.h: the key in a link that is mailed: random bytes as text in the link, their hash in
 * the database. Floor 3. Who reads the database cannot make a link of it. */
#ifndef APP_TOKEN_H
#define APP_TOKEN_H

#include "base/seal.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT  43 /* of base64url */

struct token_hash {
	uint8_t b[32];
};

/* token_new: a fresh one; text ends with NUL and is wiped by its owner. fails ERR_IO */
MUST enum err token_new(char text[TOKEN_TEXT + 1], struct token_hash *ret);
/* token_read: the hash of one that came back. fails ERR_FIELD_BAD: it cannot be one of ours */
MUST enum err token_read(struct str text, struct token_hash *ret);
/* token_hash_str: as an argument of a statement. */
struct str token_hash_str(const struct token_hash *h);

#endif

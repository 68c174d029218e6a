/* core/money.h: an amount of a currency, in minor units. No floating point anywhere.
 * Floor 1: pure. */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include "base/buf.h"

struct money {
	int64_t minor;
	char cur[4];
}; /* cur: upper-case ISO 4217 and NUL */

/* The row of currency.def, NULL when we do not take it. code is compared exactly (upper case). */
struct money_currency {
	char code[4];
	int exponent;
	int64_t step, floor_minor, ceiling_minor;
};
const struct money_currency *money_currency(struct str code);
/* Which row of currency.def; the number of rows for anything else. */
size_t money_currency_no(struct str code);

/* money_parse: "25", "25.00", "0.5" in major units of cur (three letters, either case).
 *   gives  *ret with exact minor units between the currency's floor and ceiling, a multiple of its
 * step fails  ERR_CURRENCY_UNKNOWN, ERR_AMOUNT_BAD (sign, space, comma, exponent, other digits,
 * leading zeros such as 007, empty), ERR_AMOUNT_FRACTION, ERR_AMOUNT_TOO_SMALL (0 too),
 * ERR_AMOUNT_TOO_LARGE (overflow too); *ret untouched */
MUST enum err money_parse(struct str amount, struct str cur, struct money *ret, struct fault *f);

/* money_parse_part: the same without floor and ceiling, for a part of a gift that is given back; 0
 * and INT64_MAX (what overflows) are possible. */
MUST enum err money_parse_part(
	struct str amount, struct str cur, struct money *ret, struct fault *f);

/* money_check: bounds and step of an amount that is already in minor units. fails as money_parse.
 */
MUST enum err money_check(const struct money *m);

/* "25.00", "1000" (JPY), "1.230" (KWD), "-0.50": all decimals, no currency. A currency that we do
 * not take has no known exponent: "2500 minor units". */
void money_format(struct buf *b, const struct money *m);
bool money_eq(const struct money *a, const struct money *b);

#endif

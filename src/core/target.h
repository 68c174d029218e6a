/* core/target.h: whom a campaign speaks to. Floor 1: pure. The lists of words are target.def; what
 * a list holds and how it is held against a page says core/page.h. */
#ifndef CORE_TARGET_H
#define CORE_TARGET_H

#include "core/page.h"

#define TARGET_READS_MAX 4
#define TARGET_NO_MAX    UINT32_MAX /* of a range without an upper end */

enum target_list {
#define X(name, how, fact, charset, longest) TARGET_##name,
#include "core/target.def"
#undef X
	TARGET_N
};

/* What a reader is; 0 = does not matter. Bits, so that several may do. */
enum { VISITOR_NEW = 1, VISITOR_RETURNING = 2 };
enum { GAVE_NEVER = 1, GAVE_FORMER = 2, GAVE_SUPPORTER = 4 };
enum { ACCOUNT_ANONYMOUS = 1, ACCOUNT_SIGNED_IN = 2 };

struct target_range {
	uint32_t min, max; /* both included; 0 and TARGET_NO_MAX = open */
};

/* Articles opened in the last days, of some topics (0 = all); this one included. */
struct target_reads {
	uint16_t topics, days;
	struct target_range n;
	struct str topic; /* its name; app/snapshot.c turns it into the bits of the policy */
};

struct target {
	struct {
		struct page_words in, not_in;
	} list[TARGET_N];
	struct target_range age_hours, words, hours; /* hours: 0 to 23, may go over midnight */
	bool has_age, has_words, has_hours;
	uint8_t visitor, gave, account, weekdays; /* weekdays: bit 0 = Monday; 0 = all */
	size_t read_n;
	struct target_reads read[TARGET_READS_MAX];
};

const char *target_name(enum target_list t);

/* What the bits above are called, in their order; NULL at the end. */
extern const char *const target_visitors[], *const target_gave[], *const target_accounts[],
									  *const target_weekdays[];

#endif

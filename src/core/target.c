/* core/target.c: names. */
#include "core/target.h"

const char *const target_visitors[] = {"new", "returning", NULL};
const char *const target_gave[] = {"never", "former", "supporter", NULL};
const char *const target_accounts[] = {"anonymous", "signed_in", NULL};
const char *const target_weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

const char *target_name(enum target_list t)
{
	static const char *const names[TARGET_N] = {
#define X(name, how, fact, charset, longest) #name,
#include "core/target.def"
#undef X
	};

	return (unsigned)t < TARGET_N ? names[t] : "unknown";
}

/* core/target.c: the names of the lists. */
#include "core/target.h"

const char *target_name(enum target_list t)
{
	static const char *const names[TARGET_N] = {
#define X(name, how, fact, charset, longest, sentence) #name,
#include "core/target.def"
#undef X
	};

	return (unsigned)t < TARGET_N ? names[t] : "unknown";
}

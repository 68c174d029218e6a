/* core/format.c: the rows of format.def. */
#include "core/format.h"

static const struct {
	const char *name;
	bool topline;
} formats[FORMAT_N] = {
#define X(name, topline, sentence) [FORMAT_##name] = {#name, topline},
#include "core/format.def"
#undef X
	[FORMAT_wall] = {"wall", false},
};

const char *format_name(enum format f)
{
	return (unsigned)f < FORMAT_N ? formats[f].name : "unknown";
}

bool format_has_topline(enum format f)
{
	return (unsigned)f < FORMAT_N && formats[f].topline;
}

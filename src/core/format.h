/* core/format.h: where a campaign stands on the page. Floor 1: pure. The list is format.def. */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include <stdbool.h>

enum format {
#define X(name, topline, sentence) FORMAT_##name,
#include "core/format.def"
#undef X
	FORMAT_wall,
	FORMAT_N
};
const char *format_name(enum format f); /* "wall" too */
bool format_has_topline(enum format f);

#endif

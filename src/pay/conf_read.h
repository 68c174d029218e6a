/* pay/conf_read.h: what the settings of providers have in common. Floor 2. */
#ifndef PAY_CONF_READ_H
#define PAY_CONF_READ_H

#include "pay/pay_ops.h"

/* Each fails ERR_CONF or ERR_SECRET naming the setting; field is its name. */
MUST enum err conf_read_base(
	const char *text, const char *field, struct pay_set *set, struct fault *f);
MUST enum err conf_read_host(
	const char *text, const char *field, char *out, size_t cap, struct fault *f);
MUST enum err conf_read_methods(
	const char *text, const char *field, char out[PAY_METHODS_MAX], struct fault *f);
MUST enum err conf_read_auth(
	struct str key, size_t prefix_n, const char *field, struct pay_set *set, struct fault *f);

#endif

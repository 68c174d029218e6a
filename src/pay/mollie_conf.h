/* pay/mollie_conf.h: Mollie's settings. Floor 2. */
#ifndef PAY_MOLLIE_CONF_H
#define PAY_MOLLIE_CONF_H

#include "pay/pay_ops.h"

/* fails ERR_CONF, ERR_SECRET naming the setting */
MUST enum err mollie_conf_load(const struct conf *c, struct pay_set *ret, struct fault *f);

#endif

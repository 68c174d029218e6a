/* pay/stripe_conf.h: Stripe's settings. Floor 2. */
#ifndef PAY_STRIPE_CONF_H
#define PAY_STRIPE_CONF_H

#include "pay/pay_ops.h"

/* fails ERR_CONF, ERR_SECRET naming the setting, ERR_NO_MEMORY */
MUST enum err stripe_conf_load(const struct conf *c, struct pay_set *ret, struct fault *f);

#endif

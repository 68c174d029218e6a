-- What was given up is counted each few seconds for the metrics; without these it would be looked for in all that ever was.

SET LOCAL lock_timeout = '5s';

CREATE INDEX inbox_parked ON pledged.inbox (inbox_id) WHERE state = 'parked';
CREATE INDEX outbox_parked ON pledged.outbox (outbox_id) WHERE state = 'parked';

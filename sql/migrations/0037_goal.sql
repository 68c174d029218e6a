-- What a goal adds up, by itself: of a book of millions of entries it is a tenth, and was looked for gift by gift.

SET LOCAL lock_timeout = '5s';

CREATE INDEX ledger_goal ON pledged.ledger (pledge_id) INCLUDE (amount, currency, at, livemode) WHERE account = 'provider' AND object <> 'fee';

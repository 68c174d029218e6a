-- What a prompt offers: figures of a goal that stand by themselves.

SET LOCAL lock_timeout = '5s';

-- It tells more than before.
DROP FUNCTION IF EXISTS pledged.view_goals();

-- A job names its listener by room and function; where in its room the function stands is no part of the name any more.
-- Before: 0021. After: what waits for a listener is still for the same one.
update job set listener = regexp_replace(listener, '^([^.]+)\..*\.([^.]+)$', '\1.\2')
where listener ~ '^[^.]+\..*\.[^.]+$';

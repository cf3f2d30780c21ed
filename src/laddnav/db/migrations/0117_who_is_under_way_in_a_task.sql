-- Who is amid a task, which has to be known also where the task is stopped.
-- Before: 0113. After: whoever is under way when a task is stopped comes to its end.

create index ocpp_task_step_begun on ocpp_task_step (holder, task) where state in ('UNDER_WAY', 'ASKED', 'FOLLOWED');

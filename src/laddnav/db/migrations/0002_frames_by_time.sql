-- Frames of stations can be forgotten by their age without reading all of them.
-- Before: 0001. After: the same tables; ocpp_frame, which grows in the order of time, has a small index by it.

create index ocpp_frame_by_time on ocpp_frame using brin (at);

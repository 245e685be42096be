-- Messages that came into a standard queue together, from a topic's fan-out: one row, whatever their number, until
-- somebody receives from the queue and they become rows of sqs_message. They have never been received, they are visible,
-- and they are of one moment.
create table sqs_bundle (
  backlog_id bigint not null,
  -- of its first message
  id bigint not null,
  -- of all of them, as a JSON list; null if they follow upon the first without a gap
  ids text,
  messages integer not null,
  sent_at bigint not null,
  -- JSON, in the order of the ids: see bundle.ts
  content text not null,
  primary key (backlog_id, id)
) {clustered};

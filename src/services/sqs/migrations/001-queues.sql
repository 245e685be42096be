-- A queue. Its messages belong to its backlog: purging gives the queue an empty backlog and leaves the old one to be
-- collected in slices, so that a purge is one short transaction however many messages there are.
create table sqs_queue (
  queue_id bigint primary key,
  account text not null,
  region text not null,
  name text not null,
  backlog_id bigint not null,
  fifo integer not null,
  attributes text not null,
  tags text not null,
  -- the ARN of the redrive policy, to list a dead-letter queue's sources
  dead_letter_arn text,
  -- the scope in which deduplication ids are compared is fixed at creation
  deduplication_scope text not null,
  created_at bigint not null,
  modified_at bigint not null,
  purged_at bigint
);
create unique index sqs_queue_by_name on sqs_queue (account, region, name);
create index sqs_queue_by_dead_letter on sqs_queue (dead_letter_arn) where dead_letter_arn is not null;

create table sqs_deleted_queue (
  account text not null,
  region text not null,
  name text not null,
  deleted_at bigint not null,
  primary key (account, region, name)
) {clustered};

-- A message. Ids ascend in the order of sending, so the oldest come first. A message is visible from visible_at on; it is
-- in flight while visible_at lies ahead and it has been received, delayed while it lies ahead and it hasn't.
create table sqs_message (
  backlog_id bigint not null,
  id bigint not null,
  message_id text not null,
  body text not null,
  attributes text,
  sent_at bigint not null,
  visible_at bigint not null,
  receive_count integer not null,
  first_received_at bigint,
  sender text not null,
  group_id text,
  deduplication_id text,
  dead_letter_source text,
  trace_header text,
  primary key (backlog_id, id)
) {clustered};
-- Receiving, counting and fairness read only this.
create index sqs_message_by_visibility on sqs_message (backlog_id, visible_at, id, receive_count, group_id);
create index sqs_message_by_group on sqs_message (backlog_id, group_id, id) where group_id is not null;

-- How many messages a backlog holds: the sum over the lanes.
create table sqs_depth (
  backlog_id bigint not null,
  lane integer not null,
  messages bigint not null,
  primary key (backlog_id, lane)
) {clustered};

-- A message group of a FIFO queue that holds messages: when its head can be received, and its place among the groups
-- that are ready at once.
create table sqs_group (
  backlog_id bigint not null,
  group_id text not null,
  ready_at bigint not null,
  turn bigint not null,
  primary key (backlog_id, group_id)
) {clustered};
create index sqs_group_by_turn on sqs_group (backlog_id, ready_at, turn);

-- What was accepted under a deduplication id within the last five minutes. The scope is a message group, or empty for the
-- whole queue.
create table sqs_deduplication (
  backlog_id bigint not null,
  scope text not null,
  deduplication_id text not null,
  message_id text not null,
  id bigint not null,
  accepted_at bigint not null,
  primary key (backlog_id, scope, deduplication_id)
) {clustered};
create index sqs_deduplication_by_age on sqs_deduplication (backlog_id, accepted_at);

-- What a receive attempt of a FIFO queue returned, as a JSON list of ids and receive counts, and until when it hid it.
create table sqs_receive_attempt (
  backlog_id bigint not null,
  attempt_id text not null,
  received_at bigint not null,
  hidden_until bigint not null,
  receipts text not null,
  primary key (backlog_id, attempt_id)
) {clustered};

create table sqs_move_task (
  task_id text primary key,
  account text not null,
  source_arn text not null,
  destination_arn text,
  max_per_second integer,
  status text not null,
  moved bigint not null,
  to_move bigint not null,
  -- messages above this id came after the task began
  last_id bigint not null,
  -- where the task has got to
  after_id bigint not null,
  failure text,
  started_at bigint not null
);
create index sqs_move_task_by_source on sqs_move_task (source_arn, started_at);

-- A replay of what an archive holds to one subscription: the latest, until it is stopped or the subscription is removed.
create table sns_replay (
  topic_id bigint not null,
  -- the id of the subscription
  subscription bigint not null,
  -- tells a replay from others of the same messages
  replay_id bigint not null,
  status text not null,
  -- what is left: the messages above the first id, up to the second
  after_id bigint not null,
  last_id bigint not null,
  primary key (topic_id, subscription)
) {clustered};

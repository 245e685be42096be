-- A topic. Every change of it or of its subscriptions gives it a new version, so that whoever remembers an older one knows
-- to read what has changed since.
create table sns_topic (
  topic_id bigint primary key,
  account text not null,
  region text not null,
  name text not null,
  fifo integer not null,
  -- what was set, as JSON
  attributes text not null,
  tags text not null,
  data_protection_policy text,
  version bigint not null,
  -- the latest version of a subscription that was collected: whoever remembers an older one has to read all of them
  collected_version bigint not null,
  confirmed bigint not null,
  pending bigint not null,
  deleted bigint not null,
  filter_policies bigint not null
);
create unique index sns_topic_by_name on sns_topic (account, region, name);

-- A subscription. One that was removed stays for a day, marked as deleted, and so does one whose topic was deleted.
create table sns_subscription (
  topic_id bigint not null,
  id bigint not null,
  -- the last part of its ARN
  subscription_id text not null,
  topic_arn text not null,
  account text not null,
  region text not null,
  protocol text not null,
  endpoint text not null,
  status text not null,
  -- what was set, as JSON
  attributes text not null,
  principal text not null,
  -- whether who confirmed it was signed in, and whether only such may remove it
  authenticated integer not null,
  authenticated_unsubscribe integer not null,
  -- confirms it, or restores it after it was removed
  token text,
  token_expires_at bigint,
  -- the topic's version that this row is part of
  version bigint not null,
  primary key (topic_id, id)
) {clustered};
create unique index sns_subscription_by_id on sns_subscription (subscription_id);
create unique index sns_subscription_by_endpoint on sns_subscription (topic_id, protocol, endpoint)
  where status <> 'deleted';
create unique index sns_subscription_by_token on sns_subscription (token) where token is not null;
create index sns_subscription_by_account on sns_subscription (account, region, id);
create index sns_subscription_by_version on sns_subscription (topic_id, version);

-- What counts for an account in a region: its limits, and its settings for text messages, as JSON.
create table sns_account (
  account text not null,
  region text not null,
  standard_topics bigint not null,
  fifo_topics bigint not null,
  pending bigint not null,
  filter_policies bigint not null,
  sms_attributes text not null,
  primary key (account, region)
) {clustered};

-- What was accepted under a deduplication id within the last five minutes. The scope is a message group, or empty for the
-- whole topic.
create table sns_deduplication (
  topic_id bigint not null,
  scope text not null,
  deduplication_id text not null,
  message_id text not null,
  id bigint not null,
  accepted_at bigint not null,
  primary key (topic_id, scope, deduplication_id)
) {clustered};
create index sns_deduplication_by_age on sns_deduplication (topic_id, accepted_at);

-- What has to leave the platform: a message on its way to a subscription, or to a phone or an application directly. The
-- target is the id of the subscription, or what was published to.
create table sns_delivery (
  target text not null,
  id bigint not null,
  due_at bigint not null,
  -- how often it was tried
  attempts integer not null,
  -- JSON
  content text not null,
  primary key (target, id)
) {clustered};
create index sns_delivery_by_time on sns_delivery (target, due_at, id);

-- A message that matched more subscriptions than one transaction delivers to: the rest is done by a job, in the order of
-- the subscriptions.
create table sns_fan_out (
  topic_id bigint not null,
  id bigint not null,
  -- the last subscription that was there when it was published, and how far it has got
  last_subscription bigint not null,
  after_subscription bigint not null,
  -- JSON
  content text not null,
  primary key (topic_id, id)
) {clustered};

-- What an archive policy keeps of a FIFO topic.
create table sns_archive (
  topic_id bigint not null,
  id bigint not null,
  published_at bigint not null,
  -- JSON
  content text not null,
  primary key (topic_id, id)
) {clustered};
create index sns_archive_by_time on sns_archive (topic_id, published_at, id);

-- The key that signs what is delivered, with its certificate. Old ones stay, so that what they signed can be checked.
create table sns_signing_key (
  key_id text primary key,
  private_key text not null,
  certificate text not null,
  created_at bigint not null
);

-- What would have left the platform by mail, SMS or push: the newest of it, for tests and for people.
create table outbox (
  -- Ascends in the order of recording.
  id bigint primary key,
  channel text not null,
  account text not null,
  region text not null,
  -- The mail address, the phone number, or the token of a device.
  destination text not null,
  recorded_at bigint not null,
  -- JSON: subject, text and headers, or what the channel has instead.
  content text not null
);

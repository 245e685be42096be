create table account (
  name text primary key,
  balance bigint not null
) {clustered};
create table sample (
  id bigint primary key,
  whole bigint,
  word text,
  bytes blob
);

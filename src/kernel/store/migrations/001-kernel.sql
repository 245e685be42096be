-- Where each block of ids begins that no node has taken yet. Taken in blocks, so that an id costs no write of its own.
create table id_block (
  name text primary key,
  next_id bigint not null
);
insert into id_block (name, next_id) values ('id', 1);

-- How far the platform's clock was shifted ahead of the machine's.
create table clock_offset (
  "only" integer primary key check ("only" = 1),
  offset_ms bigint not null
);
insert into clock_offset ("only", offset_ms) values (1, 0);

-- The nodes that share this store, and where each can be reached: no node sends anything there.
create table node (
  node_id text primary key,
  -- The name of its machine.
  machine text not null,
  -- JSON: the addresses at which other machines reach it.
  addresses text not null,
  port integer not null,
  -- A node that lives says so again before this time.
  expires_at bigint not null
);

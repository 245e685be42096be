-- Everything "later" and everything "outside". At most one job of a kind has a given key.
create table job (
  kind text not null,
  key text not null,
  -- Of this scheduling: another one of the same kind and key has another id.
  id bigint not null,
  due bigint not null,
  -- When a node may lease it: its due time, while it is leased the end of the lease (if later), null once it is dead.
  ready_at bigint,
  payload text not null,
  -- How many leases this scheduling has had.
  attempt integer not null,
  -- Of whoever runs it: no two leases of a job share the number. Null while it isn't leased.
  lease bigint,
  lease_owner text,
  last_error text,
  created_at bigint not null,
  primary key (kind, key)
);
create index job_ready on job (ready_at);
create index job_leased on job (lease_owner) where lease_owner is not null;

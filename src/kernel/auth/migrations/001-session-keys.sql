-- What session tokens are sealed with. One key in the life of an installation; two if two nodes made one at once.
create table auth_session_key (
  key_id text primary key,
  -- 256 bits in base64.
  secret text not null,
  created_at bigint not null
);

-- An application on a platform for push notifications.
create table sns_platform_application (
  account text not null,
  region text not null,
  platform text not null,
  name text not null,
  application_id bigint not null,
  -- what was set, credentials included, as JSON
  attributes text not null,
  primary key (account, region, platform, name)
) {clustered};
create unique index sns_platform_application_by_id on sns_platform_application (application_id);

-- A device's registration with an application.
create table sns_platform_endpoint (
  application_id bigint not null,
  id bigint not null,
  -- the last part of its ARN
  endpoint_id text not null,
  token text not null,
  enabled integer not null,
  custom_user_data text not null,
  primary key (application_id, id)
) {clustered};
create unique index sns_platform_endpoint_by_id on sns_platform_endpoint (endpoint_id);
create unique index sns_platform_endpoint_by_token on sns_platform_endpoint (application_id, token);

-- A phone number whose owner wants no messages, or wanted none: who opted in can do so again only after a while.
create table sns_opt_out (
  account text not null,
  region text not null,
  phone_number text not null,
  opted_out integer not null,
  opted_in_at bigint,
  primary key (account, region, phone_number)
) {clustered};

-- A number of the sandbox. The password is the last one it was sent.
create table sns_sandbox_number (
  account text not null,
  region text not null,
  phone_number text not null,
  verified integer not null,
  one_time_password text not null,
  primary key (account, region, phone_number)
) {clustered};

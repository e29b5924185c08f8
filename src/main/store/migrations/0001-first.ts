/** The first shape of a project. Never edited after a release: the next change is the next file. */
export const first = `
create table project (id text primary key not null, name text not null, created_at integer not null) strict;

create table datasets (id text primary key not null, name text not null, kind text not null, created_at integer not null) strict;

create table files (id integer primary key not null, path text not null) strict;
create unique index files_path on files (path);

create table items (
  seq integer primary key not null,
  id text not null,
  dataset text not null references datasets (id),
  name text not null,
  sha256 text not null,
  width integer not null,
  height integer not null,
  channels integer not null,
  split text,
  removed integer not null default false,
  media_file integer not null references files (id),
  media_offset integer not null,
  media_length integer not null,
  media_type text not null,
  thumbnail_file integer references files (id),
  thumbnail_offset integer,
  thumbnail_length integer,
  thumbnail_type text
) strict;
create unique index items_id on items (id);
create unique index items_bytes on items (dataset, sha256);
create index items_window on items (dataset, removed);

create table tags (id integer primary key not null, dataset text not null references datasets (id), name text not null) strict;
create unique index tags_name on tags (dataset, name);

create table item_tags (
  tag integer not null references tags (id),
  removed integer not null default false,
  item integer not null references items (seq),
  primary key (item, tag)
) strict, without rowid;
create index item_tags_window on item_tags (tag, removed, item);

create table quarantine (
  id integer primary key not null,
  dataset text not null references datasets (id),
  file text not null,
  code text not null,
  reason text not null
) strict;
create unique index quarantine_file on quarantine (dataset, file);

create table versions (
  id text primary key not null,
  dataset text not null references datasets (id),
  number integer not null,
  name text not null,
  preparation text not null,
  items integer not null,
  train integer not null,
  test integer not null,
  channels integer not null,
  fingerprint text not null,
  created_at integer not null
) strict;
create unique index versions_number on versions (dataset, number);
create unique index versions_fingerprint on versions (dataset, fingerprint);

create table runs (
  seq integer primary key not null,
  id text not null,
  name text not null,
  recipe text not null,
  version text not null references versions (id),
  dataset text not null references datasets (id),
  status text not null,
  settings text not null,
  training text not null,
  stop text not null,
  seed integer not null,
  engine text,
  facts text,
  step integer not null,
  total_steps integer,
  epoch real not null,
  seconds real not null,
  steps_per_second real,
  seconds_left real,
  losses text not null,
  resumed_from integer,
  exact integer not null,
  compiled integer not null,
  compile_seconds real not null,
  error text,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index runs_id on runs (id);
create index runs_name on runs (name);

create table metrics (
  run text not null references runs (id) on delete cascade,
  step integer not null,
  seconds real not null,
  losses text not null,
  primary key (run, step)
) strict, without rowid;

create table samples (
  run text not null references runs (id) on delete cascade,
  step integer not null,
  sheets text not null,
  primary key (run, step)
) strict, without rowid;

create table checkpoints (
  run text not null references runs (id) on delete cascade,
  step integer not null,
  seconds real not null,
  bytes integer not null,
  created_at integer not null,
  primary key (run, step)
) strict, without rowid;

create table exports (
  seq integer primary key not null,
  id text not null,
  run text not null references runs (id) on delete cascade,
  format text not null,
  files text not null,
  verified integer not null,
  max_difference real,
  checked_by text not null
) strict;
create unique index exports_id on exports (id);
create index exports_run on exports (run);
`

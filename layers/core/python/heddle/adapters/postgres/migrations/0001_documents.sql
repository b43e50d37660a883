-- Documents, their versions, and the chunks of the version that is searched, with full text and vectors.
--
-- Every key begins with the tenant. Functions work as heddle_app, which owns nothing and sees only rows of the tenant
-- that its transaction has named (heddle.tenant); without a name it sees none, and can write none.

create extension if not exists vector;

do $$
begin
  if not exists (select from pg_roles where rolname = 'heddle_app') then
    create role heddle_app nologin nobypassrls;
  end if;
end
$$;

grant usage on schema heddle to heddle_app;

create table heddle.documents (
  tenant        text        not null,
  id            text        not null,
  title         text        not null,
  filename      text        not null default '',
  media_type    text        not null default '',
  source        text        not null default '',
  tags          text[]      not null default '{}',
  language      text        not null default '',
  quality       real,
  status        text        not null check (status in ('pending', 'ready', 'failed', 'deleting')),
  version       integer     not null,            -- the newest
  ready_version integer     not null default 0,  -- the one that is searched; 0 is none yet
  content_hash  text        not null,            -- of the newest version
  bytes         bigint      not null,
  chunks        integer     not null default 0,
  metadata      jsonb       not null default '{}',
  created_at    timestamptz not null,
  created_by    text        not null,
  updated_at    timestamptz not null,
  updated_by    text        not null,
  primary key (tenant, id)
);

create index documents_by_change on heddle.documents (tenant, updated_at desc, id desc);
create index documents_by_language on heddle.documents (tenant, language);
create index documents_by_tag on heddle.documents using gin (tags);

create table heddle.document_versions (
  tenant        text        not null,
  document_id   text        not null,
  version       integer     not null,
  status        text        not null check (status in ('pending', 'ready', 'failed')),
  content_hash  text        not null,
  object        text        not null,
  bytes         bigint      not null,
  media_type    text        not null default '',
  filename      text        not null default '',
  facts         jsonb       not null default '{}',
  error         jsonb,
  created_at    timestamptz not null,
  created_by    text        not null,
  finished_at   timestamptz,
  primary key (tenant, document_id, version),
  foreign key (tenant, document_id) references heddle.documents (tenant, id) on delete cascade
);

-- The same bytes are one document of a tenant.
create index versions_by_content on heddle.document_versions (tenant, content_hash);

create table heddle.chunks (
  tenant        text        not null,
  document_id   text        not null,
  position      integer     not null,
  version       integer     not null,
  text          text        not null,
  heading       text        not null default '',
  page          integer,
  start_offset  integer     not null,
  end_offset    integer     not null,
  tokens        integer     not null,
  configuration regconfig   not null,
  search        tsvector    not null,
  primary key (tenant, document_id, position),
  foreign key (tenant, document_id) references heddle.documents (tenant, id) on delete cascade
);

create index chunks_by_word on heddle.chunks using gin (search);

-- Vectors of a chunk by model: those of a new model are written beside the old ones, until a tenant changes over.
create table heddle.vectors (
  tenant        text        not null,
  model         text        not null,
  document_id   text        not null,
  position      integer     not null,
  dimensions    integer     not null check (dimensions = vector_dims(embedding)),
  embedding     vector      not null,
  primary key (tenant, model, document_id, position),
  foreign key (tenant, document_id, position) references heddle.chunks (tenant, document_id, position) on delete cascade
);

-- In the row where it fits: an exact search within a tenant reads every vector, and out of line each is a look-up.
alter table heddle.vectors alter column embedding set storage main;

-- For tenants with too many vectors for an exact search. An index over vectors needs their size, so there is one for
-- each of the usual sizes; what has another size is searched exactly.
create index vectors_256 on heddle.vectors using hnsw ((embedding::vector(256)) vector_cosine_ops) where dimensions = 256;
create index vectors_384 on heddle.vectors using hnsw ((embedding::vector(384)) vector_cosine_ops) where dimensions = 384;
create index vectors_512 on heddle.vectors using hnsw ((embedding::vector(512)) vector_cosine_ops) where dimensions = 512;
create index vectors_768 on heddle.vectors using hnsw ((embedding::vector(768)) vector_cosine_ops) where dimensions = 768;
create index vectors_1024 on heddle.vectors using hnsw ((embedding::vector(1024)) vector_cosine_ops) where dimensions = 1024;
create index vectors_1536 on heddle.vectors using hnsw ((embedding::vector(1536)) vector_cosine_ops) where dimensions = 1536;
create index vectors_3072 on heddle.vectors using hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops) where dimensions = 3072;

-- The model that a tenant's queries are embedded with, and a change of it that is under way.
create table heddle.embedding_models (
  tenant        text        not null primary key,
  model         text        not null,
  dimensions    integer     not null,
  since         timestamptz not null,
  next_model    text,
  next_state    jsonb
);

do $$
declare
  name text;
begin
  foreach name in array array['documents', 'document_versions', 'chunks', 'vectors', 'embedding_models'] loop
    execute format('grant select, insert, update, delete on heddle.%I to heddle_app', name);
    execute format('alter table heddle.%I enable row level security', name);
    execute format('alter table heddle.%I force row level security', name);
    -- In a sub-select, so that it is worked out once and not for each row; '' is what the setting is after a
    -- transaction that had it.
    execute format(
      'create policy own_tenant on heddle.%I using (tenant = (select nullif(current_setting(''heddle.tenant'', true), '''')))',
      name
    );
  end loop;
end
$$;

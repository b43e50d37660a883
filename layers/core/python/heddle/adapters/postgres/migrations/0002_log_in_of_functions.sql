-- Whom functions log in as: it owns nothing, and can become heddle_app and nobody else.
--
-- How it proves who it is, is the server's affair: by a token of IAM where that is RDS.

do $$
declare
  who text;
begin
  if not exists (select from pg_roles where rolname = 'heddle_functions') then
    create role heddle_functions login noinherit;
  end if;

  -- The owner too: whoever makes a role may give it away, but cannot become it without giving it to itself first.
  -- Roles are the server's: what another database of it has granted already may not be ours to grant.
  foreach who in array array['heddle_functions', current_user::text] loop
    if not exists (
      select from pg_auth_members
      where roleid = 'heddle_app'::regrole and member = who::regrole and set_option
    ) then
      execute format('grant heddle_app to %I', who);
    end if;
  end loop;

  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to heddle_functions;
  end if;
end
$$;

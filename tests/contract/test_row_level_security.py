"""Isolation by the database alone: statements without any condition on the tenant, as a mistake of ours would be."""

import psycopg
import pytest

from heddle.adapters.postgres.database import Database
from heddle.adapters.postgres.documents import PostgresDocumentStore
from tests.contract.documents import ingest

TABLES = ("documents", "document_versions", "chunks", "vectors", "embedding_models")


@pytest.fixture
def filled(database: Database, tenant: str, stranger: str) -> Database:
    store = PostgresDocumentStore(database)
    for owner in (tenant, stranger):
        ingest(store, owner, "d1", "linen", vectors=[(1, 0, 0)])
    return database


@pytest.mark.parametrize("table", TABLES)
def test_a_query_without_a_condition_sees_one_tenant(filled: Database, tenant: str, table: str) -> None:
    with filled.transaction(tenant) as cursor:
        owners = cursor.execute(f"select distinct tenant from {table}").fetchall()

    assert owners == [{"tenant": tenant}]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("nobody", ["", "' or true --", "t-%"])
def test_without_a_tenant_of_that_name_nothing_is_seen(filled: Database, table: str, nobody: str) -> None:
    with filled.transaction(nobody) as cursor:
        assert cursor.execute(f"select * from {table}").fetchall() == []


@pytest.mark.parametrize("table", TABLES)
def test_an_update_and_a_delete_without_a_condition_touch_one_tenant(
    filled: Database, tenant: str, stranger: str, table: str
) -> None:
    with filled.transaction(tenant) as cursor:
        cursor.execute(f"update {table} set tenant = tenant")
        assert cursor.rowcount == 1
        cursor.execute(f"delete from {table}")

    with filled.transaction(stranger) as cursor:
        assert len(cursor.execute(f"select * from {table}").fetchall()) == 1


def test_a_row_cannot_be_given_to_another_tenant(filled: Database, tenant: str, stranger: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), filled.transaction(tenant) as cursor:
        cursor.execute("update embedding_models set tenant = %s", [stranger])


def test_a_row_cannot_be_made_for_another_tenant(filled: Database, tenant: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), filled.transaction(tenant) as cursor:
        cursor.execute(
            "insert into embedding_models (tenant, model, dimensions, since) values ('somebody-new', 'm', 3, now())"
        )


def test_the_next_transaction_on_the_connection_does_not_inherit_the_tenant(
    filled: Database, tenant: str, stranger: str
) -> None:
    with filled.transaction(tenant):
        pass

    with filled.transaction(stranger) as cursor:
        assert cursor.execute("select distinct tenant from documents").fetchall() == [{"tenant": stranger}]


def test_functions_work_as_a_role_that_owns_nothing_and_can_change_no_table(filled: Database, tenant: str) -> None:
    with filled.transaction(tenant) as cursor:
        who = cursor.execute(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user"
        ).fetchone()
        owned = cursor.execute("select count(*) as n from pg_tables where tableowner = current_user").fetchone()

    assert who == {"rolsuper": False, "rolbypassrls": False, "rolcreaterole": False}
    assert owned == {"n": 0}
    for statement in ("alter table documents disable row level security", "drop table chunks", "truncate documents"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), filled.transaction(tenant) as cursor:
            cursor.execute(statement)


def test_every_table_of_the_schema_has_row_level_security_forced(filled: Database, tenant: str) -> None:
    with filled.transaction(tenant) as cursor:
        open_tables = cursor.execute(
            "select relname from pg_class where relnamespace = 'heddle'::regnamespace and relkind in ('r', 'p') "
            "and relname <> 'migrations' and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()

    assert open_tables == []

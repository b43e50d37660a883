"""A stage is a name and values; any name will do."""

from infra.stages import DEV, stage_named


def test_a_stage_of_any_name_is_like_dev() -> None:
    stage = stage_named("alice")

    assert stage.name == "alice"
    assert (stage.retain, stage.alarms, stage.python) == (DEV.retain, DEV.alarms, DEV.python)


def test_overrides_that_say_nothing_change_nothing() -> None:
    assert stage_named("dev", endpoint=None, default_provider=None) == DEV
    assert stage_named("dev", default_provider="openai").default_provider == "openai"


def test_only_the_stage_of_the_emulator_is_local() -> None:
    assert [name for name in ("local", "dev", "staging", "prod", "alice") if stage_named(name).local] == ["local"]


def test_bedrock_answers_by_default_wherever_there_is_aws() -> None:
    providers = {name: stage_named(name).default_provider for name in ("dev", "staging", "prod", "alice", "local")}

    assert providers == {
        "dev": "bedrock",
        "staging": "bedrock",
        "prod": "bedrock",
        "alice": "bedrock",
        "local": "extractive",
    }

"""The AWS emulator: its own virtual environment, the one of the functions, and how it is started."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from heddle_cli.stage.home import Home, project_root

REQUIREMENTS = Path(__file__).with_name("emulator.requirements.txt")
REGION = "us-east-1"
ACCOUNT = "000000000000"


class InstallFailed(Exception):
    """An environment could not be made; the message says what to do."""


def tools() -> Path:
    """Return the folder of installed tools, shared by all stages of this project."""
    return project_root() / ".tools"


def emulator_python() -> Path:
    """Return the interpreter that has the emulator."""
    return tools() / "emulator" / "bin" / "python"


def function_python() -> Path:
    """Return the interpreter of the functions: boto3 and nothing else, as the managed runtime of AWS."""
    return tools() / "functions" / "bin" / "python"


def install() -> list[str]:
    """Make both environments if they are missing or out of date; returns what was installed."""
    installed = []
    exported = [str(tools() / "bin" / "uv"), "export", "--quiet", "--frozen", "--only-group", "aws", "--no-header"]
    lock = hashlib.sha256((project_root() / "uv.lock").read_bytes()).hexdigest()
    wanted = {"emulator": hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(), "functions": lock}
    for name, digest in wanted.items():
        stamp, expected = tools() / name / ".stamp", f"{digest} {sys.version} {project_root()}"
        if stamp.exists() and stamp.read_text() == expected:
            continue
        requirements = REQUIREMENTS.read_text() if name == "emulator" else _run(exported)
        _environment(tools() / name, requirements)
        stamp.write_text(expected)
        installed.append(name)
    return installed


def _environment(folder: Path, requirements: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(tools() / "bin" / "uv")
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    listed = folder / "requirements.txt"
    listed.write_text(requirements)
    _run(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--python",
            str(folder / "bin" / "python"),
            "-r",
            str(listed),
        ]
    )


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=project_root())
    except FileNotFoundError:
        raise InstallFailed(f"{command[0]} is missing; fix it with: make bootstrap") from None
    except subprocess.CalledProcessError as failed:
        raise InstallFailed(f"{' '.join(command[:3])} failed: {failed.stderr.strip()[-2000:]}") from None
    return done.stdout


def command() -> list[str]:
    """Return the emulator's command line."""
    return [str(emulator_python()), "-m", "heddle_cli.stage.emulated.launcher"]


def environment(home: Home, port: int) -> dict[str, str]:
    """Return the emulator's environment: state under the stage's folder, one port on the loopback interface."""
    temporary = home.cache / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    return os.environ | {
        "PYTHONPATH": str(project_root() / "cli"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.data / "emulator"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.data / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(temporary),
        "HEDDLE_CODE_CACHE": str(home.cache / "code"),
        "HEDDLE_FUNCTION_PYTHON": str(function_python()),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


def client_environment(port: int) -> dict[str, str]:
    """Return what an AWS client (CDK, boto3) needs to speak to this emulator and to nobody else."""
    endpoint = f"http://127.0.0.1:{port}"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PROFILE": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }

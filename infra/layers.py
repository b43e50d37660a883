"""Lambda layers built without Docker: one per dependency group of pyproject.toml, and `core`, our own code.

A layer is a function of (locked requirements, target, rules below): its folder under .build/layers carries that hash,
so nothing is built twice and CDK takes the same hash instead of reading thousands of files. Bytecode is compiled as
`unchecked-hash`: CDK zips every file with the date 1980-01-01, which makes ordinary bytecode stale, and then each cold
start would compile everything again (twice the import time).

    python -m infra.layers [stage]       build all layers of a stage and print their sizes
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.stages import Stage, stage_named

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build" / "layers"
CORE_SOURCE = ROOT / "layers" / "core" / "python"
RULES = "2"  # part of every hash: change it together with the stripping or compiling below

# What the managed runtime brings. jmespath stays: powertools needs it, whether or not boto3 is there.
RUNTIME_PROVIDED = frozenset({"boto3", "botocore", "s3transfer", "python-dateutil", "six", "urllib3"})

STRIP_FOLDERS = frozenset({"__pycache__", "tests", "test", "testing_data", "bin", "include", "includes"})
STRIP_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".cpp", ".hpp", ".a"})
# METADATA, entry points and licences stay: importlib.metadata and the plugins of pydantic read them.
STRIP_DIST_INFO = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json", "uv_build.json", "top_level.txt"}
)


class LayerBuildError(Exception):
    """A layer could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A dependency group as a layer; packages that the layers of `beneath` bring are left out.

    So are the packages of `without`, and the files of `unused` (glob patterns): what nobody imports on Lambda.
    """

    group: str
    beneath: tuple[str, ...] = ("base",)
    without: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


RECIPES = {
    recipe.group: recipe
    for recipe in (
        Recipe("base", beneath=()),
        Recipe("api"),
        Recipe("auth"),
        Recipe("rules"),
        Recipe("parse"),
        Recipe("sql"),
        Recipe("wasm"),
        Recipe("models"),
        # Of 85 MB, 6 are left: tiktoken without what it downloads with, the vocabularies without their own tokenizer.
        Recipe(
            "tokens",
            without=("requests", "regex", "certifi", "charset-normalizer", "idna"),
            unused=("bpe_openai/_bindings*", "bpe_openai/*.py", "bpe_openai/data/voyage*", "tiktoken/_educational.py"),
        ),
    )
}
NAMES = ("core", *RECIPES)


@dataclass(frozen=True, slots=True)
class Target:
    """What the functions run on. `native` means this very interpreter and machine."""

    python: str
    architecture: str
    native: bool

    @classmethod
    def of(cls, stage: Stage) -> "Target":
        """Return what a stage's functions run on."""
        return cls(stage.python, stage.architecture, native=stage.local)

    @property
    def platform(self) -> str:
        """The wheels' platform in uv's words: runtimes from 3.12 are Amazon Linux 2023 (glibc 2.34)."""
        if self.native:
            return sys.platform
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}[self.architecture]
        return f"{machine}-manylinux_2_28"


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """A folder to publish, and the hash that stands for its content."""

    name: str
    folder: Path
    hash: str


def build(name: str, target: Target) -> BuiltLayer:
    """Return the layer, built now if it was not built before. Raises LayerBuildError if uv cannot get the wheels."""
    compiler = interpreter(target)
    content = _core_digest() if name == "core" else requirements(name)
    digest = hashlib.sha256(
        "\0".join([RULES, target.python, target.architecture, target.platform, str(bool(compiler)), content]).encode()
    ).hexdigest()
    # No dots in the name: CDK would take what follows for a file's extension.
    folder = BUILD / f"{name}-{target.architecture}-py{target.python.replace('.', '')}-{digest[:16]}"
    if not folder.exists():
        _build_into(folder, name, content, target, compiler)
    return BuiltLayer(name, folder, digest)


def build_all(target: Target) -> dict[str, BuiltLayer]:
    """Build every layer, some side by side."""
    interpreter(target)
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(NAMES, pool.map(lambda name: build(name, target), NAMES), strict=True))


def _build_into(folder: Path, name: str, content: str, target: Target, compiler: str | None) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=BUILD, prefix=f".{name}."))
    try:
        packages = draft / "python"
        if name == "core":
            shutil.copytree(CORE_SOURCE, packages, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            _install(content, packages, target)
            _strip(packages)
            for path in [found for pattern in RECIPES[name].unused for found in packages.glob(pattern)]:
                path.unlink()
        if compiler:
            _compile(packages, compiler)
        draft.chmod(0o755)
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.exists():  # somebody else was quicker, with the same content
            raise


# ── requirements ────────────────────────────────────────────────────────────────────────────────────────────────────


def requirements(name: str) -> str:
    """Return a layer's requirements with hashes, from uv.lock; kept, so that a warm synthesis starts no process."""
    recipe = RECIPES[name]
    lock = hashlib.sha256((ROOT / "uv.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()[:16]
    memo = BUILD / f".requirements-{name}-{RULES}-{lock}.txt"
    if memo.exists():
        return memo.read_text()
    without = {*RUNTIME_PROVIDED, *recipe.without}
    for group in recipe.beneath:
        without |= package_names(_export(group))
    text = _export(name, without=without & package_names(_export(name)))
    BUILD.mkdir(parents=True, exist_ok=True)
    memo.write_text(text)
    return text


def _export(group: str, *, without: set[str] | frozenset[str] = frozenset()) -> str:
    command = ["export", "-q", "--frozen", "--no-annotate", "--no-header", "--no-emit-project", "--only-group", group]
    for name in sorted(without):
        command += ["--no-emit-package", name]
    return run_uv(*command)


def package_names(exported: str) -> set[str]:
    """Return the packages that a list of requirements names."""
    return {line.split("==")[0].split("[")[0].strip().lower() for line in exported.splitlines() if "==" in line}


def _install(requirements_text: str, packages: Path, target: Target) -> None:
    listed = packages.parent / "requirements.txt"
    listed.write_text(requirements_text)
    command = ["pip", "install", "-q", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--target", str(packages), "-r", str(listed)]
    if target.native:
        command += ["--python", sys.executable]
    else:
        command += ["--python-platform", target.platform, "--python-version", target.python]
    try:
        # The cache first: no request is made at all when every wheel was fetched before.
        run_uv(*command, "--offline")
    except LayerBuildError:
        shutil.rmtree(packages, ignore_errors=True)
        run_uv(*command)
    listed.unlink()
    (packages / ".lock").unlink(missing_ok=True)


def run_uv(*arguments: str) -> str:
    """Run uv in the project; return what it printed. Raises LayerBuildError if it is missing or fails."""
    bundled = ROOT / ".tools" / "bin" / "uv"
    uv = os.environ.get("UV") or (str(bundled) if bundled.exists() else shutil.which("uv"))
    if uv is None:
        raise LayerBuildError("uv was not found; install it with: make bootstrap")
    done = subprocess.run([uv, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LayerBuildError(f"uv {arguments[0]} failed; is the package index reachable?\n{done.stderr.strip()}")
    return done.stdout


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _core_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_files(CORE_SOURCE)):
        digest.update(f"{path.relative_to(CORE_SOURCE).as_posix()}\0".encode())
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _strip(root: Path) -> None:
    for current, folders, files in os.walk(root):
        here = Path(current)
        for folder in [name for name in folders if name in STRIP_FOLDERS]:
            shutil.rmtree(here / folder)
            folders.remove(folder)
        for file in files:
            unneeded = here.suffix == ".dist-info" and file in STRIP_DIST_INFO
            if unneeded or Path(file).suffix in STRIP_SUFFIXES:
                (here / file).unlink()


def _compile(root: Path, compiler: str) -> None:
    # -s and -p write the path that the file has on Lambda into the bytecode, so tracebacks there read right. Files that
    # do not compile (templates, other versions' syntax) simply have no bytecode: hence no check of the return code.
    command = [compiler, "-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(root), "-p", "/opt/python", str(root)], check=False, capture_output=True)


@cache
def interpreter(target: Target) -> str | None:
    """Return an interpreter of the target's minor version, whose bytecode it therefore accepts; None if there is none.

    Bytecode does not depend on the machine. Without an interpreter the layers work, only their cold starts are slower.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" == target.python:
        return sys.executable
    for candidate in _candidates(target.python):
        probe = "import sys; print(f'{sys.version_info.major}.{sys.version_info.minor}')"
        answer = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == target.python:
            return candidate
    print(
        f"heddle: layers go without bytecode, cold starts will be slower: no Python {target.python} on this machine "
        f"(fix: .tools/bin/uv python install {target.python})",
        file=sys.stderr,
    )
    return None


def _candidates(python: str) -> Iterator[str]:
    with suppress(LayerBuildError):
        yield run_uv("python", "find", "--no-project", "--offline", python).strip()
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(versions.glob(f"{python}.*/bin/python{python}"), reverse=True))


def main() -> None:
    """Build the layers of a stage and print what they weigh."""
    stage = stage_named(sys.argv[1] if len(sys.argv) > 1 else "dev")
    for layer in build_all(Target.of(stage)).values():
        files = list(_files(layer.folder)) + list(layer.folder.rglob("*.pyc"))
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{layer.name:10} {size:7.1f} MB {len(files):6} files  {layer.folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

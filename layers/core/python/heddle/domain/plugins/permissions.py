"""What a plugin may ask of its host: a part of WASI preview 1, some of it only by a permission that its manifest names.

What is not listed is refused when the plugin is handed in, before anything of it is compiled: files, sockets, other
modules than WASI. `poll_oneoff` is refused too: it sleeps in the host, where no deadline of the sandbox reaches.
"""

from collections.abc import Iterable

from heddle.domain.plugins.module import Import
from heddle.errors import InvalidInput

WASI = "wasi_snapshot_preview1"

# Standard streams, arguments and the environment (which is empty). The functions on descriptors find none but 0, 1 and
# 2: nothing is opened for a plugin, and nothing can be, since no function of paths is allowed.
_ALWAYS = frozenset(
    {
        "args_get",
        "args_sizes_get",
        "environ_get",
        "environ_sizes_get",
        "fd_close",
        "fd_fdstat_get",
        "fd_fdstat_set_flags",
        "fd_filestat_get",
        "fd_prestat_get",
        "fd_prestat_dir_name",
        "fd_read",
        "fd_seek",
        "fd_tell",
        "fd_write",
        "proc_exit",
        "sched_yield",
    }
)
PERMISSIONS = {
    "clock": frozenset({"clock_time_get", "clock_res_get"}),
    "random": frozenset({"random_get"}),
}
"""Permission to the functions that need it. Without both a plugin always gives the same answer to the same question."""

_NEEDS = {name: permission for permission, names in PERMISSIONS.items() for name in names}


def needed_permissions(imports: Iterable[Import]) -> tuple[str, ...]:
    """Return the permissions that the imports need. InvalidInput `plugin_import_forbidden` names all other imports."""
    forbidden, needed = [], set()
    for each in imports:
        if each.module != WASI or each.kind != "function":
            forbidden.append(each)
        elif each.name in _NEEDS:
            needed.add(_NEEDS[each.name])
        elif each.name not in _ALWAYS:
            forbidden.append(each)
    if forbidden:
        names = [f"{each.module}.{each.name}" for each in forbidden]
        raise InvalidInput(
            f"a plugin may not import {', '.join(names[:5])}: it has no files and no network, only its streams",
            code="plugin_import_forbidden",
            imports=names[:50],
            errors=[{"field": "wasm", "message": f"imports {name}"} for name in names[:50]],
        )
    return tuple(sorted(needed))

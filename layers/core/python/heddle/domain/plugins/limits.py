"""How much a call of a plugin may take. What is over is stopped, and is a failure of the plugin alone."""

from heddle.records import dataclass

MIB = 1024 * 1024
MAX_WASM_BYTES = 8 * MIB
MAX_MEMORY_MB = 128
MAX_SECONDS = 10.0
MAX_INPUT_BYTES = 16 * MIB
MAX_OUTPUT_BYTES = 1 * MIB
MAX_LOG_BYTES = 64 * 1024

# Fuel is about one unit an instruction, and a core uses up some five hundred million of them a second: see
# benchmarks/plugins.py. So this ends a loop after about ten seconds too, on a fast core before the clock does; unlike
# the clock it ends it at the same instruction each time.
MAX_FUEL = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one call. A plugin's manifest may ask for less time and for more memory than these."""

    memory_mb: int = 32
    seconds: float = MAX_SECONDS
    fuel: int = MAX_FUEL
    input_bytes: int = MAX_INPUT_BYTES
    output_bytes: int = MAX_OUTPUT_BYTES
    log_bytes: int = MAX_LOG_BYTES

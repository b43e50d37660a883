"""The stacks: what must outlive the code (data), the engine, its API, and what follows from events."""

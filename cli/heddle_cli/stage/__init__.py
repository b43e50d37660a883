"""The real thing on a laptop: emulator, PostgreSQL, edge proxy, a real `cdk deploy`, and a demo tenant."""

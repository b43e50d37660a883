"""The catalogue of events: JSON Schemas, samples, and who emits and who reacts. Generated; see `generate.py`."""

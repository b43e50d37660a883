"""What runs inside the emulator's own virtual environment: launcher, patches, and the workers of functions.

Nothing here may import what only the project's environment has.
"""

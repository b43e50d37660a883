"""What turns the application into Lambda functions. Imported first by each of them, so it tunes the interpreter too."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Importing makes tens of thousands of objects that stay for ever. At the usual thresholds the collector walks
    # through all of them several times on the way, which takes 40 ms of a cold start and finds nothing.
    gc.set_threshold(50_000, 20, 50)

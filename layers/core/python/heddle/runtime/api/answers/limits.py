"""The answer about limits."""

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class LimitValues(Answer):
    """What may be at a time and per second; `…_burst` is how many at once after a pause."""

    concurrent_runs: int
    starts_per_second: float
    start_burst: int
    connections: int
    connections_per_user: int
    frames_per_second: float
    frame_burst: int
    user_frames_per_second: float
    user_frame_burst: int
    connection_frames_per_second: float
    connection_frame_burst: int
    authenticate_frames_per_second: float
    authenticate_frame_burst: int
    subscribe_frames_per_second: float
    subscribe_frame_burst: int
    broadcast_frames_per_second: float
    broadcast_frame_burst: int
    direct_message_frames_per_second: float
    direct_message_frame_burst: int


class LimitsInUse(Answer):
    """What is in use now, of those limits that are counted."""

    concurrent_runs: int = Field(description="Runs that hold a slot.")
    connections: int = Field(description="Open WebSockets.")


class LimitsAnswer(Answer):
    """This tenant's limits. Operators may change them while everything runs; they are at most half a minute old."""

    limits: LimitValues
    in_use: LimitsInUse


ANSWERS: Answers = {"get_limits": {200: LimitsAnswer}}

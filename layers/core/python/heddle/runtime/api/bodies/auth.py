"""The bodies about logging in and out."""

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class LoginBody(Body):
    """User name and password; `new_password` where the password is a temporary one."""

    username: str = Field(min_length=1, max_length=128, examples=["ada@example.com"])
    password: str = Field(min_length=1, max_length=256, examples=["correct horse battery staple"])
    new_password: str | None = Field(
        default=None, min_length=1, max_length=256, description="Replaces a temporary one."
    )


class RefreshBody(Body):
    """The refresh token of the last login or refresh; it works once."""

    refresh_token: str = Field(min_length=1, max_length=8192, examples=["eyJjdHkiOiJKV1Qi…"])


class LogoutBody(Body):
    """Which sessions end: that of the refresh token, or all of the user's."""

    refresh_token: str | None = Field(default=None, min_length=1, max_length=8192)
    everywhere: bool = Field(default=False, description="End every session of the user.")


BODIES: dict[str, type[Body]] = {
    "login": LoginBody,
    "refresh": RefreshBody,
    "logout": LogoutBody,
}

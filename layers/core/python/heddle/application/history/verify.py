"""Prove that a stream is what was written: numbers without gaps, and a hash chain that holds from the first commit."""

from heddle.application.ports.events import EventStore
from heddle.domain.events.chain import hash_of
from heddle.domain.events.envelope import StreamId
from heddle.errors import HeddleError
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a commit. Codes: commit_gap, version_gap, chain_broken, hash_mismatch, unreadable."""

    commit: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and what was found wrong; `head_hash` can be kept elsewhere as a seal of all before it."""

    stream: StreamId
    commits: int
    events: int
    head_hash: str
    findings: tuple[Finding, ...] = ()

    @property
    def intact(self) -> bool:
        """True if nothing was found."""
        return not self.findings


def verify_stream(store: EventStore, stream: StreamId) -> Report:
    """Read the whole stream and check it; an unknown stream is intact and has no commits.

    A commit cut from the end leaves no trace in a chain: compare `head_hash` with one noted earlier to find that.
    """
    findings: list[Finding] = []
    number, version, head = 0, 0, ""
    try:
        for commit in store.commits(stream):
            if commit.number != number + 1:
                findings.append(Finding(commit.number, "commit_gap", f"commit {number + 1} is missing"))
            if [event.version for event in commit.events] != list(range(version + 1, version + 1 + len(commit.events))):
                findings.append(Finding(commit.number, "version_gap", f"events do not continue at {version + 1}"))
            if commit.previous_hash != head:
                findings.append(Finding(commit.number, "chain_broken", "does not follow the commit before it"))
            if hash_of(commit) != commit.hash:
                findings.append(Finding(commit.number, "hash_mismatch", "the content is not what was hashed"))
            number, head = commit.number, commit.hash
            version = commit.events[-1].version if commit.events else version
    except HeddleError as error:
        findings.append(Finding(number + 1, "unreadable", error.message))
    return Report(stream, number, version, head, tuple(findings))

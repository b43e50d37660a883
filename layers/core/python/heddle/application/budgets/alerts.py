"""Where an alert stands among those of its budget: what tells it apart, and its order."""

from heddle.application.ports.budgets import Alert


def place(alert: Alert) -> str:
    """Return the place of an alert, by time."""
    return f"{alert.at}#{alert.percent:03d}#{alert.window}#{alert.subject}"

"""Writes documents/incident-review.pdf, so that what is in the committed file can be read and changed here.

    .venv/bin/python examples/make_pdf.py
"""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

TARGET = Path(__file__).parent / "documents" / "incident-review.pdf"

TEXT = {
    "Incident review: the night of the double invoices": [
        "On a Tuesday at 02:10 a deployment of the billing workflow began to send some invoices twice. It was stopped at "
        "03:35, after 412 customers had received two invoices for the same month. No money was collected twice, because the "
        "payment step was idempotent. This review describes what happened, why the safeguards held in one place and not in "
        "the other, and what was changed.",
    ],
    "What happened": [
        "The workflow has three steps: compute the invoice, send it by mail, and collect the payment. The step that sends mail "
        "called an external service which slowed down from half a second to about forty seconds. The function that made the "
        "call had a timeout of thirty seconds, so it was ended by the platform in the middle of the call. The service, however, "
        "had accepted the mail. The workflow saw a failed step and ran it again, and the customer received a second invoice.",
        "Because the retries of the client library, the queue and the workflow were stacked, one slow answer led to as many as "
        "nine calls. The additional calls made the mail service slower still. Between 02:30 and 03:10 the workflow spent more "
        "than its usual monthly budget for function time, almost all of it waiting.",
    ],
    "Why the payments were safe": [
        "The payment step derives a key from the run and the step and gives it to the payment provider with every request. "
        "A repeated request with the same key returns the first result. The step also writes a claim before it acts, so a "
        "second worker that finds the claim reports an interrupted step instead of acting again.",
        "The mail step had neither a key nor a claim, because sending mail was thought to be harmless.",
    ],
    "What was changed": [
        "Every step with an effect outside now carries an idempotency key, and steps whose service does not understand keys "
        "take a claim first. The timeout of each call is shorter than the timeout of the function around it, so the function "
        "lives to record how the call ended. Retries happen in the workflow only, with exponential backoff and jitter, at most "
        "three times, and only for errors that are marked as retryable.",
        "A run now reserves its worst-case cost before it starts a step and stops when the reservation cannot be made. An alarm "
        "watches the age of the oldest message in the dead-letter queue, and a command sends its messages back after a fix.",
    ],
    "What we would tell others": [
        "Treat every effect as one that will be attempted twice. Test it by killing the function at the worst moment, on purpose, "
        "in a test that runs every day. Slow is a failure mode of its own: most of the damage of that night was done by a service "
        "that never returned an error.",
    ],
}


def main() -> None:
    """Write the file; the same text gives the same bytes."""
    styles = getSampleStyleSheet()
    story: list[object] = []
    for number, (heading, paragraphs) in enumerate(TEXT.items()):
        story.append(Paragraph(heading, styles["Title" if number == 0 else "Heading2"]))
        for text in paragraphs:
            story += [Paragraph(text, styles["BodyText"]), Spacer(1, 6)]
    title = next(iter(TEXT))
    SimpleDocTemplate(str(TARGET), pagesize=A4, title=title, author="The Heddle examples", invariant=1).build(story)


if __name__ == "__main__":
    main()

"""Send dead letters of a tenant to the queue again that they came from."""

from dataclasses import dataclass

from heddle.application.ports.dispatch import TaskQueue
from heddle.application.ports.task_letters import TaskLetter, TaskLetterStore
from heddle.application.ports.webhooks import Deliveries
from heddle.domain.webhooks.webhook import Delivery, read_delivery
from heddle.errors import NotFound

AT_ONCE = 100
"""How many letters one request sends; who has more asks again."""


@dataclass(frozen=True)
class RedriveTasks:
    """Sent before it is removed: a crash in between sends one twice, which starts one run, and loses none.

    A webhook is sent with the id that it had, from its first attempt on.
    """

    letters: TaskLetterStore
    queue: TaskQueue
    deliveries: Deliveries

    def __call__(self, tenant: str, letter_id: str) -> TaskLetter:
        """Send one letter and return it. NotFound `dead_letter_not_found`."""
        letter = self.find(tenant, letter_id)
        self._send(letter)
        return letter

    def all(self, tenant: str) -> tuple[int, bool]:
        """Send up to a hundred letters, newest first; returns how many, and whether there are more."""
        page = self.letters.letters(tenant, limit=AT_ONCE)
        for letter in page.items:
            self._send(letter)
        return len(page.items), page.cursor is not None

    def find(self, tenant: str, letter_id: str) -> TaskLetter:
        """Return the tenant's letter. NotFound `dead_letter_not_found`."""
        letter = self.letters.get(tenant, letter_id)
        if letter is None:
            message = f"there is no dead letter {letter_id!r}"
            raise NotFound(message, code="dead_letter_not_found", letter_id=letter_id)
        return letter

    def _send(self, letter: TaskLetter) -> None:
        delivery = read_delivery(letter.message)
        if delivery is not None:
            self.deliveries.put(Delivery(delivery.webhook))
        else:
            self.queue.send_again(letter.tenant, letter.message, priority=letter.priority)
        self.letters.remove(letter)

"""The building blocks of the stacks: one way to make a function, a queue, a table, a consumer, an alarm."""

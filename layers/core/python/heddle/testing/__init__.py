"""For tests of workflows: run one in this process, with fakes for what you like, and look at its history."""

"""What helps a learner on after a report: the next hint, a prompt for an assistant, the reference."""

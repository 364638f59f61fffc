"""The grading of tests that a learner has written for the schema: they run on it, and on copies that are broken."""

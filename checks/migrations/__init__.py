"""The learner's migrations, tried on a scratch database.

`trial.py` leads through the trial and remembers what it saw, `runner.py` is the process in which Alembic and the
learner's revisions run, `contents.py` compares what two databases hold.
"""

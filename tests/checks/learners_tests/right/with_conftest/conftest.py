"""The tests' own engine and session; a test may even commit, as its transaction is rolled back around it."""

import pytest
from config import Settings
from sqlalchemy import create_engine
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def engine():
    engine = create_engine(Settings().database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def models(engine):
    base = automap_base()
    base.prepare(engine)
    return base.classes


@pytest.fixture
def session(engine):
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()

import pytest
from factories import make_user
from sqlalchemy.exc import IntegrityError


class TestAccounts:
    def test_two_people(self, session, models):
        session.add_all([make_user(models, "ada@shop.example"), make_user(models, "ben@shop.example")])
        session.commit()
        assert session.query(models.users).count() == 2

    def test_one_email(self, session, models):
        session.add_all([make_user(models, "ada@shop.example"), make_user(models, "ada@shop.example")])
        with pytest.raises(IntegrityError):
            session.flush()

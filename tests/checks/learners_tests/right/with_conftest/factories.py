"""Things of a shop, each with what it needs."""


def make_user(models, email):
    return models.users(email=email, password_hash="x", first_name="Ada", last_name="Lind")


def make_product(models, name="Mug", price=5):
    return models.products(name=name, sku=name, price=price, categories=models.categories(name=name))

"""`show_diagram()`: the live schema as a picture, in which nothing lies on anything else, and as text."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest

from workshop.diagram import Column, ForeignKey, Table, draw
from workshop.diagram.layout import Layout, arrange
from workshop.diagram.svg import size

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def made_up(seed: int) -> list[Table]:
    """Up to 20 tables that refer to each other, themselves and now and then in a circle."""
    dice = random.Random(seed)
    tables = []
    for number in range(dice.randint(1, 20)):
        columns = tuple(Column(f"column_{i}", "integer") for i in range(dice.randint(0, 9)))
        last = number + (2 if dice.random() < 0.1 else 0)
        targets = [f"t{dice.randint(0, last)}" for _ in range(dice.choice([0, 1, 1, 2, 3]))]
        keys = tuple(ForeignKey(target, is_optional=dice.random() < 0.3) for target in targets)
        tables.append(Table(f"t{number}", columns, keys))
    return tables


@pytest.mark.parametrize("seed", range(40))
def test_boxes_lie_apart_and_no_line_runs_through_one(seed):
    tables = made_up(seed)
    layout = arrange(tables, size)
    assert len(layout.boxes) == len(tables)
    known = {table.name for table in tables}
    assert len(layout.lines) == sum(key.table in known for table in tables for key in table.foreign_keys)
    for one, other in combinations(layout.boxes, 2):
        beside = one.x + one.width < other.x or other.x + other.width < one.x
        assert beside or one.y + one.height < other.y or other.y + other.height < one.y
    assert not list(lines_through_boxes(layout))
    points = [point for line in layout.lines for point in line.points]
    assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in points)


def lines_through_boxes(layout: Layout):
    for line in layout.lines:
        for (x1, y1), (x2, y2) in pairwise(line.points):
            for box in layout.boxes:
                across = max(x1, x2) > box.x + 1 and min(x1, x2) < box.x + box.width - 1
                if across and max(y1, y2) > box.y + 1 and min(y1, y2) < box.y + box.height - 1:
                    yield line, box


def test_lines_lead_from_the_table_referred_to_down_to_the_one_that_refers():
    tables = [Table("a"), Table("b", (), (ForeignKey("a"),)), Table("c", (), (ForeignKey("b"), ForeignKey("a")))]
    layout = arrange(tables, size)
    y = {box.table.name: box.y for box in layout.boxes}
    assert y["a"] < y["b"] < y["c"]
    for line in layout.lines:
        assert line.points[0][1] < line.points[-1][1] == y[line.table.name]


def test_the_picture_is_the_same_each_time():
    assert draw(made_up(7)).svg == draw(made_up(7)).svg


def test_the_live_schema_is_drawn_as_it_is(shop, database, query):
    shop.save(
        "schemas/05_more.sql",
        "create table stock (product_id int primary key references products, amount timestamp with time zone[]);\n"
        "create table parted (id int) partition by list (id);\n"
        "create table part partition of parted for values in (1);\n"
        "create schema extra; create table extra.notes (id int, user_id int references users);\n"
        "create unique index on categories (lower(parent_id::text));\n"
        "create unique index on extra.notes (id) where id > 3;\n",
    )
    shop.run("build_schema()")
    diagram = shop.run("show_diagram()")
    found = {table.name: table for table in diagram.tables}
    assert list(found) == ["users", "categories", "products", "stock", "parted", "extra.notes"]
    assert found["users"].columns == (
        Column("id", "integer", is_key=True),
        Column("email", "varchar(100)", is_unique=True),
    )
    assert found["categories"].columns[1] == Column("parent_id", "integer", is_unique=True, is_optional=True)
    assert found["categories"].foreign_keys == (ForeignKey("categories", ("parent_id",), is_optional=True),)
    assert found["products"].foreign_keys == (ForeignKey("categories", ("category_id",)),)
    assert found["stock"].foreign_keys == (ForeignKey("products", ("product_id",), is_single=True),)
    assert found["stock"].columns[1].type == "timestamptz[]"
    assert found["extra.notes"].foreign_keys == (ForeignKey("users", ("user_id",), is_optional=True),)
    assert not found["extra.notes"].columns[0].is_unique


def test_a_notebook_gets_html_svg_and_text(shop, database):
    shop.run("build_schema()")
    bundle = shop.run("show_diagram()")._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert "var(--jp-layout-color0, " in bundle["text/html"]
    assert "var(" not in bundle["image/svg+xml"]
    svg = ET.fromstring(bundle["image/svg+xml"])
    assert svg.get("role") == "img"
    assert svg.findtext(f"{SVG}title") == "Diagram of 3 tables"
    assert "products: id, category_id, price; refers to categories." in svg.findtext(f"{SVG}desc")
    assert {"users", "categories", "products", "category_id", "PK", "FK", "UQ"} <= set(texts(bundle["image/svg+xml"]))
    assert bundle["text/plain"].splitlines()[:5] == [
        "erDiagram",
        "    users {",
        "        integer id PK",
        "        varchar(100) email UK",
        "    }",
    ]
    assert '    categories ||--o{ products : "category_id"' in bundle["text/plain"].splitlines()
    assert '    categories |o--o{ categories : "parent_id"' in bundle["text/plain"].splitlines()


def test_what_is_missing_says_so_in_words():
    users = Table("users", (Column("id", "integer"), Column("email", is_missing=True)))
    diagram = draw([users, Table("carts", is_missing=True)])
    assert texts(diagram.svg).count("missing") == 2
    assert "stroke-dasharray" in diagram.svg
    assert "email (missing)" in diagram.svg
    assert 'carts["carts (missing)"]' in str(diagram)
    assert 'any email "missing"' in str(diagram)
    assert "missing" not in draw([Table("users", (Column("id", "integer"),))]).svg


def test_what_the_steps_ask_for_is_drawn_as_missing(shop, database, query):
    shop.run("build_schema()")
    query(
        "alter table users rename to customers; alter table products drop column category_id cascade;"
        "create schema extra; create table extra.categories ()"
    )
    diagram = shop.run("show_diagram(3)")
    found = {table.name: table for table in diagram.tables}
    assert [name for name, table in found.items() if table.is_missing] == [
        "product_variants",
        "product_images",
        "price_history",
    ]
    assert list(found)[:4] == ["customers", "categories", "products", "extra.categories"]
    assert found["products"].columns == (
        Column("id", "integer", is_key=True),
        Column("price", "numeric(10,2)"),
        Column("category_id", is_missing=True),
        Column("name", "text", is_missing=True),
        Column("description", "text", is_missing=True),
        Column("sku", "text", is_unique=True, is_missing=True),
        Column("created_at", "timestamp", is_missing=True),
        Column("updated_at", "timestamp", is_missing=True),
    )
    assert found["products"].foreign_keys == (ForeignKey("categories", ("category_id",)),)
    assert found["product_images"].foreign_keys == (ForeignKey("products", ("product_id",)),)
    assert not any(column.is_missing for column in found["product_images"].columns), "once is enough"
    assert "email" not in [column.name for column in found["customers"].columns if column.is_missing]
    assert "Diagram of 7 tables, 3 of them missing" in diagram.svg
    assert not any(table.is_missing for table in shop.run("show_diagram()").tables)


def test_before_the_first_build_all_of_a_step_is_missing(notebook, database):
    diagram = notebook.run("show_diagram(4)")
    assert all(table.is_missing for table in diagram.tables)
    assert [table.name for table in diagram.tables][::4] == ["users", "product_images", "orders"]
    found = {table.name: table for table in diagram.tables}
    assert [key.columns for key in found["orders"].foreign_keys] == [
        ("user_id",),
        ("shipping_address_id",),
        ("billing_address_id",),
    ]
    assert "build_schema()" in notebook.refuse("show_diagram(1)"), "step 1 has no tables"
    assert notebook.refuse("show_diagram(99)").startswith("There is no step 99.")


def test_sixteen_tables_are_no_wider_than_a_page_and_each_line_can_be_followed(notebook, database):
    layout = arrange(notebook.run("show_diagram(6)").tables, size)
    assert len(layout.boxes) == 16
    assert layout.width < 1100
    assert not list(shared_stretches(layout))


def shared_stretches(layout: Layout):
    pieces = [(line, piece) for line in layout.lines for piece in pairwise(line.points)]
    for (line, piece), (other, another) in combinations(pieces, 2):
        for across in (0, 1):
            places = {point[across] for point in (*piece, *another)}
            lower, upper = (sorted(point[1 - across] for point in each) for each in (piece, another))
            if (
                line is not other
                and max(places) - min(places) < 3
                and max(lower[0], upper[0]) < min(lower[1], upper[1])
            ):
                yield line, other


def test_names_are_text_and_never_markup():
    name = '<b onclick="x">&'
    diagram = draw([Table(name, (Column(name, name),), (ForeignKey(name, (name,)),))])
    assert texts(diagram.svg).count(name) == 3
    ET.fromstring(diagram.html)


def test_an_empty_database_is_one_sentence(notebook, database):
    assert "build_schema()" in notebook.refuse("show_diagram()")

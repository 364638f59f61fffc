"""The reference as it stands in the solution notebooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from workshop import reference
from workshop.errors import WorkshopError
from workshop.steps import STEPS, find_notebook

MadeUp = Callable[..., None]


def test_a_file_is_what_its_last_cell_says_with_the_answers_in(made_up_solution: MadeUp) -> None:
    made_up_solution(
        "02_core_entities",
        "x = 1",
        "%%project_file models/core.py\nfirst",
        "%%project_file schemas/02_core.sql\n-- a\n-- TODO 2.2: b\n"
        "-- ### BEGIN SOLUTION\nselect 1;\n-- ### END SOLUTION\n",
        '%%project_file  models/core.py \n\n"""Second."""\n\n\ndef f():\n    # TODO 2.1: y\n    ### BEGIN SOLUTION\n'
        "    y = 1\n    ### END SOLUTION\n    # TODO one day",
        "# TODO 2.3: z\n### BEGIN SOLUTION\nz = 1\n### END SOLUTION",
    )
    found = reference.read_reference(2)
    assert dict(found.files) == {
        PurePosixPath("models/core.py"): '"""Second."""\n\n\ndef f():\n    # 2.1: y\n    y = 1\n    # TODO one day\n',
        PurePosixPath("schemas/02_core.sql"): "-- a\n-- 2.2: b\nselect 1;\n",
    }
    assert found.answers == ("# 2.3: z\nz = 1",)


def test_of_several_steps_the_later_one_counts(made_up_solution: MadeUp) -> None:
    made_up_solution("01_project_setup", "%%project_file config.py\nold = 1", "%%project_file x.py\nx = 1")
    made_up_solution("02_core_entities", "%%project_file config.py\nnew = 1")
    assert reference.files_until(1)[PurePosixPath("config.py")] == "old = 1\n"
    assert reference.files_until(2) == {PurePosixPath("config.py"): "new = 1\n", PurePosixPath("x.py"): "x = 1\n"}
    with pytest.raises(WorkshopError, match=r"^There is no solution of step 3, Product catalog, in this workbook\.$"):
        reference.files_until(4)


@pytest.mark.parametrize("number", [0, 9, "2", True])
def test_another_number_lists_the_steps(number: object) -> None:
    with pytest.raises(WorkshopError, match="The steps are"):
        reference.read_reference(number)


def test_the_solutions_of_the_workbook_can_be_read() -> None:
    for path in sorted([*reference.SOLUTIONS.glob("*.ipynb"), *reference.SOLUTIONS.glob("extensions/*.ipynb")]):
        found = reference.read_reference(find_notebook(path).key)
        assert found.files
        assert not [text for text in (*found.files.values(), *found.answers) if "SOLUTION" in text or "TODO" in text]
        cells = json.loads(path.read_text("utf-8"))["cells"]
        written = {
            "".join(cell["source"]).split()[1] for cell in cells if "%%project_file" in "".join(cell["source"])[:14]
        }
        assert {str(name) for name in found.files} == written


def test_what_an_extension_makes_belongs_to_no_step() -> None:
    steps = set(reference.files_until(5))
    coupons = set(reference.read_reference("coupons").files)
    assert sorted(map(str, coupons)) == ["models/coupons.py", "schemas/21_coupons.sql", "schemas/21_give_back.sql"]
    assert set(reference.files_until("coupons")) == steps | coupons
    assert not coupons & {path for step in STEPS[:6] for path in reference.read_reference(step.key).files}

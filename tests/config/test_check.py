"""`tieout config check`: what a wrong config is told, with file, line, key and remedy, all in one call."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from mistakes import MORE, TEN, Mistake
from pyspark.sql import SparkSession

from tieout import cli
from tieout.checking import check_config
from tieout.config import load_config
from tieout.errors import ConfigError, Problem

REPOSITORY = Path(__file__).parents[2]


def config_with(folder: Path, *mistakes: Mistake) -> dict[Mistake, int]:
    """Write the shipped config with these mistakes; return the line of each, in the file as it is then."""
    shutil.copytree(REPOSITORY / "conf", folder)
    for one in mistakes:
        path = folder / one.file
        text = path.read_text(encoding="utf-8")
        assert one.right in text, one
        path.write_text(text.replace(one.right, one.wrong, 1), encoding="utf-8")
    return {one: _line(folder / one.file, one) for one in mistakes}


def _line(path: Path, mistake: Mistake) -> int:
    """Return the first line that the mistake changed."""
    before = mistake.wrong.split("\n")
    same = 0
    for right, wrong in zip(mistake.right.split("\n"), before, strict=False):
        if right != wrong:
            break
        same += 1
    text = path.read_text(encoding="utf-8")
    return text[: text.index(mistake.wrong)].count("\n") + 1 + same


def find(problems: list[Problem], folder: Path, mistake: Mistake) -> list[Problem]:
    return [
        one
        for one in problems
        if mistake.says in one.message and re.sub(r"(?<=[.])[0-9]+", "N", one.key) == mistake.key
    ]  # fmt: skip


def test_the_shipped_config_has_no_problem(spark: SparkSession) -> None:
    found = check_config(REPOSITORY / "conf", lambda: spark)
    assert (found.problems, found.warnings) == ([], [])


def test_ten_mistakes_are_reported_in_one_call(spark: SparkSession, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    lines = config_with(conf, *TEN.values())

    problems = check_config(conf, lambda: spark).problems

    assert len(problems) == len(TEN), "\n".join(map(str, problems))
    for name, mistake in TEN.items():
        (problem,) = find(problems, conf, mistake)
        assert problem.file == str(conf / mistake.file), name
        # A field that is missing has no line of its own: its parent's is named.
        assert problem.line in (lines[mistake], lines[mistake] - 1), name
    assert problems == sorted(problems, key=lambda one: (one.file, one.line or 0))


def test_more_mistakes_are_reported_with_their_lines(spark: SparkSession, tmp_path: Path) -> None:
    """Those that touch the same text as another are checked in a config of their own."""
    rest = dict(MORE)
    number = 0
    while rest:
        conf = tmp_path / f"conf{number}"
        number += 1
        chosen: dict[str, Mistake] = {}
        for name, mistake in rest.items():
            if all(mistake.file != one.file or not _same_text(mistake, one) for one in chosen.values()):
                chosen[name] = mistake
        rest = {name: mistake for name, mistake in rest.items() if name not in chosen}
        lines = config_with(conf, *chosen.values())
        problems = check_config(conf, lambda: spark).problems
        for name, mistake in chosen.items():
            found = find(problems, conf, mistake)
            assert found, f"{name}: not among\n" + "\n".join(map(str, problems))
            if not mistake.key.endswith(".lookup"):
                # Two keys of one definition are wrong together: either names it.
                near = [one for one in found if one.line is not None and abs(one.line - lines[mistake]) <= 1]
                assert near, (name, lines[mistake], found)


def _same_text(one: Mistake, other: Mistake) -> bool:
    # What a file says of others is checked once its own keys are right, and one of these in tieout.yml is wrong.
    alone = one.file == other.file == "tieout.yml"
    return alone or one.key.rsplit(".", 1)[0] == other.key.rsplit(".", 1)[0] or one.right == other.right


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "the file is empty; it needs entity, meaning, fields", id="empty"),
        pytest.param(b"entity: caf\xe9\n", "not UTF-8", id="not UTF-8"),
        pytest.param(b"[" * 5000, "nested deeper", id="deep"),
        pytest.param(
            b"a: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(8)),
            "its aliases stand for",
            id="billion laughs",
        ),
        pytest.param(b"entity: [1, 2\n", "not valid YAML", id="no YAML"),
        pytest.param(b"x: " + b"y" * 3_000_000, "a config file has at most", id="huge"),
        pytest.param(b"- a\n- b\n", "found", id="a list"),
    ],
)
def test_a_file_that_is_no_config_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    conf = tmp_path / "conf"
    config_with(conf)
    (conf / "entities" / "case.yml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(conf)
    (problem,) = caught.value.problems
    assert problem.file == str(conf / "entities" / "case.yml")
    assert says in problem.message
    assert "\n" not in problem.message


def test_a_directory_where_a_file_should_be(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    config_with(conf)
    (conf / "matching" / "case.yml").mkdir()
    with pytest.raises(ConfigError, match="case.yml: a directory where a YAML file should be"):
        load_config(conf)


def test_loading_reports_all_files_at_once(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    config_with(
        conf,
        Mistake("tieout.yml", "time_zone: UTC", "timezone: UTC", "", ""),
        Mistake("quality/account.yml", "on_fail: stop", "on_fail: halt", "", ""),
        Mistake("matching/account.yml", "  - duns\n", "  - dunns\n", "", ""),
        Mistake("survivorship/account.yml", "wins: last", "wins: first", "", ""),
    )
    with pytest.raises(ConfigError) as caught:
        load_config(conf)
    assert [Path(one.file).relative_to(conf).as_posix() for one in caught.value.problems] == [
        "matching/account.yml",
        "quality/account.yml",
        "survivorship/account.yml",
        "tieout.yml",
    ]
    assert all(one.line is not None for one in caught.value.problems)


def test_warnings_are_no_problems(spark: SparkSession, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    config_with(
        conf,
        Mistake("lookups/account_types.csv", "customer,customer\n", "customer,customer\nCustomer,customer\n", "", ""),
    )
    (conf / "sources" / "old.yaml").write_text("system: old\n")
    (conf / "matchings").mkdir()

    found = check_config(conf, lambda: spark)

    assert found.problems == []
    assert [f"{Path(one.file).relative_to(conf)}: {one.message}" for one in found.warnings] == [
        "lookups/account_types.csv: 'Customer' is never found: line 2 has it already",
        "matchings: nobody reads this folder. Did you mean 'matching'?",
        "sources/old.yaml: nobody reads this file; sources/ holds .yml files",
    ]


def test_the_command_ends_with_2_and_lists_problems(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = tmp_path / "conf"
    mistake = TEN["a currency that is none"]
    lines = config_with(conf, mistake)

    code = cli.main(["config", "check", "--config", str(conf), "--json"])

    (problem,) = json.loads(capsys.readouterr().out.splitlines()[-1])["problems"]
    assert code == 2
    assert problem["file"] == str(conf / "tieout.yml")
    assert (problem["line"], problem["key"]) == (lines[mistake], "reporting_currency")
    assert mistake.says in problem["message"]

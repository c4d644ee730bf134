"""A report as a section of a card: what is in it, and that nothing around it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import NothingToPublish
from augury.publishing.card import card_section, put_into_card, write_card
from tests.augury.reporting import samples

CARD = "---\nlicense: mit\ntags:\n- digits\n---\n\n# Digits\n\nSome prose.\n"
BEGIN, END = "<!-- augury evidence begin -->", "<!-- augury evidence end -->"
SURROUNDINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80).filter(
    lambda text: "<!-- augury" not in text
)


def test_a_section_says_what_was_compared_how_and_how_far_it_holds() -> None:
    """The verdicts as a table, the recommendation as JSON, the method, the dataset's digest, the limits."""
    section = card_section(samples.full())
    for said in (
        "| targeted | ▲ helps | +2.2 ",
        '"rotation_range": 10.0',
        "Confidence 95%",
        "ab" * 32,
        "### Limits",
        "An inconclusive candidate is not one without an effect",
    ):
        assert said in section


def test_what_is_missing_from_a_report_is_among_the_limits() -> None:
    """A card that is read years later says that the job was stopped."""
    assert "stopped early" in card_section(samples.troubled()).partition("### Limits")[2]


def test_a_training_has_a_section_without_verdicts() -> None:
    """How accurate its models are."""
    section = card_section(samples.training())
    assert "| model | candidate | 93.0% |" in section
    assert "helps" not in section


def test_names_from_outside_cannot_end_the_section() -> None:
    """Nor begin another, nor be markup."""
    section = card_section(samples.hostile())
    assert (section.count("<!--"), section.count("-->")) == (2, 2)
    assert "<script" not in section


@given(before=SURROUNDINGS, after=SURROUNDINGS)
def test_only_what_is_between_the_comments_is_replaced(before: str, after: str) -> None:
    """Whatever people wrote before and after it, and a second time changes nothing."""
    report = samples.minimal()
    card = f"{before}{BEGIN}\nof last year\n{END}{after}"
    changed = put_into_card(card, report)
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert "of last year" not in changed
    assert put_into_card(changed, report) == changed


@given(SURROUNDINGS)
def test_a_card_without_the_section_gets_it_at_its_end(card: str) -> None:
    """Once: the next report comes in its place."""
    first = put_into_card(card, samples.minimal())
    assert first.startswith(card.rstrip("\r\n"))
    second = put_into_card(first, samples.training())
    assert (second.count(BEGIN), second.count(END)) == (1, 1)


def test_sections_of_two_names_stand_side_by_side() -> None:
    """A card may have the evidence of two networks."""
    both = put_into_card(put_into_card(CARD, samples.full(), "small-cnn"), samples.minimal(), "resnet8")
    assert put_into_card(both, samples.full(), "small-cnn") == both


def test_line_ends_stay_as_they_are() -> None:
    """A card from Windows has one kind of line end afterwards, too."""
    changed = put_into_card(CARD.replace("\n", "\r\n"), samples.full())
    assert changed.count("\n") == changed.count("\r\n")


@pytest.mark.parametrize("damaged", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_a_card_whose_comments_do_not_fit_is_left_alone(damaged: str, tmp_path: Path) -> None:
    """Nobody can say what lies between them."""
    (tmp_path / "README.md").write_text(damaged)
    with pytest.raises(NothingToPublish, match="leave one of each"):
        write_card(tmp_path / "README.md", samples.full())
    assert (tmp_path / "README.md").read_text() == damaged


@pytest.mark.parametrize("name", ["", "A b", "-->", "x" * 41])
def test_a_section_has_a_name_that_a_comment_can_have(name: str) -> None:
    """Lower-case letters, digits and dashes."""
    with pytest.raises(NothingToPublish, match="1 to 40 lower-case letters"):
        card_section(samples.full(), name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A picture was named by mistake."""
    (tmp_path / "card.png").write_bytes(samples.png())
    with pytest.raises(NothingToPublish, match="is not a card"):
        write_card(tmp_path / "card.png", samples.full())


def test_a_new_card_is_made_and_a_link_stays_one(tmp_path: Path) -> None:
    """And it is said whether anything changed."""
    link = tmp_path / "README.md"
    link.symlink_to(tmp_path / "card.md")
    assert write_card(link, samples.full())
    assert not write_card(link, samples.full())
    assert link.is_symlink()
    assert (tmp_path / "card.md").read_text().startswith(BEGIN)

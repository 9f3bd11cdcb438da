"""What each card's token brings about, and that no key moves money twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.gateway.book import Answer, Book, CannotError
from protocols.gateway.operations import Ask, Kind, Outcome


def take(book: Book, key: str, kind: Kind, amount_minor: int, *, token: str = "", of: str = "") -> Answer:
    return book.take(Ask(key=key, kind=kind, amount_minor=amount_minor, currency="EUR", token=token, of=of), 1)


def code_of(answer: Answer) -> str:
    assert answer.operation.outcome is Outcome.DECLINED
    return answer.operation.code


@pytest.fixture
def book() -> Book:
    return Book()


def test_a_good_card_holds_captures_and_gives_back(book: Book) -> None:
    take(book, "hold", Kind.AUTHORIZE, 1000, token="card_ok")
    take(book, "more", Kind.INCREMENT, 500, of="hold")
    took = take(book, "take", Kind.CAPTURE, 1400, of="hold").operation
    assert (took.outcome, took.fee_minor) == (Outcome.SUCCEEDED, 25 + 19)
    assert take(book, "back", Kind.REFUND, 1400, of="hold").operation.outcome is Outcome.SUCCEEDED
    assert [one.key for one in book.report(0, 2)] == ["take", "back"]


@pytest.mark.parametrize("kind", [Kind.AUTHORIZE, Kind.CHARGE])
def test_a_declined_card_is_declined_and_holds_nothing(book: Book, kind: Kind) -> None:
    assert code_of(take(book, "a", kind, 1, token="card_declined")) == "card_declined"
    with pytest.raises(CannotError, match="unknown_operation"):
        take(book, "b", Kind.CAPTURE, 1, of="a")


def test_a_card_with_a_limit_is_declined_above_it_also_step_by_step(book: Book) -> None:
    assert code_of(take(book, "a", Kind.CHARGE, 1501, token="card_limit_1500")) == "insufficient_funds"
    take(book, "b", Kind.AUTHORIZE, 1500, token="card_limit_1500")
    assert code_of(take(book, "c", Kind.INCREMENT, 1, of="b")) == "insufficient_funds"


def test_a_silent_card_has_acted_and_the_same_question_gets_the_answer(book: Book) -> None:
    first = take(book, "a", Kind.CHARGE, 100, token="card_silent")
    again = take(book, "a", Kind.CHARGE, 100, token="card_silent")
    assert (first.silent, again.silent) == (True, False)
    assert again.operation == first.operation == book.find("a")
    assert len(book.report(0, 2)) == 1


def test_a_busy_card_has_not_acted_the_first_time(book: Book) -> None:
    with pytest.raises(CannotError, match="busy") as error:
        take(book, "a", Kind.CHARGE, 100, token="card_busy")
    assert error.value.status == 503
    assert book.report(0, 2) == []
    assert take(book, "a", Kind.CHARGE, 100, token="card_busy").operation.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("token", "outcome", "code"),
    [("card_pending", Outcome.SUCCEEDED, ""), ("card_late_no", Outcome.DECLINED, "do_not_honor")],
)
def test_a_pending_card_ends_later_and_once(book: Book, token: str, outcome: Outcome, code: str) -> None:
    assert take(book, "a", Kind.CHARGE, 100, token=token).operation.outcome is Outcome.PENDING
    assert book.report(0, 2) == []
    for _ in range(2):
        settled = book.settle("a")
        assert (settled.outcome, settled.code) == (outcome, code)
    assert len(book.report(0, 2)) == (1 if outcome is Outcome.SUCCEEDED else 0)


def test_more_than_is_held_or_was_taken_is_declined(book: Book) -> None:
    take(book, "a", Kind.AUTHORIZE, 100, token="card_ok")
    assert code_of(take(book, "b", Kind.CAPTURE, 101, of="a")) == "more_than_held"
    take(book, "c", Kind.CAPTURE, 60, of="a")
    assert code_of(take(book, "d", Kind.CAPTURE, 1, of="a")) == "more_than_held"
    assert code_of(take(book, "e", Kind.REFUND, 61, of="a")) == "more_than_taken"


def test_what_is_let_go_cannot_be_taken(book: Book) -> None:
    take(book, "a", Kind.AUTHORIZE, 100, token="card_ok")
    take(book, "b", Kind.VOID, 0, of="a")
    assert code_of(take(book, "c", Kind.CAPTURE, 1, of="a")) == "more_than_held"


def test_a_key_that_asks_something_else_is_refused(book: Book) -> None:
    take(book, "a", Kind.CHARGE, 100, token="card_ok")
    with pytest.raises(CannotError, match="key_reused"):
        take(book, "a", Kind.CHARGE, 101, token="card_ok")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (Ask(key="", kind=Kind.CHARGE, amount_minor=1, currency="EUR", token="card_ok"), "bad_question"),
        (Ask(key="k", kind=Kind.CHARGE, amount_minor=1, currency="euro", token="card_ok"), "bad_question"),
        (Ask(key="k", kind=Kind.CHARGE, amount_minor=0, currency="EUR", token="card_ok"), "bad_amount"),
        (Ask(key="k", kind=Kind.CHARGE, amount_minor=-1, currency="EUR", token="card_ok"), "bad_amount"),
        (Ask(key="k", kind=Kind.CHARGE, amount_minor=1, currency="EUR", token="4242"), "unknown_card"),
        (Ask(key="k", kind=Kind.REFUND, amount_minor=1, currency="EUR", of="nothing"), "unknown_operation"),
    ],
)
def test_a_question_that_makes_no_sense_says_why(book: Book, ask: Ask, code: str) -> None:
    with pytest.raises(CannotError) as error:
        book.take(ask, 1)
    assert error.value.code == code


steps = st.tuples(
    st.integers(0, 9), st.sampled_from([*Kind]), st.integers(0, 500), st.integers(0, 9),
    st.sampled_from(["card_ok", "card_limit_300", "card_declined"]),
)  # fmt: skip


@given(st.lists(steps, max_size=40))
def test_whatever_is_asked_nobody_gets_back_more_than_was_taken_nor_pays_more_than_was_held(
    asked: list[tuple[int, Kind, int, int, str]],
) -> None:
    book = Book()
    for key, kind, amount_minor, of, token in asked:
        begins = kind in {Kind.AUTHORIZE, Kind.CHARGE}
        try:
            take(book, str(key), kind, amount_minor, token=token if begins else "", of="" if begins else str(of))
        except CannotError:
            continue
    for held in book._held.values():
        assert 0 <= held.refunded_minor <= held.taken_minor
        assert held.held_minor >= 0

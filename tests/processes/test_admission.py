"""Who gets a place and when: order, fairness, and that places come back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.processes.admission import SLOTS, Admission, JobTicket
from engine.processes.job import Job
from tests.processes.sample_jobs import Echo, Interactive, Single


def served(door: Admission, waiting: dict[str, JobTicket], first: JobTicket) -> list[str]:
    """The names in the order in which they get a place, when one leaves after the other."""
    found: list[str] = []
    working = first
    while waiting:
        working.leave()
        name, working = next((name, ticket) for name, ticket in waiting.items() if ticket.admitted)
        del waiting[name]
        found.append(name)
    working.leave()
    return found


def test_first_come_first_served_within_a_visitor_and_round_robin_between_them() -> None:
    door = Admission(1)
    first = door.enter("greedy", Echo)
    names = ["a1", "a2", "a3", "b1", "b2", "c1"]
    waiting = {name: door.enter(name[0], Echo) for name in names}
    told = {name: ticket.position for name, ticket in waiting.items()}
    order = served(door, waiting, first)
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert told == {name: order.index(name) + 1 for name in names}, "each was told its place in the line"


def test_a_greedy_visitor_leaves_a_place_for_another_and_the_third_comes_before_its_next() -> None:
    door = Admission(4)
    greedy = [door.enter("greedy", Interactive) for _ in range(10)]
    assert [ticket.admitted for ticket in greedy] == [True] * 3 + [False] * 7
    second = door.enter("second", Interactive)
    assert second.admitted, "at once, whatever the greedy one asked for"
    third = door.enter("third", Interactive)
    assert not third.admitted
    assert third.position == 2
    greedy[0].leave()
    assert (greedy[3].admitted, third.admitted) == (True, False)
    greedy[1].leave()
    assert (greedy[4].admitted, third.admitted) == (False, True)


def test_one_place_is_kept_for_those_for_whom_a_page_stands_still() -> None:
    door = Admission()
    long = [door.enter(f"visitor {n}", Echo) for n in range(SLOTS)]
    assert [ticket.admitted for ticket in long] == [True] * (SLOTS - 1) + [False]
    assert door.enter("another", Interactive).admitted
    door = Admission()
    alone = [door.enter("alone", Echo) for _ in range(SLOTS)]
    assert sum(ticket.admitted for ticket in alone) == SLOTS - 2
    assert door.enter("another", Echo).admitted


def test_a_job_that_works_one_at_a_time_holds_up_no_others() -> None:
    door = Admission()
    first, second = door.enter("a", Single), door.enter("b", Single)
    other = door.enter("c", Echo)
    assert (first.admitted, second.admitted, other.admitted) == (True, False, True)
    first.leave()
    assert second.admitted


def test_whoever_leaves_the_line_is_not_waited_for() -> None:
    door = Admission(1)
    first = door.enter("a", Echo)
    second, third = door.enter("b", Echo), door.enter("c", Echo)
    second.leave()
    assert not second.wait(), "it is woken, without a place"
    assert (second.position, third.position) == (0, 1)
    first.leave()
    assert third.wait()
    second.leave()
    first.leave()
    assert not door.enter("d", Echo).admitted, "who leaves twice gives back one place"


MOVES = st.tuples(st.sampled_from("abc"), st.sampled_from([Echo, Interactive, Single]), st.integers(0, 30))


@given(st.lists(MOVES, max_size=60), st.integers(2, 5))
def test_whatever_comes_and_goes(moves: list[tuple[str, type[Job], int]], places: int) -> None:
    door, tickets = Admission(places), list[JobTicket]()
    for visitor, job, leaving in moves:
        tickets.append(door.enter(visitor, job))
        if leaving < len(tickets):
            tickets.pop(leaving).leave()
        working = [ticket for ticket in tickets if ticket.admitted]
        waiting = [ticket for ticket in tickets if not ticket.admitted]
        assert len(working) <= places
        assert sum(ticket.job is Single for ticket in working) <= 1
        assert all(sum(one.visitor == name for one in working) < places for name in "abc")
        assert all(ticket.position >= 1 for ticket in waiting)
        assert sorted({ticket.position for ticket in waiting}) == list(range(1, len(waiting) + 1))
        if waiting and not any(one.job is Single for one in waiting):
            others = {one.visitor for one in waiting}
            held = max(sum(one.visitor == name for one in working) for name in others)
            assert len(working) >= places - 1 or held >= max(1, places - 2), "no place stays empty without a reason"
    for ticket in tickets:
        ticket.leave()
    assert door.enter("d", Single).admitted

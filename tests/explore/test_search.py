"""The search itself, calibrated on a system whose states others have counted."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from ksmlib.explore.executors import InProcess, local
from ksmlib.explore.search import Search
from tests.explore.two_phase import TwoPhase


def searched(model=None, ops=99, executor=None, **how) -> Search:
    search = Search(model or TwoPhase(3), ops)
    assert search.run(executor or InProcess(), **how)
    return search


def states(search: Search) -> int:
    return sum(level.states for level in search.levels)


def result(search: Search):
    return search.levels, search.seen, search.never()


@pytest.mark.parametrize(("managers", "distinct"), [(3, 288), (5, 8832)])
def test_two_phase_commit_has_as_many_states_as_others_count(managers, distinct):
    assert states(searched(TwoPhase(managers))) == distinct


def test_generated_states_and_depth_are_what_others_count():
    search = searched()
    # TLC counts the initial state as generated, and as the first level
    assert 1 + sum(level.generated for level in search.levels) == 1146
    assert len(search.levels) == 11


def test_the_bound_ends_it():
    search = searched(ops=3)
    assert [level.states for level in search.levels] == [
        level.states for level in searched().levels[:4]
    ]
    assert search.levels[3].generated == 0


def test_always_and_sometimes():
    search = searched()
    assert "consistent" not in search.seen.properties
    broken = search.seen.properties["all working"]
    assert (broken.count, broken.first) == (288 - 2, (0, ("0 abort",)))
    committed = search.seen.properties["all commit"].first[1]
    assert len(committed) == 3 + 3 + 1 + 3
    assert search.never() == []


def test_what_never_occurs_is_told():
    assert searched(TwoPhase(3, vacuous=True)).never() == ["tm sleeps"]
    assert searched(ops=3).never() == ["all commit"]


def test_the_first_history_is_the_shortest_whose_text_comes_first():
    """Against every history there is, without telling states apart."""
    model = TwoPhase(2)
    for name, tally in searched(model, ops=5).seen.properties.items():
        [prop] = [p for p in model.properties() if p.name == name]
        wanted = prop.kind == "sometimes"
        hits = (h for h, s in every_history(model, 5) if prop.holds(s) == wanted)
        assert tally.first[1] == next(hits)


def every_history(model, ops) -> Iterator:
    level = [((), state) for state in model.initial()]
    for left in range(ops, -1, -1):
        yield from level
        level = [
            ((*history, action), after)
            for history, state in level
            for action in sorted(model.actions(state, left))
            if (after := model.next(state, action)) is not None
        ]


@pytest.mark.parametrize("piece", [1, 7, 1000])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_result_does_not_depend_on_workers_or_pieces(workers, piece):
    with local(workers) as executor:
        search = searched(executor=executor, workers=workers, piece=piece)
    assert result(search) == result(searched())


def test_threads_will_do():
    with ThreadPoolExecutor(2) as executor:
        assert result(searched(executor=executor)) == result(searched())


def test_it_goes_on_from_where_it_was_stopped():
    search = Search(TwoPhase(3), 99)
    stops = 0
    while not search.run(InProcess(), workers=2, piece=5, pause=lambda: True):
        stops += 1
        search = pickle.loads(pickle.dumps(search))
    assert stops > 50
    assert result(search) == result(searched())


def test_a_stop_may_come_at_any_time():
    for after in (1, 10, 40):
        search, asked = Search(TwoPhase(3), 99), count(1)
        assert not search.run(InProcess(), 3, 5, lambda a=after, n=asked: next(n) == a)
        assert search.run(InProcess())
        assert result(search) == result(searched())


class Failing(TwoPhase):
    def next(self, state, action):
        raise ZeroDivisionError


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_is_not_lost(workers):
    with local(workers) as executor, pytest.raises(ZeroDivisionError):
        Search(Failing(2), 3).run(executor, workers)

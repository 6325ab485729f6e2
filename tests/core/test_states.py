"""A quicker `_replace` that does the same."""

from __future__ import annotations

import copy
import pickle
from typing import NamedTuple

import pytest
from dialogym.core.states import replaceable
from hypothesis import given
from hypothesis import strategies as st


class Plain(NamedTuple):
    """As it comes."""

    turn: int
    said: tuple[str, ...] = ()
    over: bool = False


@replaceable
class Quick(NamedTuple):
    """The same fields."""

    turn: int
    said: tuple[str, ...] = ()
    over: bool = False


class Quicker(Quick):
    """A class of its own."""


values = {"turn": st.integers(), "said": st.tuples(st.text()), "over": st.booleans()}
some = st.fixed_dictionaries({}, optional=values)


@given(st.fixed_dictionaries(values), some)
def test_it_replaces_what_is_named_and_keeps_the_rest(first, then):
    one = Quick(**first)
    other = one._replace(**then)
    assert other == Quick(**{**first, **then}) and tuple(other) == tuple(Plain(**first)._replace(**then))
    assert type(other) is Quick and one == Quick(**first)
    assert pickle.loads(pickle.dumps(other)) == copy.deepcopy(other) == other


def test_none_is_a_value_and_a_class_derived_from_it_stays():
    assert Quick(1)._replace(said=None).said is None
    assert type(Quicker(1)._replace(over=True)) is Quicker


def test_a_name_that_it_has_not_is_refused():
    with pytest.raises(TypeError, match="moment"):
        Quick(1)._replace(moment=3)

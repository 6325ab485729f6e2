"""Tables of simulated users."""

from __future__ import annotations

import re

from dialogym.envs.negotiation.family import Negotiation
from dialogym.evaluation.scorecard import scorecard
from dialogym.simulated_users.user import ScriptedUser


def test_a_card_of_many_users_fits():
    """Two users stand beside each other, the third below; each row has a cell for each."""
    users = [Named(f"user-{place}") for place in range(3)]
    card = scorecard("Negotiation-v0", users, episodes=2, policies=["scripted"], repeats=0)
    lines = str(card).splitlines()
    assert max(map(len, lines)) <= 80
    heads = [line.split() for line in lines if "user-" in line]
    assert heads == [["user-0", "user-1"], ["user-2"]]
    assert [len(re.findall(r"\(\d", line)) for line in lines if line.startswith(" leaks ")] == [2, 1]


class Named(ScriptedUser):
    """The scripted user under another name."""

    def __init__(self, name):
        super().__init__(Negotiation.voice)
        self.name = name

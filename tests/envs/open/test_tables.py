"""Sessions, records, drafts, facts of two draws, goals: each in a small file whose value is known by hand or by force."""

from __future__ import annotations

import pytest
from dialogym.envs.make import make_engine
from dialogym.envs.open.game import State
from dialogym.evaluation.brute_force import brute_force

HEAD = """
format = 1
id = "my/one"
title = "One"
domain = "test"
turns = 4
opening = ["Hello, I am {name}.", "Hi, {name} here.", "Good day, {name} is my name.", "Ah, there you are. I am {name}."]

[random]
name = ["Ann", "Ben", "Cem"]

[learner]
role = "waiter"
brief = "You serve {name}."

[person]
role = "guest"
name = "{name}"
about = "You are {name}, a guest."
"""
SESSIONS = (
    HEAD
    + """
[hidden.drink]
tea = 0.5
coffee = 0.5
[state.mood]
start = 1
max = 2

[[fact]]
id = "drink"
of = "drink"
text = { tea = "You drink tea.", coffee = "You drink coffee." }
words = ["\\\\bcups? of\\\\b"]
say = { tea = ["A cup of tea."], coffee = ["A cup of coffee."] }

[[move]]
id = "ask"
cues = ["what would you like"]
examples = ["What would you like?"]
[[move]]
id = "tea"
cues = ["your tea"]
examples = ["Here is your tea."]
[[move]]
id = "coffee"
cues = ["your coffee"]
examples = ["Here is your coffee."]

[[rule]]
on = "ask"
tell = "drink"
set = { mood = "+1" }
[[rule]]
on = ["tea", "coffee"]
end = "served"
say = ["Thanks."]

[[session]]
brief = "A week later {name} is back. Serve without asking."
opening = ["Me again.", "Back again."]
turns = 2
set = { mood = "0" }
[[session.check]]
id = "right"
weight = 0.6
when = { any = [{ hidden = { drink = "tea" }, moved = "tea" }, { hidden = { drink = "coffee" }, moved = "coffee" }] }
[[session.check]]
id = "not_asked"
weight = 0.3
when = { outcome = "served", not = { moved = "ask" } }
[score]
cost = 0.05
[[score.check]]
id = "once"
weight = 0.1
when = { session = 1, told = "drink", all = [{ state = { mood = 0 } }] }
"""
)
RECORDS = (
    HEAD
    + """
[hidden.status]
open = 0.6
sent = 0.4
[hidden.wish]
cancel = 0.5
keep = 0.5

[db.orders.A-1]
status = { hidden = "status" }
paid = true
[db.orders.A-2]
status = "open"

[[fact]]
id = "status"
of = ["status", "wish"]
text = { "open/cancel" = "a", "open/keep" = "b", "sent/cancel" = "c", "sent/keep" = "d" }
say = { "open/cancel" = ["Stop it, if it is still here."], "open/keep" = ["I want it."], "sent/cancel" = ["Stop it, it must be on its way."], "sent/keep" = ["I wait for it."] }
words = ["\\\\bStop it\\\\b", "\\\\bI wa"]

[[move]]
id = "ask"
cues = ["what is it"]
examples = ["What is it?"]

[[tool]]
name = "look"
args = { order = ["A-1", "A-2"] }
returns = [
    { when = { db = { "orders.{order}.status" = "gone" } }, text = "Order {order} is gone." },
    { text = "Order {order} of {name} is {orders.{order}.status}." },
]
[[tool]]
name = "cancel"
args = { order = ["A-1", "A-2"] }
requires = { db = { "orders.{order}.status" = "open" }, called = "look" }
refused = "Refused: {orders.{order}.status}."
set = { "orders.{order}.status" = "gone" }

[[rule]]
on = "ask"
chance = 0.5
tell = "status"
[[rule]]
on = "cancel"
when = { db = { "orders.A-1.status" = "gone" } }
end = "gone"
say = ["Thanks."]

[score]
cost = 0.04
[[score.check]]
id = "right"
weight = 1.0
when = { any = [
    { hidden = { status = "open", wish = "cancel" }, db = { "orders.A-1.status" = "gone", "orders.A-2.status" = "open" } },
    { not = { hidden = { status = "open", wish = "cancel" } }, called = "look", args = { order = "A-1" }, db = { "orders.A-1.status" = ["open", "sent"] } },
] }
"""
)
DRAFTS = (
    HEAD
    + """
[hidden.day]
monday = 0.5
friday = 0.5

[[goal]]
id = "understood"
text = "You want to feel understood."
kind = "preference"
soft = true
[[goal]]
id = "right_day"
text = "You want the right day."
check = "day"

[[fact]]
id = "day"
of = "day"
text = { monday = "a", friday = "b" }
say = { monday = ["The first of the week."], friday = ["The last of the week."] }
words = ["\\\\bof the week\\\\b"]
[[move]]
id = "ask"
cues = ["which day"]
examples = ["Which day?"]

[draft]
doc = "an invitation of at most 12 words."
[draft.part.day]
text = { monday = ["\\\\bmonday\\\\b"], friday = ["\\\\bfriday\\\\b"] }
write = { monday = "Come on Monday.", friday = "Come on Friday." }
[draft.part.guests]
number = ["6", "8"]
[draft.part.length]
words = { short = { max = 12 } }

[[rule]]
on = "ask"
tell = "day"
[[rule]]
on = "draft"
when = { text = { length = "short", guests = "8" } }
end = "done"
say = ["Good."]

[score]
cost = 0.05
[[score.check]]
id = "day"
weight = 1.0
when = { outcome = "done", any = [{ hidden = { day = "monday" }, text = { day = "monday" } }, { hidden = { day = "friday" }, text = { day = "friday" } }] }
"""
)


def family_of(text, tmp_path, name="one"):
    (tmp_path / f"{name}.toml").write_text(text)
    return make_engine("Open-v0", scenario=str(tmp_path / f"{name}.toml")).family


def setting_of(text, tmp_path):
    family = family_of(text, tmp_path)
    return family.setting(family.scenarios()[0])


@pytest.mark.parametrize(
    ("text", "turn"),
    [(SESSIONS, 0), (RECORDS, 1), (DRAFTS, 2)],
)
def test_the_solver_agrees_with_a_tree_that_prunes_nothing(text, turn, tmp_path):
    one = setting_of(text, tmp_path)
    state = State(turn=turn, mover="waiter") if turn else one.game.start()
    tree = brute_force(one.game, one.mind, one.seat, state, one.prior, 1_000_000)
    assert one.solution.value(state, one.prior) == pytest.approx(tree, abs=1e-12)


def test_optima_by_hand(tmp_path):
    assert setting_of(SESSIONS, tmp_path).solution.start_value() == pytest.approx(0.9)  # ask now, serve next time
    assert setting_of(DRAFTS, tmp_path).solution.start_value() == pytest.approx(0.9)  # ask, and write it

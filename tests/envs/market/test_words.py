"""Words of the market: what a shopper is understood to say without tags, and what sellers say."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.content import content
from dialogym.envs.market.game import SELLERS, Ask, Bazaar, Leave
from dialogym.envs.market.needs import NEEDS
from dialogym.envs.market.policies import PHRASES
from dialogym.envs.market.voice import GRAMMAR, VOICE, understand
from dialogym.policies.collect import play

from ..bank import well_formed

SAID = content(__file__, "utterances.toml")
CONTEXT = ("ben", ("anna", "ben"))
ROWS = [(text, kind) for kind in ("talk", "ambiguous") for text in SAID[kind]["said"]]
ROWS += [
    (text, f"{kind} {who}")
    for kind in ("ask", "check", "haggle", "buy")
    for who, some in SAID[kind].items()
    for text in some
]
ROWS += [(text, "leave") for text in SAID["leave"]["all"]]


@pytest.mark.parametrize(("text", "means"), ROWS)
def test_what_people_say_is_read_as_they_mean_it(text, means):
    heard = understand(text, CONTEXT)
    assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == means


def test_where_nobody_was_spoken_to_somebody_has_to_be_named():
    heard = understand("How much is it?", ("", ()))
    assert heard.problem == "ambiguous" and "Anna, Ben or Cleo" in heard.reason
    assert understand("Anna, how much is it?", ("", ())).act == Ask("anna")
    assert understand("Hello Anna!", ("", ())).act == Say() and understand("Goodbye!", ("", ())).act == Leave()


@pytest.mark.parametrize("kind", PHRASES)
def test_demonstrations_read_as_they_bind(kind):
    for phrase in PHRASES[kind]:
        text = phrase.replace("{tag}", "").format(name="Cleo").strip()
        if text:
            act = understand(text, ("cleo", ()) if kind == "ask" else ("cleo", ("cleo",))).act
            assert GRAMMAR.print(act).strip("[]").split()[0] == kind, text


def test_sellers_do_not_repeat_each_other():
    replies = [step.reply for dialogue in play("Market-v0", "scripted", range(200)) for step in dialogue.steps]
    said = {text.partition(": ")[2] for text in replies} - {""}
    assert len(said) >= 250
    for text in said:
        well_formed(text)


def test_nobody_says_what_tells_the_need_apart_but_as_a_claim():
    assert len(NEEDS) >= 20
    for need in NEEDS.values():
        assert need.does not in need.lacks and need.lacks not in need.does
        assert not any(character.isdigit() for text in (need.called, need.does, need.lacks) for character in text)


def test_a_seller_is_heard_alone():
    """What is said of one offer does not depend on what others quoted."""
    [dialogue] = play("Market-v0", "compare", [3])
    for step in dialogue.steps:
        for before, seat, _ in step.exchange.replies:
            seen = dialogue.setting.game.view(before, seat)
            assert isinstance(seen, Bazaar) and sum(stall.price > 0 for stall in seen.stalls) <= 1
            assert SELLERS[seen.at] == seat
    assert set(VOICE.personas) == {"terse", "friendly", "formal", "chatty", "shy"}

"""Words of service: what an agent is understood to say without tags, what a customer says and a language model may say for it, and its cast."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.make import make_engine
from dialogym.envs.service.cast import CAST
from dialogym.envs.service.family import Known
from dialogym.envs.service.game import Ask, Call, Confirm, HangUp, Lookup, Record, Tell, Write
from dialogym.envs.service.guide import GUIDE
from dialogym.envs.service.mind import Customer
from dialogym.envs.service.voice import GRAMMAR, VOICE, WORDS, printed, understand
from dialogym.simulated_users.cast import FAILED, MET, Moment
from dialogym.simulated_users.user import Cue

SAID = content(__file__, "utterances.toml")["said"]
LATER = content(__file__, "utterances.toml")["later"]
SHOP = Known("shop", "Hearth and Cup", "Ada Brown", ("kettle", "teapot"), (4417, 4502))
AIRLINE = Known("airline", "Heron Air", "Ada Brown", ("flight to Lisbon", "flight to Oslo"), (1204, 1277))
ANNE = Customer(("pending", "delivered"), 1, "cancel", False, True, False)


def cue(act, pending=None, public=SHOP, opening=False, persona="formal"):
    return Cue(act, "customer", public, persona, "Well?", opening, "", "", Call(3, "customer", pending))


@pytest.mark.parametrize("said", SAID, ids=lambda said: said[0])
def test_plain_words(said):
    text, means, *domain = said
    public = AIRLINE if domain else SHOP
    heard = understand(text, (public.domain, public.items, public.numbers, 0, None))
    assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == means


@pytest.mark.parametrize("said", LATER, ids=lambda said: said[0])
def test_plain_words_about_what_was_spoken_of(said):
    text, means, *agreed = said
    heard = understand(text, (SHOP.domain, SHOP.items, SHOP.numbers, 1, ("cancel", 1) if agreed else None))
    assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == means


@pytest.mark.parametrize("public", [SHOP, AIRLINE])
def test_each_question_of_the_demonstrator_binds_without_its_tag(public):
    from dialogym.envs.service.policies import _WORDS

    for topic, question in _WORDS["questions"].items():
        assert understand(question, (public.domain, public.items, public.numbers, 0, None)).act == Ask(topic)


def talked(heard, persona="formal", seed=0, done=None):
    state = Call(3, "customer", done=done)
    here = Cue(Say(), "customer", SHOP, persona, heard, False, "", "", state)
    return VOICE.say([here], [Stream(np.random.default_rng(seed))])[0]


@pytest.mark.parametrize("persona", VOICE.personas)
@pytest.mark.parametrize(
    ("heard", "slot"),
    [
        ("Done, I have cancelled it.", "claimed"),
        ("I've just returned your kettle.", "claimed"),
        ("Your order has been cancelled.", "claimed"),
        ("All done!", "claimed"),
        ("I have returned it for you. Anything else?", "claimed"),
        ("I'll quickly check that.", "announced"),
        ("Let me see what I can do.", "announced"),
        ("I am looking into this.", "announced"),
    ],
)
def test_what_is_only_said_has_not_happened(heard, slot, persona):
    assert understand(heard, (SHOP.domain, SHOP.items, SHOP.numbers, 1, ("cancel", 1))).act == Say()
    for seed in range(8):
        assert talked(heard, persona, seed) in WORDS["bank"][persona][slot]


@pytest.mark.parametrize(
    "heard", ["I see.", "Well, well.", "Nobody has done anything.", "Have you done that?", "I have not cancelled it."]
)
def test_other_talk_claims_and_announces_nothing(heard):
    said = {sentence for slot in ("claimed", "announced") for sentence in WORDS["bank"]["formal"][slot]}
    assert not any(talked(heard, seed=seed) in said for seed in range(8))


def test_what_was_done_may_be_told():
    said = WORDS["bank"]["formal"]["claimed"]
    assert not any(talked("Done, I have cancelled it.", seed=seed, done=("cancel", 1)) in said for seed in range(8))


def test_what_the_desk_prints():
    def shown(call, value):
        return printed(Cue(Record(value), "desk", SHOP, "", "", False, "", "", Call(3, "desk", call)))

    assert shown(Lookup(1), "pending") == "order 1 (number 4417, kettle): pending"
    assert shown(Write("cancel", 2), "done") == "cancel order 2 (number 4502, teapot): done"
    assert shown(Write("cancel", 2), "delivered") == "cancel order 2 (number 4502, teapot): refused, it is delivered"


def test_nobody_names_an_order_but_who_says_which():
    for persona in VOICE.personas:
        for act, pending in (
            (Tell("unsure"), Ask("which")), (Tell("cancel"), Ask("wish")), (Tell("yes"), Confirm("cancel", 1)),
            (Tell("no"), Confirm("cancel", 1)), (HangUp(), None), (Say(), None), (Tell("nothing"), Ask("alternative")),
        ):  # fmt: skip
            _, sentences = VOICE.possible(cue(act, pending, persona=persona))
            assert not any(word in text for text in sentences for word in ("kettle", "teapot", "4417", "4502"))


@pytest.mark.parametrize(
    ("act", "pending", "words", "passes"),
    [
        (Tell("cancel"), Ask("wish"), "I want to cancel an order, please.", True),
        (Tell("cancel"), Ask("wish"), "I want to cancel the kettle, please.", False),
        (Tell("cancel"), Ask("wish"), "I want to return an order.", False),
        (Tell("cancel"), Ask("wish"), "I want to cancel or return an order.", False),
        (Tell("return"), Ask("wish"), "I would like to send something back.", True),
        (Tell("1"), Ask("which"), "It is about the kettle.", True),
        (Tell("1"), Ask("which"), "It is the teapot, I think.", False),
        (Tell("1"), Ask("which"), "The kettle, not the teapot.", False),
        (Tell("unsure"), Ask("which"), "I do not remember which one, sorry.", True),
        (Tell("unsure"), Ask("which"), "I am not sure, but perhaps the kettle.", False),
        (Tell("email"), Ask("identity"), "Sure, it is ada.brown at mail.example.", True),
        (Tell("email"), Ask("identity"), "It is ada.brown at mail.example, but hurry up.", False),
        (Tell("email", "curt"), Ask("identity"), "ada.brown at mail.example, and please be quick.", True),
        (Tell("email", "curt"), Ask("identity"), "It is ada.brown at mail.example.", False),
        (Tell("email"), Ask("identity"), "I would rather not say.", False),
        (Tell("yes"), Confirm("cancel", 1), "Yes, go ahead.", True),
        (Tell("yes"), Confirm("cancel", 1), "Yes, but not that one.", False),
        (Tell("no"), Confirm("cancel", 1), "No, please do not do that.", True),
        (Tell("no"), Confirm("cancel", 1), "Sure, go ahead.", False),
        (Tell("nothing"), Ask("alternative"), "No, then leave it as it is.", True),
        (Say(), None, "What do you need to know?", True),
        (Say(), None, "I want to cancel it.", False),
        (Say(), None, "Goodbye.", False),
        (HangUp(), None, "This takes too long. Goodbye.", True),
        (HangUp(), None, "What happens now?", False),
        (Say(), None, "Desk: order 1 is pending.", False),
    ],
)
def test_what_a_language_model_may_say(act, pending, words, passes):
    asked = cue(act, pending)
    line = GUIDE.line(asked, Stream(np.random.default_rng(0)))
    assert (GUIDE.check(asked, line, words) == "") == passes


def moment(hidden, pending, turn=3, past=()):
    family = make_engine("Service-v0").family
    setting = family.setting(family.scenarios()[0])
    return Moment(setting, SHOP, hidden, "customer", Call(turn, "customer", pending), past)


@pytest.mark.parametrize(
    ("hidden", "pending", "acts"),
    [
        (ANNE, Ask("wish"), [Tell("cancel")]),
        (ANNE, Ask("which"), [Tell("1")]),
        (ANNE, Ask("identity"), [Tell("email"), Tell("email", "curt")]),
        (ANNE, Confirm("cancel", 1), [Tell("yes")]),
        (ANNE, Confirm("return", 1), [Tell("yes"), Tell("no")]),
        (ANNE._replace(hurried=True), Ask("wish"), [Tell("cancel"), HangUp()]),
        (ANNE, None, [Say()]),
    ],
)
def test_a_cast_customer_keeps_to_what_is_so(hidden, pending, acts):
    here = moment(hidden, pending)
    assert CAST.acts(here) == acts and not any(CAST.admissible(here, act) for act in acts)
    assert "All that you can do" in CAST.admissible(here, Tell("exchange"))
    assert CAST.facts(here).startswith("You are Ada Brown") and "pending" not in CAST.facts(here)


def test_goals_and_bounds_of_the_cast():
    here = moment(ANNE, None, past=(("agent", Ask("which")), ("customer", Tell("unsure"))))
    assert [goal.status for goal in CAST.goals(here)][1:] == [FAILED, MET]
    low, high = CAST.bounds(here.setting, ANNE)
    assert low == pytest.approx(0.08) and high == pytest.approx(0.08 + 0.92 * 0.92)
    assert low < here.setting.solution.start_value() < high


def test_a_cast_stranger_knows_no_order():
    other = ANNE._replace(remembers=False, impostor=True)
    assert CAST.acts(moment(other, Ask("identity"))) == [Tell("email"), Tell("email", "curt"), Tell("unsure")]
    assert "You are not Ada Brown" in CAST.facts(moment(other, Ask("identity")))


def test_who_has_no_address_says_so():
    asked = cue(Tell("unsure"), Ask("identity"))
    line = GUIDE.line(asked, Stream(np.random.default_rng(0)))
    assert not GUIDE.check(asked, line, "I have forgotten the address.")
    assert GUIDE.check(asked, line, "Sure, it is ada.brown at mail.example.") and GUIDE.check(asked, line, "Yes.")

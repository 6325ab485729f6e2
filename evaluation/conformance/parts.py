"""The parts of a family: settings, scenarios, acts, states, mind, words."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, is_dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from ...core.acts import Act, IllegalAct, Say
from ...core.belief import Belief
from ...core.game import view_of
from ...core.stream import Stream
from ...envs.users import guide_of
from ...simulated_users.personas import people_of
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue, Voice
from .subject import Subject, Violation, spread, strange_strings

SOME = 30  # hidden states that are looked at in a place
LISTED = 2000  # those of a belief that is added up


def settings_make_the_same_family_again(subject: Subject) -> None:
    """Settings are plain values, which the records of episodes keep."""
    family = subject.family
    plain = _through_json(family.settings(), "settings()")
    again = type(family)(**plain)
    if again != family or again.settings() != family.settings():
        raise Violation(
            f"settings() gives {plain!r}, and a family that is made of it is another one: turn lists into tuples in "
            "__post_init__, and leave no setting out"
        )


def scenarios_survive_a_recording(subject: Subject) -> None:
    """A scenario is a dataclass of plain values, which can be written as JSON and read again."""
    scenarios = subject.family.scenarios()
    if not scenarios:
        raise Violation("scenarios() is empty: it must return at least one")
    for scenario in spread(scenarios, 300):
        if not is_dataclass(scenario) or not _hashable(scenario):
            raise Violation(f"a scenario must be a frozen dataclass of hashable values; {scenario!r} is not")
        if type(scenario) is not subject.family.scenario_type:
            raise Violation(f"all scenarios must be of one class; {scenario!r} is of another")
        if not hasattr(scenario, "public"):
            raise Violation(
                f"a scenario must have a property `public`, what both sides may know; {scenario!r} has none"
            )
        values: dict[str, Any] = asdict(scenario)  # type: ignore[arg-type]  # is_dataclass takes classes, too
        again = type(scenario)(**_through_json(values, f"a scenario ({scenario!r})"))
        for name, value in values.items():
            read = getattr(again, name)
            if read != getattr(scenario, name):
                raise Violation(
                    f"the scenario's field {name} holds {value!r}, which a recording gives back as {read!r}: make it "
                    f'what it was in __post_init__, as in object.__setattr__(self, "{name}", tuple(self.{name}))'
                )


def acts_can_be_said(subject: Subject) -> None:
    """Every act that the game offers is printed as a tag, and the tag is read as the act."""
    grammar = subject.engine.grammar
    for place in subject.places:
        offered = list(place.setting.game.choices(place.state, place.setting.seat))
        if not offered:
            raise Violation(f"choices() offers nothing in {place.state!r}: offer Say() at least")
        for act in offered:
            if not _hashable(act):
                raise Violation(f"the act {act!r} is not hashable: derive a frozen dataclass from Act")
            if type(act) is Say:
                continue
            if type(act) not in grammar.acts.values():
                raise Violation(f"choices() offers {act!r}, but {type(act).__name__} is not among the family's `acts`")
            tag = grammar.print(act)
            heard = grammar.parse_tag(tag)
            if heard is None or heard.act != act:
                raise Violation(
                    f"the act {act!r} is printed as {tag}, which is read as {heard and (heard.reason or heard.act)!r}: "
                    "fields must be whole numbers of at most 15 digits, single words without spaces and equals signs, "
                    "or Literal"
                )


def states_never_change(subject: Subject) -> None:
    """A state is hashable, and `apply` leaves it as it is and always does the same."""
    for place in subject.places:
        game, seat, state = place.setting.game, place.setting.seat, place.state
        if not _hashable(state):
            raise Violation(f"the state {state!r} is not hashable: let it be a NamedTuple of numbers, words and tuples")
        before = repr(state)
        for act in game.choices(state, seat):
            once, twice = game.apply(state, seat, act), game.apply(state, seat, act)
            if repr(state) != before:
                raise Violation(f"apply() has changed the state that it was given, {before}: return a new one")
            if once != twice:
                raise Violation(f"apply() gives two results for {act!r} in {before}: it may depend on nothing else")


def talk_is_always_possible(subject: Subject) -> None:
    """`Say` is legal wherever the learner speaks, and does not end the dialogue in the first turn."""
    for place in subject.places:
        try:
            place.setting.game.apply(place.state, place.setting.seat, Say())
        except IllegalAct as error:
            raise Violation(
                f"talk is refused in {place.state!r} ({error}): apply() must take Say() wherever the seat moves, since "
                "a turn that is lost counts as talk"
            ) from None
        for hidden in spread(place.belief.support, SOME) if place.first else ():
            if any(exchange.over for exchange in place.setting.exchange(place.state, hidden, Say()).support):
                raise Violation(
                    "an utterance that is mere talk can end the dialogue in its first turn: let nobody leave before "
                    "the second"
                )


def illegal_acts_are_refused_in_words(subject: Subject) -> None:
    """Whatever act the grammar can read, `apply` makes it or raises `IllegalAct` with a sentence."""
    grammar = subject.engine.grammar
    places = spread(subject.places, 50)
    read = dict.fromkeys(
        [heard.act for text in strange_strings(subject, 400) if (heard := grammar.parse_tag(text))]
        + [act for place in places for act in place.setting.game.choices(place.state, place.setting.seat)]
    )
    for place in places:
        for act in spread(list(read), 80):
            try:
                place.setting.game.apply(place.state, place.setting.seat, act)
            except IllegalAct as error:
                if not str(error).strip():
                    raise Violation(f"IllegalAct for {act!r} says nothing: tell the learner what is possible") from None
            except Exception as error:
                raise Violation(
                    f"apply() raises {type(error).__name__} ({error}) for {act!r} in {place.state!r}: raise IllegalAct "
                    "with a sentence that says what is possible"
                ) from None


def payoffs_are_finite(subject: Subject) -> None:
    """Every end pays a finite number, whatever is hidden."""
    for walk in subject.walks:
        end = walk[-1]
        for hidden in spread(end.belief.support, SOME):
            payoff = end.setting.game.payoff(end.state, end.setting.seat, hidden)
            if not isinstance(payoff, (int, float, np.number)) or not math.isfinite(payoff):
                raise Violation(
                    f"payoff() is {payoff!r} in {end.state!r} with {hidden!r} hidden: return a finite number"
                )


def the_mind_is_a_distribution(subject: Subject) -> None:
    """`prior` and `react` return a `Belief` that sums to 1, always the same, over acts that are legal."""
    for scenario in spread(subject.family.scenarios(), SOME):
        setting = subject.family.setting(scenario)
        mind, game, state = setting.mind, setting.game, setting.game.start()
        _look_at(mind.prior(), mind.prior(), "prior()")
        mover = game.mover(state)
        for hidden in spread(setting.prior.support, SOME) if mover not in (None, setting.seat) else ():
            _look_at(mind.react(hidden, state), mind.react(hidden, state), "react(hidden, state)")
    for reply in spread(subject.replies, 200):
        setting = subject.family.setting(reply.scenario)
        for hidden in spread(setting.prior.support, SOME):
            outcomes = setting.mind.react(hidden, reply.before)
            _look_at(outcomes, setting.mind.react(hidden, reply.before), "react(hidden, state)")
            if outcomes != setting.mind.react(hidden, view_of(setting.game, reply.before, reply.seat)):
                raise Violation(
                    f"the mind reacts in {reply.before!r} to what {reply.seat} cannot see there: let it look at the "
                    "view of its seat alone"
                )
            for _, act in outcomes.support:
                if not isinstance(act, Act):
                    raise Violation(
                        f"react(hidden, state) must return pairs of hidden state and act; {act!r} is no act"
                    )
                try:
                    setting.game.apply(reply.before, reply.seat, act)
                except IllegalAct as error:
                    raise Violation(
                        f"the mind does {act!r} in {reply.before!r}, which the game refuses ({error}): let apply() "
                        "take it"
                    ) from None
    for place in subject.places:
        belief: Belief = place.belief
        if len(belief) <= LISTED and abs(math.fsum(p for _, p in belief) - 1.0) > 1e-9:
            raise Violation(f"the belief in {place.state!r} does not sum to 1: build beliefs with Belief(...)")


def the_words_are_there(subject: Subject) -> None:
    """The voice has words for whatever the simulated person may do, in every style, also to turns that were lost.

    What a tool does is printed in a line.
    """
    voice = subject.family.voice
    for reply in subject.replies:
        if printed := subject.family.tools.get(reply.seat):
            public = reply.scenario.public
            seen = view_of(subject.family.setting(reply.scenario).game, reply.before, reply.seat)
            said = printed(Cue(reply.act, reply.seat, public, voice.personas[0], "", False, "", "", seen))
            if not isinstance(said, str) or not said.strip() or len(said.splitlines()) > 1:
                raise Violation(f"the tool {reply.seat} prints {said!r} for {reply.act!r}: it must print one line")
    people = people_of(subject.family)
    whole = {persona: people.sample(persona, _stream(0)) for persona in voice.personas}
    for cue in subject.cues():
        for persona in voice.personas:
            sayings = _sayings(voice, cue._replace(persona=persona))
            for said in (*sayings, *voice.say([cue._replace(persona=whole[persona])], [_stream(1)])):
                if not isinstance(said, str) or not said.strip():
                    raise Violation(f"the voice says {said!r} for {cue.act!r} as {persona!r}: it must say something")
                if cue.reason and cue.reason not in said:
                    raise Violation(
                        f"the voice says {said!r} to a turn that was lost, and not the reason: it must say cue.reason, "
                        f"here {cue.reason!r}"
                    )
    if isinstance(voice, PhraseVoice):
        for place in product(voice.personas, voice.topics, {cue.seat for cue in subject.cues()}):
            voice.choices(*place)


def a_language_model_can_speak(subject: Subject) -> None:
    """The guide has an order for each cue, lets the bank's own words pass, and judges any words."""
    family = subject.family
    if family.guide is None and not isinstance(family.voice, PhraseVoice):
        return  # only the family's own voice can speak
    guide = guide_of(family)
    strange = list(strange_strings(subject, 40))
    for number, cue in enumerate(subject.cues()):
        line = guide.line(cue, _stream(number))
        said = family.voice.say([cue], [_stream(number)])[0]
        if not said.startswith(line.before) or not said.endswith(line.after):
            raise Violation(
                f"the guide puts {line.before!r} and {line.after!r} around the words of {cue.act!r}; the voice does not"
            )
        words = said.removeprefix(line.before).removesuffix(line.after).strip()
        if fault := guide.check(cue, line, words):
            raise Violation(
                f"the guide's check refuses what the family's own voice says for {cue.act!r}, {words!r}: {fault}"
            )
        for text in (strange[number % len(strange)], f"{words} {strange[-1 - number % len(strange)]}"):
            if not isinstance(guide.check(cue, line, text), str):
                raise Violation(f"the guide's check must return a sentence, or '', for {text!r}")
        if not line.order.strip() or not isinstance(guide.grammar(cue, line), str):
            raise Violation(f"the guide has no order, or no grammar, for {cue.act!r}")


def _sayings(voice: Voice, cue: Cue) -> list[str]:
    """What a voice may say: all of it from a phrase bank, else a sample."""
    if isinstance(voice, PhraseVoice):
        leads, sentences = voice.possible(cue)
        middle = f" {cue.reason} " if cue.reason else " "
        pairs = zip(leads * len(sentences), sentences * len(leads), strict=True)
        return [f"{lead}{middle}{sentence}" for lead, sentence in pairs] if leads else sentences
    return [said for seed in range(3) for said in voice.say([cue], [_stream(seed)])]


def _look_at(belief: Any, again: Any, name: str) -> None:
    if not isinstance(belief, Belief):
        raise Violation(f"{name} must return a Belief; it returns {belief!r}")
    if belief != again:
        raise Violation(f"{name} gives two answers to one question: it must compute the distribution, and draw nothing")
    if not all(map(_hashable, belief.support[:SOME])):
        raise Violation(f"{name} holds what is not hashable: hidden states and acts must be frozen")


def _through_json(values: dict[str, Any], what: str) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Violation(f"{what} cannot be written as JSON ({error}): use numbers, words, and tuples of them") from None


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _stream(seed: int) -> Stream:
    return Stream(partial(np.random.default_rng, seed))

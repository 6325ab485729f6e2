"""The faces of an environment: what gymnasium, an agent and a record see."""

from __future__ import annotations

import io
import json
import math
import warnings
from contextlib import redirect_stdout
from dataclasses import replace
from operator import attrgetter
from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...envs.engine import PATIENCE
from ...envs.episodes import record, replay, rescore
from ...envs.registration import bare
from ...policies.duel import play_duels
from ...policies.registry import make_policy
from ...policies.rollout import rollout
from .subject import LOST, SCRIPT, STRANGE, Subject, Violation, spread, strange_strings, transcript


def gymnasium_accepts_it(subject: Subject) -> None:
    """Gymnasium's own checks pass, without warnings."""
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        check_env(subject.make(), skip_render_check=False)
        names = (subject.env_id, f"dialogym:{bare(subject.env_id)}")
        plain, prefixed = (gym.make(name, **subject.settings).reset(seed=1)[0] for name in names)
    if plain != prefixed:
        raise Violation(f"gym.make('dialogym:{bare(subject.env_id)}') is another environment than without the prefix")
    if found := [str(w.message) for w in caught if "gymnasium" in str(w.filename)]:
        raise Violation(f"gymnasium warns: {found[0]}")


def one_seed_is_one_dialogue(subject: Subject) -> None:
    """The same seed gives the same dialogue: again, alone or in vectors, across the ends of episodes, in any batch."""
    n, seed = 5, 11
    alone = [transcript(subject.make(), seed + i, SCRIPT[:1]) for i in range(n)]
    native = gym.make_vec(subject.env_id, num_envs=n, **subject.settings)
    sync = SyncVectorEnv([subject.make] * n, autoreset_mode=AutoresetMode.SAME_STEP)
    for envs in (native, sync):
        first = list(envs.reset(seed=seed)[0])
        second = list(envs.step([SCRIPT[0]] * n)[0])
        if first != [seen[0][0] for seen in alone] or second != [seen[1][0] for seen in alone]:
            raise Violation(f"a seed gives another dialogue in a vector ({type(envs).__name__}) than alone: {_RANDOM}")
    for k in range(1, 24):
        texts = [SCRIPT[k % len(SCRIPT)]] * n
        ours, other = (cast(Any, envs.step(texts)) for envs in (native, sync))
        if list(ours[0]) != list(other[0]) or any(not np.array_equal(ours[i], other[i]) for i in (1, 2, 3)):
            raise Violation(f"the native vector and gymnasium's own differ in their {k + 1}th step: {_RANDOM}")
    native.close()
    sync.close()
    name = "scripted" if "scripted" in subject.policies else "random"
    policy = make_policy(name, subject.engine)
    played = [dialogue.messages() for dialogue in subject.played(name, 12)]
    for batch in (1, 5):
        if played != [d.messages() for d in rollout(subject.engine, policy, range(12), batch=batch)]:
            raise Violation(f"the dialogues of {name!r} depend on how many are played together: {_RANDOM}")


_RANDOM = "all that is random must come from the streams that are passed in, and nothing may be kept between dialogues"


def seeds_matter(subject: Subject) -> None:
    """Dialogues begin in many ways."""
    openings = {subject.make().reset(seed=seed)[0] for seed in range(20)}
    if len(openings) <= 10:
        raise Violation(
            f"20 seeds begin in only {len(openings)} ways: have more scenarios, personas or phrases, so that there are "
            "more than 10"
        )


def secrets_come_at_the_end(subject: Subject) -> None:
    """``info`` holds outcome and hidden state in the last step, and only there."""
    *before, last = transcript(subject.make(), 3, SCRIPT * 10)
    if any({"hidden", "outcome"} & set(entry[-1]) for entry in before):
        raise Violation("info holds what is hidden before the end")
    if not (last[2] or last[3]):
        raise Violation(
            f"a dialogue of {len(SCRIPT) * 10} turns of talk has not ended: let the game end it, at a deadline"
        )
    if not last[-1].get("hidden") or not last[-1].get("outcome"):
        raise Violation("info lacks the outcome or what was hidden at the end: reveal() and measure() must return them")


def words_do_not_tell_the_secret(subject: Subject) -> None:
    """Hidden states that act alike so far give the same text, to the letter."""
    engine = subject.engine
    for seed in range(3):
        reference = engine.open([np.random.default_rng(seed)])[0]
        support = [reference.hidden, *spread(reference.setting.prior.support, 100)]
        support[0] = reference.hidden_start
        live = [engine.open([np.random.default_rng(seed)], {"hidden": hidden})[0] for hidden in support]
        for dialogue in live:
            if dialogue.observation() != live[0].observation():
                raise Violation(
                    f"the opening depends on what is hidden: {live[0].opening!r} with {support[0]!r}, and "
                    f"{dialogue.opening!r} with {dialogue.hidden_start!r}. Let the simulated person open with an act "
                    "that is the same for all"
                )
        alike: dict[Dialogue, tuple[Act, ...]] = dict.fromkeys(live, ())
        for text in ("Tell me about it.", "What is your secret?", "Well?"):
            live = [dialogue for dialogue in live if not dialogue.done]
            said: dict[Any, tuple[str, Any]] = {}
            for dialogue, step in zip(live, engine.step(live, [text] * len(live)), strict=True):
                alike[dialogue] += tuple(act for _, _, act in step.exchange.replies)
                words, hidden = said.setdefault(alike[dialogue], (step.reply, dialogue.hidden_start))
                if words != step.reply:
                    raise Violation(
                        f"the words tell the secret: after the same acts, {words!r} is said with {hidden!r} hidden, "
                        f"and {step.reply!r} with {dialogue.hidden_start!r}. A voice may use the cue alone, and of an "
                        "act the fields that count when acts are compared"
                    )
            subject.compared += len(live) - len(said)


def calls_come_in_order(subject: Subject) -> None:
    """``step`` asks for ``reset`` before the first and after the last step."""
    env = subject.make()
    for begin in (False, True):
        if begin:
            env.reset(seed=0)
            if not any(any(env.step(SCRIPT[-1])[2:4]) for _ in range(100)):
                raise Violation("a dialogue has not ended after 100 turns: let the game end it, at a deadline")
        try:
            env.step("hello")
        except ResetNeeded:
            continue
        raise Violation("step() must raise ResetNeeded before reset() and after the end")


def any_string_is_answered(subject: Subject) -> None:
    """No string raises, and every one gets a finite reward and a reply."""
    texts, env = list(strange_strings(subject, 1000)), subject.make()
    dialogues = subject.engine.open([np.random.default_rng(seed) for seed in range(subject.few(100))])
    for turn in range(12):
        live = [dialogue for dialogue in dialogues if not dialogue.done]
        said = [texts[(turn * 83 + place * 7) % len(texts)] for place in range(len(live))]
        for step in subject.engine.step(live, said) if live else ():
            if not env.observation_space.contains(step.reply) or not math.isfinite(step.reward):
                raise Violation(f"{step.text!r} gets the reply {step.reply!r} and the reward {step.reward!r}")
            if not (step.done or step.reply):
                raise Violation(
                    f"{step.text!r} gets no reply: the simulated person must speak before the learner again"
                )


def strange_words_cost_a_turn(subject: Subject) -> None:
    """What cannot be understood is answered, pays nothing and ends nothing."""
    engine = subject._tagged
    dialogues = engine.open([np.random.default_rng(0) for _ in STRANGE])
    for step in engine.step(dialogues, STRANGE):
        if not step.reply or step.done or step.reward != 0.0:
            raise Violation(
                f"{step.text[:40]!r} in the first turn gets the reply {step.reply!r} and the reward {step.reward!r}, "
                f"and {'ends' if step.done else 'does not end'} the dialogue: it must get a reply, 0.0, and end nothing"
            )
        if (step.text.startswith("[") or len(step.text) > 5000) and step.problem not in ("malformed", "illegal"):
            raise Violation(f"{step.text[:40]!r} must be malformed or illegal; it came to {step.heard.act!r}")


def three_lost_turns_end_it(subject: Subject) -> None:
    """The third lost turn in a row truncates the dialogue, and no earlier one."""
    env = subject.make()
    for texts, cut in (([LOST] * 3, [False, False, True]), ([LOST, LOST, "Sorry.", LOST, LOST], [False] * 5)):
        env.reset(seed=0)
        seen = []
        for text in texts:
            _, _, over, truncated, _ = env.step(text)
            seen.append(truncated)
            if over:
                break
        if seen != cut[: len(seen)] or (len(seen) < PATIENCE):
            raise Violation(
                f"of {len(texts)} turns ({', '.join(texts)}), those that cut the dialogue off are {seen}: the third "
                f"lost turn in a row must, and no other. A dialogue must have more than {PATIENCE} turns"
            )


def it_can_be_shown(subject: Subject) -> None:
    """Rendering and messages hold what was said."""
    env = subject.make(render_mode="ansi")
    seen = [env.reset(seed=0)[0]]
    said = ["Hello there!", "Well?"]
    seen += [env.step(text)[0] for text in said]
    shown = env.render() or ""
    with redirect_stdout(io.StringIO()) as printed:
        human = subject.make(render_mode="human")
        human.reset(seed=0)
        human.step(said[0])
    if said[0] not in shown or said[0] not in printed.getvalue():
        raise Violation("what was said is not shown by render()")
    messages = {role: [m["content"] for m in env.messages() if m["role"] == role] for role in ("user", "assistant")}
    if messages != {"user": seen, "assistant": said}:
        raise Violation(f"messages() must hold the observations and what was said; they are {messages!r}")


def outcomes_are_complete(subject: Subject) -> None:
    """The outcome of a finished dialogue holds every metric as a number, and all of it fits into JSON."""
    for dialogue in subject.played("random", 30):
        outcome, hidden = subject.family.outcome(dialogue), subject.family.reveal(dialogue.scenario, dialogue.hidden)
        for name in subject.family.metrics:
            if name not in outcome or not isinstance(outcome[name], (int, float, np.number, type(None))):
                raise Violation(
                    f"the metric {name} is {outcome.get(name, 'missing')!r} in the outcome: measure() must return a "
                    "number for each key of metrics_of, or None where it means nothing"
                )
        for what, values in (("outcome", outcome), ("reveal()", hidden)):
            try:
                json.dumps(values)
            except TypeError as error:
                raise Violation(f"the {what} cannot be written as JSON ({error}): use numbers and words") from None


def recorded_episodes_replay(subject: Subject) -> None:
    """A recorded episode, read again, gives the same steps, rewards and belief, and can be scored anew."""
    kept = attrgetter("before", "act", "after", "reply", "rewards", "problem", "truncated")
    for dialogue in subject.played("random", subject.few(60)):
        episode = record(dialogue, subject.env_id, subject.engine, "random")
        plain = replace(episode, **{n: json.loads(json.dumps(getattr(episode, n))) for n in ("settings", "scenario")})
        steps = []
        for step in replay(plain, subject.engine):
            original = dialogue.steps[len(steps)]
            ours, theirs = kept(step), kept(original)
            if ours != theirs:
                what = f"step {len(steps) + 1} of a recorded episode"
                raise Violation(f"{what} is replayed as {ours!r}; it was {theirs!r}")
            steps.append(step)
        if len(steps) != len(dialogue.steps) or steps[-1].dialogue.belief() != dialogue.belief():
            raise Violation("a recorded episode is replayed with another number of turns, or comes to another belief")
        again = rescore([plain], {"goal": 2.0})[0]
        if again.payoff != episode.payoff or not math.isclose(again.episode_return, 2.0 * episode.payoff):
            raise Violation(
                f"an episode that paid {episode.payoff!r} is rescored as {again.episode_return!r}, not twice that"
            )


def both_seats_can_play(subject: Subject) -> None:
    """Where both seats can learn, two random policies come to an end."""
    family = subject.family
    if family.duel is None:
        return
    policy = make_policy("random", subject.engine)
    for duel in play_duels(family, [dict.fromkeys(family.people_seats, policy)] * 5, range(5)):
        if not all(math.isfinite(payoff) for payoff in duel.payoffs.values()):
            raise Violation(f"a dialogue between two learners pays {duel.payoffs!r}")
        if not set(duel.env.both.briefs) == set(duel.env.both.scenarios) == set(family.people_seats):
            raise Violation("duel() must give a brief and a scenario for each seat")
